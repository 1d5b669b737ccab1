//! 뮤텍스: the lost update, and locks that prevent it.
