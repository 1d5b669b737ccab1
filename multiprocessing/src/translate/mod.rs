//! Inference of a small translation model.

mod decode;
mod linear;
mod model;
mod tokenize;
pub mod translator;
