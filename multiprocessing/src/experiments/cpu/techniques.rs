//! The same units of CPU work by each technique, and the child process that does one.

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::{Result, terminal};

use crate::techniques;
use crate::work::{self, CountResult};

/// The child command of a process that does one unit.
const PROCESS_COUNT: &str = "process-count";

/// A process that does one unit and prints the result.
pub fn child() -> Experiment {
    let mut options = Options::new();
    let iterations = options.count("iterations", 1..=work::MAX_ITERATIONS, 1, Text::default());
    Experiment::child(PROCESS_COUNT, options, move |args| {
        terminal::print(&work::count(args.get(iterations)).to_lines());
        Ok(())
    })
}

pub fn sequence(workers: usize, iterations: u64) -> Result<Vec<CountResult>> {
    Ok(techniques::sequence(workers, |_| work::count(iterations)))
}

pub fn threads(workers: usize, iterations: u64) -> Result<Vec<CountResult>> {
    techniques::threads(workers, |_| work::count(iterations))
}

pub fn processes(workers: usize, iterations: u64) -> Result<Vec<CountResult>> {
    let args = |_| [PROCESS_COUNT, "--iterations", &iterations.to_string()].map(str::to_owned).to_vec();
    let printed = techniques::processes(workers, args)?;
    let results: Option<Vec<CountResult>> = printed.iter().map(|lines| CountResult::from_lines(lines)).collect();
    results.ok_or_else(techniques::unreadable_answer)
}
