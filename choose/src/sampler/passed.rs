//! How much data the program's own processes pass to each other: what one side writes and the other reads, by the kernel's counters.
//!
//! Only processes that run the same program file count, as workers of a pool do. The counters hold files as well, so of both sides the
//! smaller number is taken: at most that much was passed. What threads or functions pass cannot be seen.

use std::collections::HashMap;

use crate::procfs::{self, Io};

/// The counters of one program's processes.
#[derive(Debug, Default)]
pub struct Passed {
    /// What was last read of each worker; `None` for processes that run something else.
    workers: HashMap<u32, Option<Io>>,
    /// Of workers that have ended. The kernel adds them to their parent's.
    ended: Io,
    /// What had been counted when we attached.
    before: HashMap<u32, Io>,
    is_attached: bool,
    /// The most that was seen, in bytes.
    bytes: u64,
}

impl Passed {
    pub fn new(is_attached: bool) -> Passed {
        Passed { is_attached, ..Passed::default() }
    }

    /// Reads the counters of all processes.
    pub fn look(&mut self, main: u32, pids: impl Iterator<Item = u32>) {
        let all: Vec<u32> = pids.collect();
        let ended: Vec<u32> = self.workers.keys().filter(|pid| !all.contains(pid)).copied().collect();
        for io in ended.into_iter().filter_map(|pid| self.workers.remove(&pid).flatten()) {
            self.ended.add(io);
        }
        if !all.contains(&main) || (all.len() == 1 && !self.is_attached) {
            return;
        }
        let (own, Some(program)) = (self.counted(main), procfs::program(main)) else { return };
        for pid in all.into_iter().filter(|pid| *pid != main) {
            let last = self.workers.get(&pid).copied().flatten();
            // A copy of the program may be about to become another; one that has ended has no program any more.
            let is_worker = procfs::program(pid).map_or(last.is_some(), |other| other == program);
            let io = if is_worker { self.counted(pid).or(last) } else { None };
            self.workers.insert(pid, io);
        }
        self.is_attached = false;
        if self.workers.values().any(Option::is_some)
            && let Some(own) = own
        {
            self.bytes = self.bytes.max(between(own.without(self.ended), self.all_workers()));
        }
    }

    /// What a process has read and written since it is watched.
    fn counted(&mut self, pid: u32) -> Option<Io> {
        let io = Io::of(pid)?;
        if self.is_attached {
            self.before.insert(pid, io);
        }
        Some(io.without(self.before.get(&pid).copied().unwrap_or_default()))
    }

    fn all_workers(&self) -> Io {
        let mut all = self.ended;
        self.workers.values().flatten().for_each(|io| all.add(*io));
        all
    }

    /// Bytes, in both directions.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// What two sides passed at most.
fn between(one: Io, other: Io) -> u64 {
    one.written.min(other.read) + one.read.min(other.written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_both_sides_the_smaller_counts() {
        let one = Io { read: 100, written: 7 };
        assert_eq!(between(one, Io { read: 5, written: 30 }), 35);
        assert_eq!(between(one, Io::default()), 0, "files of one side");
        assert_eq!(one.without(Io { read: 30, written: 8 }), Io { read: 70, written: 0 });
    }

    #[test]
    fn what_was_read_before_we_attached_does_not_count() {
        let own = std::process::id();
        for (is_attached, known) in [(true, true), (false, false)] {
            let mut passed = Passed::new(is_attached);
            passed.look(own, [own].into_iter());
            assert_eq!((passed.before.contains_key(&own), passed.is_attached), (known, false));
        }
    }

    #[test]
    fn other_programs_are_no_workers() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let mut passed = Passed::new(false);
        // Until it has become `sleep` it is a copy of this program.
        while procfs::program(child.id()) == procfs::program(std::process::id()) {
            std::thread::yield_now();
        }
        passed.look(std::process::id(), [std::process::id(), child.id()].into_iter());
        assert_eq!((passed.bytes(), passed.workers.get(&child.id())), (0, Some(&None)));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
