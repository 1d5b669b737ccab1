//! The bench from outside.

mod interpreters;
mod questions;
