//! A small translation model: its file, its arithmetic, and the modes in which it can be run.

mod decode;
mod linear;
mod memory;
mod model;
pub mod modes;
pub mod sentences;
mod tokenize;
pub mod translator;
mod weights;

pub use decode::MAX_TOKENS;
pub use weights::Loading;
