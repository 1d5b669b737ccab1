//! 멀티프로세싱: real processes, and what they cost.
