//! What Linux tells of processes and threads in `/proc`, as plain data: proc(5).

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

/// A thread's `schedstat`: all in ns but the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scheduled {
    /// On a core so far.
    pub on_core: u64,
    /// Runnable, and waiting for a core.
    pub delayed: u64,
    /// How often it was put on a core. Unchanged: it has not run since.
    pub slices: u64,
}

impl Scheduled {
    /// Reads the three numbers of `schedstat`.
    pub fn parse(words: &str) -> Option<Scheduled> {
        let mut numbers = words.split_whitespace().map_while(|n| n.parse().ok());
        Some(Scheduled { on_core: numbers.next()?, delayed: numbers.next()?, slices: numbers.next()? })
    }
}

/// What a thread is doing in the kernel: `/proc/PID/task/TID/syscall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// On a core, or ready for one.
    Running,
    /// Blocked in this system call with these arguments.
    Blocked(i64, [u64; 4]),
}

impl Call {
    /// Reads the line of `syscall`: "running", or a number and arguments in hexadecimal.
    pub fn parse(words: &str) -> Option<Call> {
        let mut words = words.split_whitespace();
        let first = words.next()?;
        if first == "running" {
            return Some(Call::Running);
        }
        let mut args = [0; 4];
        for (arg, word) in args.iter_mut().zip(words) {
            *arg = u64::from_str_radix(word.trim_start_matches("0x"), 16).ok()?;
        }
        Some(Call::Blocked(first.parse().ok()?, args))
    }
}

/// The parts of `/proc/PID/stat` that are used here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// R, S, D, Z and others.
    pub state: char,
    /// The parent.
    pub parent: u32,
    /// CPU time of all threads, also of those that have ended, in ticks.
    pub ticks: u64,
    /// The part of it that the kernel worked for them.
    pub kernel_ticks: u64,
    /// CPU time of the children that it has waited for, in ticks.
    pub children_ticks: u64,
    /// When it started, in ticks since boot: with the pid the only name of a process that is never used again.
    pub started: u64,
}

impl Stat {
    /// Reads the line of `stat`. The name of the program, in parentheses, may contain blanks and parentheses.
    pub fn parse(words: &str) -> Option<Stat> {
        let fields: Vec<&str> = words.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |n: usize| fields.get(n)?.parse::<u64>().ok();
        Some(Stat {
            state: fields.first()?.chars().next()?,
            parent: u32::try_from(number(1)?).ok()?,
            ticks: number(11)? + number(12)?,
            kernel_ticks: number(12)?,
            children_ticks: number(13)? + number(14)?,
            started: number(19)?,
        })
    }

    /// Of a process.
    pub fn of(pid: u32) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Of a thread.
    pub fn of_thread(pid: u32, tid: u32) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(format!("/proc/{pid}/task/{tid}/stat")).ok()?)
    }
}

/// The ns of a tick: Linux shows times to programs in hundredths of a second, whatever it counts in itself.
pub const TICK: f64 = 1e7;

/// Reads a small file of `/proc` from its beginning, without a new buffer each time.
pub fn read_again(file: &File, buffer: &mut [u8; 256]) -> Option<usize> {
    file.read_at(buffer, 0).ok()
}

/// The threads of a process; empty when it is gone.
pub fn threads(pid: u32) -> Vec<u32> {
    numbers_in(&format!("/proc/{pid}/task"))
}

/// How many threads a process has: each is a folder, which the links of their parent count. One system call, without a list.
pub fn count_threads(pid: u32) -> Option<u64> {
    fs::metadata(format!("/proc/{pid}/task")).ok()?.nlink().checked_sub(2)
}

/// The children that a thread has started and that have not been waited for.
pub fn children(pid: u32, tid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{tid}/children")).unwrap_or_default();
    list.split_whitespace().map_while(|n| n.parse().ok()).collect()
}

/// Whether this kernel lists the children of a thread.
pub fn lists_children() -> bool {
    let pid = std::process::id();
    fs::metadata(format!("/proc/{pid}/task/{pid}/children")).is_ok()
}

/// The file names in a folder that are numbers.
pub fn numbers_in(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// How often a thread gave up its core of its own accord: it waited for something. From `status`.
pub fn voluntary_switches(pid: u32, tid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/task/{tid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
}

/// The number of a thread in a PID namespace inside ours, such as a container's; `None` if it is in ours.
pub fn number_inside(pid: u32, tid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/task/{tid}/status")).ok()?;
    numbers_of("NSpid:", &status).skip(1).last()
}

/// The process that a thread belongs to; `None` if there is no such thread.
pub fn process_of(tid: u32) -> Option<u32> {
    numbers_of("Tgid:", &fs::read_to_string(format!("/proc/{tid}/status")).ok()?).next()
}

/// The numbers behind a key of `status`.
fn numbers_of<'a>(key: &str, status: &'a str) -> impl Iterator<Item = u32> + use<'a> {
    let numbers = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    numbers.split_whitespace().map_while(|n| n.parse().ok())
}

/// What a process has used and may use, from `status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most memory that it has had, in bytes.
    pub memory: u64,
    /// Cores that it may use.
    pub cores: u64,
}

/// Of a process that has not ended.
pub fn limits(pid: u32) -> Option<Limits> {
    parse_limits(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_limits(status: &str) -> Option<Limits> {
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    let kib: u64 = value("VmHWM:")?.trim_end_matches(" kB").parse().ok()?;
    let range = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(last.parse::<u64>().ok()?.checked_sub(first.parse().ok()?)? + 1)
    };
    let cores = value("Cpus_allowed_list:")?.split(',').map(range).sum::<Option<u64>>()?;
    Some(Limits { memory: kib * 1024, cores })
}

/// Bytes that a process has read and written by calls, whether from a disk, a pipe or a cache: `/proc/PID/io`. Those of children that it
/// has waited for are in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Io {
    /// `rchar`.
    pub read: u64,
    /// `wchar`.
    pub written: u64,
}

impl Io {
    /// Of a process; `None` if that may not be known.
    pub fn of(pid: u32) -> Option<Io> {
        Io::parse(&fs::read_to_string(format!("/proc/{pid}/io")).ok()?)
    }

    fn parse(words: &str) -> Option<Io> {
        let value = |key: &str| words.lines().find_map(|line| line.strip_prefix(key))?.trim().parse().ok();
        Some(Io { read: value("rchar:")?, written: value("wchar:")? })
    }

    /// Adds another's.
    pub fn add(&mut self, other: Io) {
        self.read += other.read;
        self.written += other.written;
    }

    /// Without another's.
    pub fn without(self, other: Io) -> Io {
        Io { read: self.read.saturating_sub(other.read), written: self.written.saturating_sub(other.written) }
    }
}

/// The program file of a process. `None` if it has been replaced meanwhile, or may not be known.
pub fn program(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok().filter(|path| path.is_file())
}

/// The signals that this process ignores, as a bit set: bit 0 is signal 1.
pub fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedstat_has_three_numbers() {
        let known = Scheduled { on_core: 12, delayed: 3, slices: 4 };
        assert_eq!(Scheduled::parse("12 3 4\n"), Some(known));
        assert_eq!(Scheduled::parse("12 3\n"), None);
        assert_eq!(Scheduled::parse(""), None);
    }

    #[test]
    fn a_call_is_running_or_a_number_with_arguments() {
        assert_eq!(Call::parse("running\n"), Some(Call::Running));
        let sleep = "230 0x1 0x1 0x7ffd 0x0 0x0 0x0 0x7ffc 0x7f1\n";
        assert_eq!(Call::parse(sleep), Some(Call::Blocked(230, [1, 1, 0x7ffd, 0])));
        assert_eq!(Call::parse("-1 0x7ffc 0x7f1\n"), Some(Call::Blocked(-1, [0x7ffc, 0x7f1, 0, 0])));
        assert_eq!(Call::parse(""), None);
    }

    #[test]
    fn a_program_may_be_called_anything() {
        let words = "42 (a) b (c) S 7 1 1 0 -1 0 9 9 9 9 30 4 2 1 20 0 1 0 5555 1 1\n";
        let stat = Stat::parse(words).unwrap();
        assert_eq!(stat, Stat { state: 'S', parent: 7, ticks: 34, kernel_ticks: 4, children_ticks: 3, started: 5555 });
    }

    #[test]
    fn limits_are_read_from_status() {
        let status = "Name:\tx\nVmHWM:\t    12 kB\nCpus_allowed_list:\t0-3,6\n";
        assert_eq!(parse_limits(status), Some(Limits { memory: 12 * 1024, cores: 5 }));
        assert_eq!(parse_limits("Name:\tx\nCpus_allowed_list:\t0\n"), None, "a zombie has no memory");
    }

    #[test]
    fn a_container_numbers_its_threads_from_one() {
        let status = "Name:\tx\nTgid:\t812\nPid:\t813\nNSpid:\t813\t40\t2\n";
        assert_eq!(numbers_of("NSpid:", status).collect::<Vec<_>>(), [813, 40, 2]);
        assert_eq!(numbers_of("Tgid:", status).next(), Some(812));
        assert_eq!(numbers_of("NSpid:", "Name:\tx\n").last(), None, "a kernel before 4.1");
    }

    #[test]
    fn bytes_are_read_from_io() {
        let words = "rchar: 12\nwchar: 3\nsyscr: 4\nread_bytes: 5\n";
        assert_eq!(Io::parse(words), Some(Io { read: 12, written: 3 }));
        assert_eq!(Io::parse("rchar: 12\n"), None);
    }

    #[test]
    fn this_process_has_its_own_entry() {
        let pid = std::process::id();
        assert_eq!((process_of(pid), number_inside(pid, pid)), (Some(pid), None));
        assert!(threads(pid).contains(&pid));
        assert!(count_threads(pid).is_some_and(|count| count >= 2), "the test's thread and the first");
        assert!(Stat::of(pid).is_some() && Stat::of_thread(pid, pid).is_some());
        let schedstat = File::open(format!("/proc/{pid}/schedstat")).unwrap();
        let mut buffer = [0; 256];
        for _ in 0..2 {
            let n = read_again(&schedstat, &mut buffer).unwrap();
            assert!(Scheduled::parse(std::str::from_utf8(&buffer[..n]).unwrap()).unwrap().on_core > 0);
        }
        assert!(voluntary_switches(pid, pid).is_some());
    }
}
