//! The programs as a reader runs them: built once, started with a time limit, watched for what they leave behind.

pub mod printed;
pub mod run;
