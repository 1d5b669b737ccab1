//! 병렬 처리 기법 비교: the article's table, measured on this machine.
//!
//! - [`experiments::table`]: the article's table. `plan` lists what is compared, `cell` measures one cell, `bench` measures all of them
//!   round by round, `grade` compares the results with the article's words.
//! - [`experiments::io`]: its row on I/O by the number of connections.
//! - [`experiments::scaling`]: throughput over the number of workers and of tasks, with Amdahl's law and the GIL as limits.

#![forbid(unsafe_code)]

pub mod experiments;
