//! C 확장 라이브러리: native code under CPython's GIL.
//!
//! The article's listing of this section is the extension itself, `extension/src/`: Rust that CPython imports.
//!
//! - `kernel`: the extension's counting loop, compiled for Rust as well
//! - [`extension`]: builds the extension and puts it where Python finds it
//! - [`interpreters`]: which interpreters are asked
//! - [`environment`]: Python environments with NumPy, PyTorch and TensorFlow
//! - [`overlap`]: whether two threads were in native code at the same time
//! - [`questions`]: what `--ask` asks before the run
//! - [`experiments`]: one module a command, in the order of `--help`

#![forbid(unsafe_code)]

pub mod environment;
pub mod experiments;
pub mod extension;
pub mod interpreters;
#[path = "../extension/src/kernel.rs"]
mod kernel;
pub mod overlap;
pub mod questions;
