//! The machine that a measurement ran on, and how much of it other programs used.

use std::fs;
use std::path::Path;
use std::thread;

use crate::lang::Text;
use crate::report::Unit;
use crate::report::unit::value;
use crate::text;

/// Cores that this process may use.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The machine in a line: operating system, architecture, cores, processor.
pub fn describe() -> Text {
    let (os, arch, cores) = (std::env::consts::OS, std::env::consts::ARCH, cores());
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("", |(_, model)| model);
    let model = if model.is_empty() { String::new() } else { format!(", {model}") };
    let noun = if cores == 1 { "core" } else { "cores" };
    text!("{os} {arch}, 코어 {cores}개{model}", "{os} {arch}, {cores} {noun}{model}")
}

/// The note on how much other programs used during a measurement, for every experiment that needs the cores.
pub fn others_used(foreign: Option<f64>) -> Text {
    match foreign.map(|share| value(share, Unit::Share)) {
        Some(share) => text!(
            "측정하는 동안 다른 프로그램이 CPU 시간의 {share}를 썼습니다.",
            "Other programs used {share} of the CPU time during the measurement."
        ),
        None => text!(
            "측정하는 동안 다른 프로그램이 CPU를 얼마나 썼는지는 알 수 없습니다.",
            "It is unknown how much CPU time other programs used during the measurement."
        ),
    }
}

/// Free bytes for this user on the disk of a folder; `None` if the system does not report it.
pub fn free_disk(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder).ok().map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Measures how much CPU time other programs use. Linux only (`/proc`).
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    start: Option<Ticks>,
}

/// CPU time in the kernel's ticks, since boot or since a process began.
#[derive(Clone, Copy, Debug)]
struct Ticks {
    /// All cores, busy or not.
    all: u64,
    /// All cores, busy.
    busy: u64,
    /// This process and the children that it has waited for.
    own: u64,
}

impl Watch {
    /// Starts the measurement.
    pub fn start() -> Watch {
        Watch { start: Ticks::now() }
    }

    /// Whether this system reports CPU time.
    pub fn can_tell() -> bool {
        Ticks::now().is_some()
    }

    /// The share of all cores' time (0 to 1) that other processes used since the start. A child of this process is one of the
    /// others until it has ended. `None` if the system does not report it, or if too little time has passed.
    pub fn foreign(&self) -> Option<f64> {
        self.spent()?.foreign()
    }

    /// The ticks since the start. `None` if the system does not report it.
    fn spent(&self) -> Option<Ticks> {
        let (then, now) = (self.start?, Ticks::now()?);
        Some(Ticks {
            all: now.all.saturating_sub(then.all),
            busy: now.busy.saturating_sub(then.busy),
            own: now.own.saturating_sub(then.own),
        })
    }
}

/// The sum over several pieces of work: each may be too short to be measured, and the sum long enough.
#[derive(Clone, Copy, Debug, Default)]
pub struct Watched {
    spent: Option<Ticks>,
}

impl Watched {
    /// Adds what was spent since the watch began.
    pub fn add(&mut self, watch: Watch) {
        self.spent = Watched::sum(self.spent, watch.spent());
    }

    fn sum(a: Option<Ticks>, b: Option<Ticks>) -> Option<Ticks> {
        match (a, b) {
            (Some(a), Some(b)) => Some(Ticks { all: a.all + b.all, busy: a.busy + b.busy, own: a.own + b.own }),
            (one, other) => one.or(other),
        }
    }

    /// The share that other processes used, see [`Watch::foreign`].
    pub fn foreign(&self) -> Option<f64> {
        self.spent?.foreign()
    }
}

impl Ticks {
    fn foreign(self) -> Option<f64> {
        // Below about twenty ticks the rounding of the counters is larger than the result.
        (self.all >= 20).then(|| self.busy.saturating_sub(self.own) as f64 / self.all as f64)
    }

    fn now() -> Option<Ticks> {
        Ticks::parse(&fs::read_to_string("/proc/stat").ok()?, &fs::read_to_string("/proc/self/stat").ok()?)
    }

    /// `proc_stat(5)`: "cpu user nice system idle iowait irq softirq steal …"; `proc_pid_stat(5)`: fields 14 to 17 are utime, stime, cutime, cstime.
    fn parse(machine: &str, own: &str) -> Option<Ticks> {
        let cpu: Vec<u64> =
            machine.lines().next()?.split_whitespace().skip(1).take(8).map_while(|n| n.parse().ok()).collect();
        let (&idle, &iowait) = (cpu.get(3)?, cpu.get(4)?);
        let all = cpu.iter().sum();
        // The name of the program, in parentheses, may contain blanks and parentheses.
        let (_, fields) = own.rsplit_once(')')?;
        let own = fields.split_whitespace().skip(11).take(4).map_while(|n| n.parse::<u64>().ok()).sum();
        Some(Ticks { all, busy: all - idle - iowait, own })
    }
}

/// The largest resident memory of this process so far, in bytes. `None` if the system does not report it.
pub fn peak_memory() -> Option<u64> {
    status_bytes("VmHWM:")
}

/// The resident memory of this process now, in bytes. `None` if the system does not report it.
pub fn memory() -> Option<u64> {
    status_bytes("VmRSS:")
}

/// The address space of this process now, in bytes: what is reserved, used or not. `None` if the system does not report it.
pub fn address_space() -> Option<u64> {
    status_bytes("VmSize:")
}

/// Threads of this process that are alive now, as the kernel counts them. `None` if the system does not report it.
pub fn threads() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

/// The memory that this process has written to and shares with no other, in bytes. `None` if the system does not report it.
///
/// Clean pages are not counted: those of the executable stop being private when somebody else starts the same program, and the
/// memory of this process would seem to shrink.
pub fn private_memory() -> Option<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup").ok()?;
    let kib = rollup.lines().find_map(|line| line.strip_prefix("Private_Dirty:"))?;
    Some(kib.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

fn status_bytes(key: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kib: u64 =
        status.lines().find_map(|line| line.strip_prefix(key))?.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_from_the_right_columns() {
        let machine = "cpu  100 5 20 1000 50 1 2 3 7 7\ncpu0 1 1 1 1\n";
        let own = "42 (a) b (c) R 1 1 1 0 -1 0 9 9 9 9 30 4 2 1 20 0 1 0\n";
        let ticks = Ticks::parse(machine, own).unwrap();
        assert_eq!((ticks.all, ticks.busy, ticks.own), (1181, 131, 37));
        assert!(Ticks::parse("", own).is_none());
    }

    #[test]
    fn short_pieces_count_together() {
        let piece = |all, busy, own| Watched { spent: Some(Ticks { all, busy, own }) };
        assert_eq!(piece(12, 10, 4).foreign(), None, "too short to be measured");
        let mut both = Watched::default();
        for _ in 0..2 {
            both.spent = Watched::sum(both.spent, piece(12, 10, 4).spent);
        }
        assert_eq!(both.foreign(), Some(0.5));
        assert_eq!(Watched::default().foreign(), None, "nothing was watched");
    }

    #[test]
    fn a_machine_has_a_core() {
        assert!(cores() >= 1);
        assert!(!describe().ko.is_empty());
    }
}
