//! The same work in three ways: one unit after another, each in a thread, each in a process.

use std::env;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::{Error, Result, process::lifeline, terminal, text};

use crate::exit_status;
use crate::work::{self, Done};

/// The child command of a process that does one unit.
pub const PROCESS_COUNT: &str = "process-count";

/// A process that does one unit and prints what came of it.
pub fn child() -> Experiment {
    let mut options = Options::new();
    let iterations = options.count("iterations", 1..=work::MAX_ITERATIONS, 1, Text::default());
    Experiment::child(PROCESS_COUNT, options, move |args| {
        terminal::print(&work::count(args.get(iterations)).to_lines());
        Ok(())
    })
}

/// One after another, in this thread.
pub fn sequence(workers: usize, iterations: u64) -> Result<Vec<Done>> {
    Ok((0..workers).map(|_| work::count(iterations)).collect())
}

/// Each in a thread of this process.
pub fn threads(workers: usize, iterations: u64) -> Result<Vec<Done>> {
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, move || work::count(iterations));
        let threads: io::Result<Vec<_>> = (0..workers).map(start).collect();
        let threads = threads.map_err(|e| Error::no_thread(&e))?;
        Ok(threads.into_iter().map(|t| t.join().expect("a sum of so few numbers cannot overflow")).collect())
    })
}

/// Each in a process of its own. All are waited for, also when one of them could not start or died.
pub fn processes(workers: usize, iterations: u64) -> Result<Vec<Done>> {
    let processes: Vec<io::Result<Child>> = (0..workers).map(|_| start(iterations)).collect();
    let mut ends = Vec::new();
    let mut said = Vec::new();
    for process in processes {
        match process.and_then(Child::wait_with_output) {
            Ok(output) => {
                ends.push(Ok(output.status));
                said.push(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            Err(e) => ends.push(Err(e)),
        }
    }
    exit_status::all_well(ends)?;
    let done: Option<Vec<Done>> = said.iter().map(|lines| Done::from_lines(lines)).collect();
    // Another program replaced our executable while we ran.
    done.ok_or_else(|| {
        Error::failed(text!("프로세스의 대답을 읽을 수 없습니다.", "cannot read the answer of a process."))
    })
}

fn start(iterations: u64) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args([PROCESS_COUNT, "--iterations", &iterations.to_string()])
        .stdin(lifeline::end()?)
        .stdout(Stdio::piped())
        .spawn()
}
