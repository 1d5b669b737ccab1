//! 병렬 처리 기법 비교 — the article's table, measured on this machine.
//!
//! - [`experiments::table`]: the one experiment. `plan` says what is compared, `cell` measures one cell, `bench` all of them round by
//!   round, `grade` compares with the article's words.

#![forbid(unsafe_code)]

pub mod experiments;
