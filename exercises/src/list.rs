//! The command `list`.

use lab::cli::{Experiment, Options};
use lab::{Error, text};

/// `cargo run -p exercises -- list`.
pub fn command() -> Experiment {
    Experiment::page("list", text!("아직 없음", "not there yet"), Options::new(), |_| {
        Err(Error::failed(text!("아직 없습니다.", "not there yet.")))
    })
}
