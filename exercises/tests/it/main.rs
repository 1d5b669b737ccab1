//! What the grader guarantees.
