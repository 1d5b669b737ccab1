//! Three ways to do `n` units of work: one after another, each in a thread, each in a process. Results come in the order of the units.

use std::env;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;

use lab::{Error, Result, process::lifeline, text};

use crate::exit_status;

/// One after another, in this thread.
pub fn sequence<T>(n: usize, work: impl Fn(usize) -> T) -> Vec<T> {
    (0..n).map(work).collect()
}

/// Each in a thread of this process. The work must not panic.
pub fn threads<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync) -> Result<Vec<T>> {
    thread::scope(|scope| {
        let work = &work;
        let start = |i| thread::Builder::new().spawn_scoped(scope, move || work(i));
        let threads: io::Result<Vec<_>> = (0..n).map(start).collect();
        let threads = threads.map_err(|e| Error::no_thread(&e))?;
        Ok(threads.into_iter().map(|t| t.join().expect("the work does not panic")).collect())
    })
}

/// Each in a process of its own, this program once more with these arguments. Returns what they printed. All are waited for, even if
/// one of them could not start or died.
pub fn processes(n: usize, args: impl Fn(usize) -> Vec<String>) -> Result<Vec<String>> {
    let start = |i| -> io::Result<Child> {
        let mut command = Command::new(env::current_exe()?);
        command.args(args(i)).stdin(lifeline::end()?).stdout(Stdio::piped()).spawn()
    };
    let processes: Vec<io::Result<Child>> = (0..n).map(start).collect();
    let (mut ends, mut printed) = (Vec::new(), Vec::new());
    for process in processes {
        match process.and_then(Child::wait_with_output) {
            Ok(output) => {
                ends.push(Ok(output.status));
                printed.push(String::from_utf8_lossy(&output.stdout).into_owned());
            }
            Err(e) => ends.push(Err(e)),
        }
    }
    exit_status::require_success(ends)?;
    Ok(printed)
}

/// The error when what a process printed is no result: its executable was replaced by another program while we ran.
pub fn unreadable_answer() -> Error {
    Error::failed(text!("프로세스의 응답을 읽을 수 없습니다.", "cannot read the answer of a process."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_units() {
        let double = |i| 2 * i;
        assert_eq!(sequence(3, double), [0, 2, 4]);
        assert_eq!(threads(3, double).unwrap(), [0, 2, 4]);
    }
}
