//! What the section promises.

mod compile_errors;
mod outcomes;
mod program;
mod races;
mod waiting;
