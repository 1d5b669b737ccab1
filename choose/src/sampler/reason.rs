//! What a blocked thread waits for: its system call, and the descriptors that the call names.

use std::fs;

use crate::cpython::Gil;
use crate::memory::Memory;
use crate::procfs::Call;
use crate::syscalls::{self, Blocked};
use crate::wait::Wait;

/// What is known of a process that helps to tell what its threads wait for.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub pid: u32,
    pub memory: Option<&'a Memory>,
    pub gils: &'a [Gil],
}

/// What a thread in this call waits for; `None` if it is not blocked.
pub fn reason(call: Call, context: &Context<'_>) -> Option<Wait> {
    let blocked = syscalls::blocked(call)?;
    Some(match blocked {
        Blocked::Timer => Wait::Timer,
        Blocked::Socket => Wait::Socket,
        Blocked::Descriptor(fd) => context.descriptor(fd),
        Blocked::Poll(at, count) => context.poll(at, count),
        Blocked::Epoll(fd) => context.epoll(fd),
        Blocked::Futex(at) if context.gils.iter().any(|gil| gil.has_futex(at)) => Wait::Gil,
        Blocked::Futex(_) => Wait::Lock,
        Blocked::Child => Wait::Child,
        Blocked::Disk => Wait::Disk,
        Blocked::Other => Wait::Unknown,
    })
}

/// Whether a thread in this call waits as an event loop does.
pub fn is_event_loop(call: Call) -> bool {
    matches!(syscalls::blocked(call), Some(Blocked::Epoll(_)))
}

impl Context<'_> {
    fn descriptor(&self, fd: u64) -> Wait {
        let target = fs::read_link(format!("/proc/{}/fd/{fd}", self.pid));
        target.map_or(Wait::Unknown, |target| kind_of(&target.to_string_lossy()))
    }

    /// Of several descriptors the first tells the kind: those of one call are of one kind nearly always.
    fn poll(&self, at: u64, _count: u64) -> Wait {
        let first = self.memory.and_then(|memory| memory.half(at));
        first.map_or(Wait::Socket, |fd| self.descriptor(u64::from(fd)))
    }

    /// An event loop always watches its own wake-up socket; if it watches nothing else, it waits for a time.
    fn epoll(&self, fd: u64) -> Wait {
        let watched = fs::read_to_string(format!("/proc/{}/fdinfo/{fd}", self.pid)).unwrap_or_default();
        let others: Vec<u64> = watched_descriptors(&watched).skip(1).collect();
        match others.last() {
            None => Wait::Timer,
            Some(fd) => match self.descriptor(*fd) {
                Wait::Unknown | Wait::Disk => Wait::Socket,
                known => known,
            },
        }
    }
}

/// The descriptors in an epoll's `fdinfo`, in ascending order.
fn watched_descriptors(info: &str) -> impl Iterator<Item = u64> {
    let mut all: Vec<u64> =
        info.lines().filter_map(|line| line.strip_prefix("tfd:")?.split_whitespace().next()?.parse().ok()).collect();
    all.sort_unstable();
    all.into_iter()
}

/// What a descriptor is, by what its link in `/proc/PID/fd` says.
fn kind_of(target: &str) -> Wait {
    match target {
        t if t.starts_with("socket:") => Wait::Socket,
        t if t.starts_with("pipe:") => Wait::Pipe,
        t if t.starts_with("/dev/pts/") || t.starts_with("/dev/tty") || t == "/dev/console" => Wait::Terminal,
        t if t.starts_with("anon_inode:[timerfd]") => Wait::Timer,
        t if t.starts_with("anon_inode:[pidfd]") => Wait::Child,
        t if t.starts_with("anon_inode:") => Wait::Unknown,
        _ => Wait::Disk,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;
    use std::os::fd::AsRawFd;

    #[test]
    fn descriptors_are_known_by_their_links() {
        for (target, wait) in [
            ("socket:[123]", Wait::Socket),
            ("pipe:[5]", Wait::Pipe),
            ("/dev/pts/0", Wait::Terminal),
            ("/dev/tty", Wait::Terminal),
            ("/home/me/data.csv", Wait::Disk),
            ("anon_inode:[timerfd]", Wait::Timer),
            ("anon_inode:[eventfd]", Wait::Unknown),
        ] {
            assert_eq!(kind_of(target), wait, "{target}");
        }
    }

    #[test]
    fn an_event_loop_that_watches_only_itself_waits_for_a_time() {
        let own = "pos:\t0\ntfd:        4 events:       19 data:  4  pos:0\n";
        let more = format!("{own}tfd:        9 events:       19 data:  9\n");
        assert_eq!(watched_descriptors(own).collect::<Vec<_>>(), [4]);
        assert_eq!(watched_descriptors(&more).collect::<Vec<_>>(), [4, 9]);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn a_read_of_a_pipe_is_a_pipe() {
        let (reader, _writer) = io::pipe().unwrap();
        let pid = std::process::id();
        let memory = Memory::of(pid).unwrap();
        let context = Context { pid, memory: Some(&memory), gils: &[] };
        let fd = reader.as_raw_fd() as u64;
        assert_eq!(reason(Call::Blocked(0, [fd, 0, 0, 0]), &context), Some(Wait::Pipe));
        let polled = [fd, 0];
        let at = std::ptr::from_ref(&polled) as u64;
        assert_eq!(reason(Call::Blocked(7, [at, 1, 0, 0]), &context), Some(Wait::Pipe));
        assert_eq!(reason(Call::Blocked(202, [at, 0, 0, 0]), &context), Some(Wait::Lock));
        assert_eq!(reason(Call::Running, &context), None);
    }
}
