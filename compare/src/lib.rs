//! 병렬 처리 기법 비교: the article's table, measured on this machine.
//!
//! - [`experiments::table`]: the one experiment. `plan` lists what is compared, `cell` measures one cell, `bench` measures all of them
//!   round by round, `grade` compares the results with the article's words.

#![forbid(unsafe_code)]

pub mod experiments;
