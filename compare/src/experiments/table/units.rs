//! The techniques: each does units `0..n` in its own way and returns what every unit came to, in order.

use std::env;
use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;

use lab::{Error, Result, process::lifeline, text};
use tokio::runtime::{Builder, Runtime};

/// The result of a unit: a number that proves that its work was done.
pub type Check = u64;

/// One unit after another.
pub fn sequence(n: usize, work: impl Fn(usize) -> Result<Check>) -> Result<Vec<Check>> {
    (0..n).map(work).collect()
}

/// A thread for each unit.
pub fn threads(n: usize, work: impl Fn(usize) -> Result<Check> + Sync) -> Result<Vec<Check>> {
    thread::scope(|scope| {
        let work = &work;
        let start = |i| thread::Builder::new().spawn_scoped(scope, move || work(i));
        let started: io::Result<Vec<_>> = (0..n).map(start).collect();
        let started = started.map_err(|e| Error::no_thread(&e))?;
        started.into_iter().map(|t| t.join().expect("the work returns its errors")).collect()
    })
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
            checks.push(task.await.map_err(|e| Error::failed(text!("태스크가 죽었습니다: {e}", "a task died: {e}")))??);
        }
        Ok(checks)
    })
}

fn event_loop() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

/// What a unit in a process of its own says: what it came to and what it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// What the unit came to.
    pub check: Check,
    /// Memory that no other process shares, in bytes; 0 where the system does not tell.
    pub private: u64,
    /// CPU time of the process from its start to its end, in ns; 0 where the system does not tell.
    pub cpu: u64,
}

impl Said {
    /// As the child prints it.
    pub fn to_line(self) -> String {
        format!("{} {} {}\n", self.check, self.private, self.cpu)
    }

    fn from_line(line: &str) -> Option<Said> {
        let mut words = line.split_whitespace().map(|word| word.parse().ok());
        Some(Said { check: words.next()??, private: words.next()??, cpu: words.next()?? })
    }
}

/// A process for each unit: this program again, with `args` and the unit's number.
pub fn processes(n: usize, args: &[String]) -> Result<Vec<Said>> {
    let start = |i: usize| -> io::Result<Child> {
        let mut command = Command::new(env::current_exe()?);
        command.args(args).args(["--unit", &i.to_string()]);
        command.stdin(lifeline::end()?).stdout(Stdio::piped()).spawn()
    };
    // Waits for the processes that did start, even if another one could not be started.
    let started: Vec<io::Result<Child>> = (0..n).map(start).collect();
    let ended: Vec<_> = started.into_iter().map(|child| child.and_then(Child::wait_with_output)).collect();
    ended
        .into_iter()
        .zip(0..)
        .map(|(output, i)| {
            let output = output.map_err(|e| died(i, &e.to_string()))?;
            let said = Said::from_line(&String::from_utf8_lossy(&output.stdout)).filter(|_| output.status.success());
            said.ok_or_else(|| died(i, &output.status.to_string()))
        })
        .collect()
}

fn died(i: usize, why: &str) -> Error {
    Error::failed(text!("프로세스 {i}: 일을 마치지 못했습니다: {why}", "process {i} did not finish its work: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_says_is_read_or_refused() {
        let said = Said { check: 7, private: 4096, cpu: 5 };
        assert_eq!(Said::from_line(&said.to_line()), Some(said));
        for garbage in ["", "7", "7 1", "x y z", "-1 0 0"] {
            assert_eq!(Said::from_line(garbage), None);
        }
    }

    #[test]
    fn every_technique_keeps_the_order_and_hands_on_an_error() {
        let twice = |i| Ok(2 * i as u64);
        assert_eq!(sequence(3, twice).unwrap(), [0, 2, 4]);
        assert_eq!(threads(3, twice).unwrap(), [0, 2, 4]);
        assert_eq!(tasks(3, |i| async move { Ok(2 * i as u64) }).unwrap(), [0, 2, 4]);
        let fails = |i| if i == 1 { Err(died(i, "on purpose")) } else { Ok(0) };
        assert!(sequence(3, fails).is_err() && threads(3, fails).is_err());
        assert!(tasks(3, |i| async move { fails(i) }).is_err());
    }
}
