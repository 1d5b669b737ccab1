//! 병렬 처리 기법 비교: the article's table, measured on this machine; and what all experiments come to.
//!
//! - [`experiments::table`]: the article's table. `plan` lists what is compared, `cell` measures one cell, `bench` measures all of them
//!   round by round, `grade` compares the results with the article's words.
//! - [`experiments::io`]: its row on I/O by the number of connections.
//! - [`experiments::scaling`]: throughput over the number of workers and of tasks, with Amdahl's law and the GIL as limits.
//! - [`experiments::claims`], [`experiments::explain`]: the ledger of claims with the verdicts of all experiments, and one claim in full.
//! - [`experiments::report`]: all of it as a page that a browser opens; [`experiments::diff`]: two saved reports compared.
//! - [`survey`] runs the experiments of all sections within a budget of time; [`ctrl_c`] keeps what was measured.
//! - [`questions`]: what `--ask` asks before the run.

#![forbid(unsafe_code)]

pub mod ctrl_c;
pub mod experiments;
pub mod questions;
pub mod survey;
