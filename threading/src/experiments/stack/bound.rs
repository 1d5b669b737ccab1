//! How many threads this machine allows a process, found out before any is started.

use std::fs;

use lab::{Error, machine, text};

/// The tightest bound on the number of threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Threads that can still be started.
    pub threads: u64,
    /// The name of the limit.
    pub limit: &'static str,
}

impl Bound {
    /// The error if more threads are asked for.
    pub fn exceeded(&self, asked: usize) -> Error {
        let Bound { threads, limit } = self;
        Error::failed(text!(
            "--threads {asked}: 이 컴퓨터에서는 {threads}개까지 됩니다({limit}). 그 이하로 주십시오.",
            "--threads {asked}: this machine allows {threads} ({limit}). Give at most that many."
        ))
    }
}

/// The tightest bound on new threads, on Linux; elsewhere `None`.
///
/// `proc(5)`: threads-max and pid_max count all threads of the machine; `vm.max_map_count` counts the mappings of a process, and a
/// thread takes two: its stack and the guard page before it. `pids.max` is the control group's.
pub fn of_this_machine() -> Option<Bound> {
    let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let alive = threads_of_machine()?;
    let maps = fs::read_to_string("/proc/self/maps").map_or(0, |maps| maps.lines().count() as u64);
    // malloc maps arenas while the threads start.
    const SPARE_MAPS: u64 = 1000;
    let bounds = [
        ("kernel.threads-max", number("/proc/sys/kernel/threads-max").map(|most| most.saturating_sub(alive))),
        ("kernel.pid_max", number("/proc/sys/kernel/pid_max").map(|most| most.saturating_sub(alive))),
        (
            "vm.max_map_count",
            number("/proc/sys/vm/max_map_count").map(|most| most.saturating_sub(maps + SPARE_MAPS) / 2),
        ),
        ("ulimit -u", user_limit()),
        ("pids.max", cgroup_limit()),
    ];
    let known = bounds.into_iter().filter_map(|(limit, threads)| Some(Bound { threads: threads?, limit }));
    known.min_by_key(|bound| bound.threads)
}

/// All threads of the machine, from the fourth field of `/proc/loadavg`: "runnable/all".
fn threads_of_machine() -> Option<u64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().nth(3)?.split_once('/')?.1.parse().ok()
}

/// What `RLIMIT_NPROC` leaves. It counts all threads of the user; it does not apply to root.
fn user_limit() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?;
    if user == "0" {
        return None;
    }
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let limit: u64 =
        limits.lines().find_map(|line| line.strip_prefix("Max processes"))?.split_whitespace().next()?.parse().ok()?;
    // The user's other processes count too; their number is not known.
    Some(limit.saturating_sub(machine::threads().unwrap_or(1)))
}

/// What the control group's `pids.max` leaves (cgroup v2).
fn cgroup_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let read =
        |file: &str| fs::read_to_string(format!("/sys/fs/cgroup{group}/{file}")).ok()?.trim().parse::<u64>().ok();
    Some(read("pids.max")?.saturating_sub(read("pids.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_names_what_sets_it() {
        let error = Bound { threads: 15_000, limit: "kernel.threads-max" }.exceeded(20_000);
        assert_eq!(error.code(), 1);
        for words in ["--threads 20000", "15000", "kernel.threads-max"] {
            assert!(error.text().en.contains(words) && error.text().ko.contains(words), "{error:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_has_a_bound_above_a_thousand() {
        let bound = of_this_machine().expect("Linux tells");
        assert!(bound.threads > 1000, "{bound:?}");
    }
}
