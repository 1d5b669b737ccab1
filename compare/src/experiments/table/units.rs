//! The techniques: each does the units `0..n` and returns the check of every unit, in order.

use lab::{Error, Result, text};
use multiprocessing::techniques;
use tokio::runtime::{Builder, Runtime};

/// A number that proves that a unit's work was done: its sum, or a hash of its result.
pub type Check = u64;

/// One unit after another.
pub fn sequence(n: usize, work: impl Fn(usize) -> Result<Check>) -> Result<Vec<Check>> {
    techniques::sequence(n, work).into_iter().collect()
}

/// A thread for each unit.
pub fn threads(n: usize, work: impl Fn(usize) -> Result<Check> + Sync) -> Result<Vec<Check>> {
    techniques::threads(n, work)?.into_iter().collect()
}

/// A task for each unit, all on the calling thread.
pub fn tasks<F>(n: usize, work: impl Fn(usize) -> F) -> Result<Vec<Check>>
where
    F: Future<Output = Result<Check>> + Send + 'static,
{
    event_loop()?.block_on(async {
        let tasks: Vec<_> = (0..n).map(|i| tokio::spawn(work(i))).collect();
        let mut checks = Vec::with_capacity(n);
        for task in tasks {
            checks.push(task.await.map_err(|e| {
                Error::failed(text!("태스크가 비정상 종료되었습니다: {e}", "a task has failed: {e}"))
            })??);
        }
        Ok(checks)
    })
}

fn event_loop() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// What a unit in a process of its own reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessResult {
    pub check: Check,
    /// Memory that no other process shares, in bytes; 0 where the system does not tell.
    pub private: u64,
    /// CPU time of the process from its start to its end, in ns; 0 where the system does not tell.
    pub cpu: u64,
}

impl ProcessResult {
    pub fn to_line(self) -> String {
        format!("{} {} {}\n", self.check, self.private, self.cpu)
    }

    fn from_line(line: &str) -> Option<ProcessResult> {
        let mut words = line.split_whitespace().map(|word| word.parse().ok());
        Some(ProcessResult { check: words.next()??, private: words.next()??, cpu: words.next()?? })
    }
}

/// A process for each unit: this program again, with `args` and the unit's number.
pub fn processes(n: usize, args: &[String]) -> Result<Vec<ProcessResult>> {
    let printed = techniques::processes(n, |i| [args, &["--unit".to_owned(), i.to_string()]].concat())?;
    let results: Option<Vec<ProcessResult>> = printed.iter().map(|line| ProcessResult::from_line(line)).collect();
    results.ok_or_else(unreadable)
}

fn unreadable() -> Error {
    Error::failed(text!("프로세스의 응답을 읽을 수 없습니다.", "cannot read the answer of a process."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_of_a_process_is_read_or_refused() {
        let result = ProcessResult { check: 7, private: 4096, cpu: 5 };
        assert_eq!(ProcessResult::from_line(&result.to_line()), Some(result));
        for garbage in ["", "7", "7 1", "x y z", "-1 0 0"] {
            assert_eq!(ProcessResult::from_line(garbage), None);
        }
    }

    #[test]
    fn every_technique_keeps_the_order_and_hands_on_an_error() {
        let twice = |i| Ok(2 * i as u64);
        assert_eq!(sequence(3, twice).unwrap(), [0, 2, 4]);
        assert_eq!(threads(3, twice).unwrap(), [0, 2, 4]);
        assert_eq!(tasks(3, |i| async move { Ok(2 * i as u64) }).unwrap(), [0, 2, 4]);
        let fails = |i| if i == 1 { Err(unreadable()) } else { Ok(0) };
        assert!(sequence(3, fails).is_err() && threads(3, fails).is_err());
        assert!(tasks(3, |i| async move { fails(i) }).is_err());
    }
}
