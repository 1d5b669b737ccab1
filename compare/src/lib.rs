//! 병렬 처리 기법 비교 — the article's table, measured on this machine.

#![forbid(unsafe_code)]

pub mod bench;
pub mod cell;
pub mod grade;
pub mod pictures;
pub mod plan;
pub mod table;
pub mod units;
pub mod web;
