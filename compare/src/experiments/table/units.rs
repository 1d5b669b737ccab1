//! The techniques: each does the units `0..n` and returns the check of every unit, in order.

use std::sync::Arc;

use gil_sim::lock::Lock;
use gil_sim::{Gil, ThreadId};
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

/// A task for each unit, all on the calling thread; under a GIL, if there is one.
pub fn tasks<F>(n: usize, gil: Option<Arc<Gil>>, work: impl Fn(usize) -> F) -> Result<Vec<Check>>
where
    F: Future<Output = Result<Check>> + Send + 'static,
{
    on_event_loop(gil, async {
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

/// The event loop's thread, for the GIL.
const LOOP: ThreadId = ThreadId(1);

/// Runs an event loop on the calling thread. It releases the GIL while it waits for events, as asyncio does.
pub fn on_event_loop<T>(gil: Option<Arc<Gil>>, main: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = event_loop(gil.clone())?;
    if let Some(gil) = &gil {
        gil.take(LOOP);
    }
    let done = runtime.block_on(main);
    if let Some(gil) = &gil {
        gil.leave(LOOP);
    }
    done
}

fn event_loop(gil: Option<Arc<Gil>>) -> Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    if let Some(gil) = gil {
        let theirs = Arc::clone(&gil);
        builder.on_thread_park(move || gil.release(LOOP)).on_thread_unpark(move || theirs.take(LOOP));
    }
    Ok(builder.enable_all().build()?)
}

/// What a unit in a process of its own reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProcessResult {
    pub check: Check,
    /// Memory that no other process shares, in bytes; 0 where the system does not tell.
    pub private: u64,
    /// CPU time of the process from its start to its end, in ns; 0 where the system does not tell.
    pub cpu: u64,
    /// Operations per second, where the unit measured them itself; else 0.
    pub rate: f64,
}

impl ProcessResult {
    pub fn to_line(self) -> String {
        format!("{} {} {} {}\n", self.check, self.private, self.cpu, self.rate)
    }

    fn from_line(line: &str) -> Option<ProcessResult> {
        let (numbers, rate) = line.trim_end().rsplit_once(' ')?;
        let mut words = numbers.split_whitespace().map(|word| word.parse().ok());
        let rate = rate.parse().ok()?;
        Some(ProcessResult { check: words.next()??, private: words.next()??, cpu: words.next()??, rate })
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
        let result = ProcessResult { check: 7, private: 4096, cpu: 5, rate: 12.5 };
        assert_eq!(ProcessResult::from_line(&result.to_line()), Some(result));
        for garbage in ["", "7", "7 1", "7 1 2", "x y z 1", "-1 0 0 1", "7 1 2 x"] {
            assert_eq!(ProcessResult::from_line(garbage), None);
        }
    }

    #[test]
    fn every_technique_keeps_the_order_and_hands_on_an_error() {
        let twice = |i| Ok(2 * i as u64);
        assert_eq!(sequence(3, twice).unwrap(), [0, 2, 4]);
        assert_eq!(threads(3, twice).unwrap(), [0, 2, 4]);
        assert_eq!(tasks(3, None, |i| async move { Ok(2 * i as u64) }).unwrap(), [0, 2, 4]);
        let gil = Some(Arc::new(Gil::new(gil_sim::SWITCH_INTERVAL)));
        let waits = |i| async move {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            Ok(i as u64)
        };
        assert_eq!(tasks(3, gil, waits).unwrap(), [0, 1, 2], "the loop gets its GIL back after each wait");
        let fails = |i| if i == 1 { Err(unreadable()) } else { Ok(0) };
        assert!(sequence(3, fails).is_err() && threads(3, fails).is_err());
        assert!(tasks(3, None, |i| async move { fails(i) }).is_err());
    }
}
