//! The command `break`.

use lab::cli::{Experiment, Options};
use lab::{Error, text};

/// `cargo run -p exercises -- break`.
pub fn command() -> Experiment {
    Experiment::page("break", text!("아직 없음", "not there yet"), Options::new(), |_| {
        Err(Error::failed(text!("아직 없습니다.", "not there yet.")))
    })
}
