//! One watched thread: its counters, and what they say of the time since the last sample.

use std::fs::File;

use crate::procfs::{Call, Scheduled, Stat, read_again};
use crate::wait::Wait;

use super::peers::End;

/// What one thread did since the last sample, in ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub on_core: f64,
    pub delayed: f64,
    pub blocked: f64,
    /// It has been on a core since the last sample.
    pub has_run: bool,
    /// It began in this stretch of time.
    pub is_new: bool,
    /// It is on a core or ready for one.
    pub is_running: bool,
    /// What it is doing in the kernel, if it was asked; within, `None` if nobody may know.
    pub call: Option<Option<Call>>,
}

/// A thread of the program.
#[derive(Debug)]
pub struct Thread {
    pid: u32,
    tid: u32,
    schedstat: File,
    syscall: Option<File>,
    last: Scheduled,
    /// Since it is watched: all time, and what was counted as blocked. The kernel brings the counter of a running thread up to date only
    /// at its own ticks, so a single sample may be off by some milliseconds; the sums are not.
    alive: f64,
    first: Scheduled,
    /// Its number in the innermost PID namespace that it is in: what the thread itself and its interpreter call it.
    pub inner: u32,
    blocked: f64,
    /// It has begun since the last sample, and no sample has shown it.
    is_new: bool,
    /// It was on a core or ready for one when it was last asked.
    was_running: bool,
    /// What it waited for when it was last seen blocked.
    pub wait: Option<Wait>,
    /// Who was at the other end.
    pub end: End,
    /// It waited as an event loop does.
    pub is_event_loop: bool,
    pub totals: ThreadTotals,
}

/// What a thread did in all, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ThreadTotals {
    pub on_core: f64,
    pub gil: f64,
    pub lock: f64,
    /// Waiting for something outside.
    pub outside: f64,
    /// Times that it waited for another thread and went on.
    pub lock_waits: u32,
    /// How often it was put on a core; 0 for the first thread of a process.
    pub slices: u64,
}

impl Thread {
    /// Begins to watch. A thread that is new has done everything since the last sample.
    pub fn new(pid: u32, tid: u32, is_new: bool) -> Option<Thread> {
        let file = |name: &str| File::open(format!("/proc/{pid}/task/{tid}/{name}"));
        let schedstat = file("schedstat").ok()?;
        let now = counters(&schedstat)?;
        let first = if is_new { Scheduled::default() } else { now };
        let syscall = file("syscall").ok();
        Some(Thread {
            pid,
            tid,
            schedstat,
            syscall,
            last: first,
            alive: 0.0,
            first,
            inner: tid,
            blocked: 0.0,
            is_new,
            was_running: false,
            wait: None,
            end: End::Outside,
            is_event_loop: false,
            totals: ThreadTotals::default(),
        })
    }

    /// What it did in the `length` ns since the last sample; `None` if it has ended.
    pub fn sample(&mut self, length: u64) -> Option<Seen> {
        let now = counters(&self.schedstat)?;
        let has_run = now.slices != self.last.slices || now.on_core != self.last.on_core;
        // One that was ready for a core and has not run still is, however long that takes.
        let call = (has_run || self.wait.is_none() || self.was_running).then(|| self.call());
        if let Some(call) = call {
            self.was_running = match call {
                Some(call) => call == Call::Running,
                None => Stat::of_thread(self.pid, self.tid)?.state == 'R',
            };
        }
        let seen = Seen { call, ..self.account(now, length as f64) };
        self.last = now;
        Some(seen)
    }

    fn account(&mut self, now: Scheduled, length: f64) -> Seen {
        let since = |now: u64, then: u64| now.saturating_sub(then) as f64;
        let (on_core, delayed) = (since(now.on_core, self.last.on_core), since(now.delayed, self.last.delayed));
        let is_new = std::mem::take(&mut self.is_new);
        // The first sample of a new thread: it began somewhere in the middle.
        self.alive += if is_new { length.min(on_core + delayed) } else { length };
        let ran = since(now.on_core, self.first.on_core) + since(now.delayed, self.first.delayed);
        let blocked = (self.alive - ran - self.blocked).clamp(0.0, length);
        // The wait for a core is counted when it is over. Until then it looks like being blocked: what a thread that is ready was blocked
        // before is counted when it is seen blocked again.
        let blocked = if self.was_running { 0.0 } else { blocked };
        self.blocked += blocked;
        let has_run = now.slices != self.last.slices || on_core > 0.0;
        Seen { on_core, delayed, blocked, has_run, is_new, is_running: self.was_running, call: None }
    }

    /// How often it was put on a core since it is watched.
    pub fn slices(&self) -> u64 {
        self.last.slices.saturating_sub(self.first.slices)
    }

    /// What it is doing in the kernel; `None` if nobody may know.
    fn call(&self) -> Option<Call> {
        let mut buffer = [0; 256];
        let n = read_again(self.syscall.as_ref()?, &mut buffer)?;
        Call::parse(std::str::from_utf8(&buffer[..n]).ok()?)
    }
}

fn counters(schedstat: &File) -> Option<Scheduled> {
    let mut buffer = [0; 256];
    let n = read_again(schedstat, &mut buffer)?;
    Scheduled::parse(std::str::from_utf8(&buffer[..n]).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Thread {
        let pid = std::process::id();
        let thread = Thread::new(pid, pid, false).unwrap();
        Thread { last: Scheduled::default(), first: Scheduled::default(), ..thread }
    }

    #[test]
    fn waiting_for_a_core_is_not_blocked() {
        let mut thread = watched();
        let seen = thread.account(Scheduled { on_core: 5_000, delayed: 5_000, slices: 3 }, 10_000.0);
        assert_eq!((seen.on_core, seen.delayed), (5_000.0, 5_000.0));
        assert!(seen.blocked <= 1.0 && seen.has_run, "{seen:?}");
    }

    #[test]
    fn a_thread_that_sleeps_when_we_attach_is_blocked_from_then_on() {
        let mut thread = watched();
        let seen = [(); 2].map(|()| thread.account(Scheduled::default(), 10_000.0));
        assert_eq!(seen.map(|seen| (seen.blocked, seen.is_new)), [(10_000.0, false); 2]);
        // Of one that has begun since the last sample nobody knows when.
        let mut new = Thread { is_new: true, ..watched() };
        let seen = [(); 2].map(|()| new.account(Scheduled::default(), 10_000.0));
        assert_eq!(seen.map(|seen| (seen.blocked, seen.is_new)), [(0.0, true), (10_000.0, false)]);
    }

    #[test]
    fn a_counter_that_lags_does_not_add_blocked_time() {
        let mut thread = watched();
        let mut blocked = 0.0;
        // On a core all the time; the kernel counts every second sample.
        for n in 1..=100_u64 {
            let now = Scheduled { on_core: n / 2 * 20_000, delayed: 0, slices: 1 };
            blocked += thread.account(now, 10_000.0).blocked;
            thread.last = now;
        }
        assert!(blocked <= 10_001.0, "at most one lag, not fifty: {blocked}");
    }

    #[test]
    fn a_thread_that_is_kept_off_the_cores_is_not_blocked() {
        let mut thread = Thread { was_running: true, ..watched() };
        let mut blocked = 0.0;
        for _ in 0..20 {
            blocked += thread.account(Scheduled::default(), 10_000.0).blocked;
        }
        // On a core again, the kernel tells how long it took.
        let now = Scheduled { on_core: 1_000, delayed: 200_000, slices: 2 };
        thread.last = Scheduled::default();
        blocked += thread.account(now, 1_000.0).blocked;
        assert_eq!(blocked, 0.0);
        // What it was blocked before is not forgotten.
        thread.last = now;
        thread.account(now, 10_000.0);
        thread.was_running = false;
        assert!(thread.account(now, 10_000.0).blocked > 9_999.0);
    }

    #[test]
    fn a_thread_that_has_not_run_was_blocked_all_the_time() {
        let mut thread = watched();
        let seen = thread.account(Scheduled::default(), 10_000.0);
        assert_eq!((seen.on_core, seen.has_run), (0.0, false));
        assert_eq!(seen.blocked, 10_000.0);
    }

    #[test]
    fn only_what_has_just_begun_has_an_unknown_first_stretch() {
        let seen = Thread { is_new: true, ..watched() }.account(Scheduled::default(), 10_000.0);
        assert_eq!((seen.blocked, seen.is_new), (0.0, true));
        let mut there_before = watched();
        let seen = there_before.account(Scheduled::default(), 10_000.0);
        assert_eq!((seen.blocked, seen.is_new), (10_000.0, false), "a sleeper that was attached to");
    }
}
