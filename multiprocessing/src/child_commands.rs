//! The commands with which this program starts itself again as a child process.

use lab::cli::{Experiment, Options};
use lab::lang::Text;

use crate::article::{self, PROCESS_TASK};
use crate::echo;
use crate::experiments::cpu::techniques;
use crate::experiments::memory;
use crate::translate::modes;
use crate::work::MAX_ITERATIONS;

pub fn all() -> [Experiment; 5] {
    [process_task(), techniques::child(), modes::child(), echo::child(), memory::child()]
}

/// A process of the article's listing.
fn process_task() -> Experiment {
    let mut options = Options::new();
    let name = options.count("name", 0..=4, 0, Text::default());
    let iterations = options.count("iterations", 1..=MAX_ITERATIONS, 1, Text::default());
    Experiment::child(PROCESS_TASK, options, move |args| {
        article::process_task(args.get(name), args.get(iterations));
        Ok(())
    })
}
