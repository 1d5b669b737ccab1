//! 병렬성과 동시성의 차이, 비유: the article's cooks as threads and tasks.
//!
//! - [`article`]: six kitchens, each a program of a few lines
//! - [`dish`]: what is cooked: computing (cutting), waiting (simmering)
//! - [`kitchens`]: the six with their names, and how one is run
//! - [`hands`]: the same trace drawn by cook instead of by dish
//! - [`in_flight`]: how much went on at the same time: the two words of the section as numbers
//! - [`verdicts`]: what that says of the article's claims
//! - [`questions`]: what `--ask` asks before the run
//! - [`experiments`]: one module a command, in the order of `--help`

#![forbid(unsafe_code)]

pub mod article;
pub mod dish;
pub mod experiments;
pub mod hands;
pub mod in_flight;
pub mod kitchens;
pub mod questions;
pub mod verdicts;
