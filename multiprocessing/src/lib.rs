//! 멀티프로세싱: real processes, and what they cost.
//!
//! 1. [`article`] is the article's listing; [`this_program`] is how it starts a process.
//! 2. [`experiments`] are the commands of the program, a file or a folder each.
//! 3. [`child_commands`] are the commands with which the program starts itself again.
//!
//! What several experiments stand on: the unit of CPU work ([`work`]), one list of items shared out among workers ([`work_queue`]), a
//! sequence, threads or processes ([`techniques`](mod@techniques)), peers that send messages back ([`echo`]), the processing of one picture ([`picture`]), the translation model ([`translate`]), the
//! pool's errors in the reader's language ([`pool_errors`]), what `--ask` asks before the run ([`questions`]), how processes ended ([`exit_status`]) and [`kill`](mod@kill).

pub mod article;
pub mod child_commands;
pub mod echo;
pub mod exit_status;
pub mod experiments;
pub mod kill;
pub mod picture;
pub mod pool_errors;
pub mod questions;
pub mod techniques;
pub mod this_program;
pub mod translate;
pub mod work;
pub mod work_queue;
