//! The variable, and the process that changes it.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::{Result, terminal};

use super::shared::{self, SharedVariable};
use crate::techniques;

/// The variable. Every process that runs this program begins with a 0 of its own.
pub static VARIABLE: AtomicU64 = AtomicU64::new(0);

/// What whoever is started puts into the variable.
const CHANGED: u64 = 2;

// ANCHOR: change
/// What everybody does who is started: looks at the variable, changes it, and looks again.
pub fn change(variable: &AtomicU64) -> (u64, u64) {
    let at_first = variable.load(SeqCst);
    variable.store(CHANGED, SeqCst);
    (at_first, variable.load(SeqCst))
}
// ANCHOR_END: change

/// The child command of a process that changes the variable.
const MEMORY_CHANGE: &str = "memory-change";

/// A process that changes its variable, or the one in the file that it is given, and prints what it saw.
pub fn child() -> Experiment {
    let mut options = Options::new();
    let path = options.path("shared", Text::default());
    Experiment::child(MEMORY_CHANGE, options, move |args| {
        let (at_first, changed_to) = match args.get(path) {
            None => change(&VARIABLE),
            Some(path) => {
                let variable = SharedVariable::open(&path).map_err(shared::cannot_be_had)?;
                change(&variable)
            }
        };
        terminal::print(&format!("{at_first} {changed_to}\n"));
        Ok(())
    })
}

/// Runs such a process to its end: what it saw at first, and what it saw after it had changed the variable.
pub fn run(shared: Option<&Path>) -> Result<(u64, u64)> {
    // Our arguments are text, and the folder for temporary files may have a name that is none.
    let not_text = || shared::cannot_be_had(io::ErrorKind::InvalidFilename.into());
    let path = shared.map(|path| path.to_str().ok_or_else(not_text)).transpose()?;
    let args = |_| {
        let shared = path.iter().flat_map(|path| ["--shared", path]);
        [MEMORY_CHANGE].into_iter().chain(shared).map(str::to_owned).collect()
    };
    let printed = techniques::processes(1, args)?.remove(0);
    let numbers = printed.trim_end().split_once(' ');
    let numbers = numbers.and_then(|(first, then)| Some((first.parse().ok()?, then.parse().ok()?)));
    numbers.ok_or_else(techniques::unreadable_answer)
}
