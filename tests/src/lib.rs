//! The programs as a reader runs them.
