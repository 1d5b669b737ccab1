//! What the program promises, one module for each experiment; `death` and `exit_status` are about processes that end.

mod article;
mod common;
mod cpu;
mod death;
mod exit_status;
mod images;
mod memory;
mod pool_experiments;
mod start_methods;
mod translate;
