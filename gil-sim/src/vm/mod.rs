//! A small interpreter: a stack machine whose threads run for real, under any of the locks.
//!
//! It has the instructions that the article's loop, `counter += 1`, a call, a sleep, a wait for I/O and a native call need, and
//! it looks at its eval breaker where the chosen version of CPython looks. There is no parser: [`programs`] puts the programs
//! together.

pub mod code;
pub mod explore;
pub mod heap;
pub mod listing;
pub mod programs;
pub mod run;
pub mod thread;
pub mod version;
