//! Scenario files: which threads do what under which lock.
//!
//! ```toml
//! title = { ko = "호위", en = "the convoy" }
//! seconds = 2
//!
//! [gil]
//! version = "3.12"
//! interval = "5ms"
//!
//! [[threads]]
//! name = "cpu"
//! does = ["run forever"]
//!
//! [[threads]]
//! name = "io"
//! does = ["echo 1ms"]
//! ```
//!
//! A step is a word and a duration: `run` holds the GIL, `wait` and `native` let it go, `native-held` is native code that keeps
//! it, `echo` sends a message to a peer process and receives its answer after so long, `lock` and `unlock` name a lock of the
//! program's own. `run forever` computes to the end.

mod parse;
mod steps;
mod values;

use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result};

use crate::input_file::{self, place};

pub use parse::{Scenario, parse};
pub use values::{FOREVER, Wrong};

/// The file of a scenario: as given, or one that comes with the program, by its name.
pub fn file_of(given: &Path) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(given).with_extension("toml");
    if given.components().count() == 1 && !given.exists() && shipped.exists() { shipped } else { given.to_owned() }
}

/// Reads a scenario file. What is wrong in it is told with line and column.
pub fn read(path: &Path) -> Result<Scenario> {
    let name = path.display();
    let words = input_file::read(path)?;
    parse(&words).map_err(|wrong| {
        let (line, column) = place(&words, wrong.at);
        let Text { ko, en } = wrong.what;
        Error::usage(Text { ko: format!("{name}:{line}:{column}: {ko}"), en: format!("{name}:{line}:{column}: {en}") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_is_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut n = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let scenario = read(&path).unwrap_or_else(|e| panic!("{e}"));
            assert!(lab::lang::has_hangul(&scenario.title.ko), "{}: a title in both languages", path.display());
            assert!(!lab::lang::has_hangul(&scenario.title.en));
            n += 1;
        }
        assert!(n >= 6, "{n} scenarios");
    }
}
