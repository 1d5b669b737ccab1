//! What a blocked thread waits for: its system call, and the descriptors that the call names.

use std::fs;

use crate::cpython::Gil;
use crate::memory::Memory;
use crate::procfs::Call;
use crate::syscalls::{self, Blocked};
use crate::wait::Wait;

use super::peers::{End, Peers};

/// Words of a bit set of a select that are looked at: all that Linux allows.
const MOST_SELECTED: u64 = 16;

/// What is known of a process that helps to tell what its threads wait for.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub pid: u32,
    pub memory: Option<&'a Memory>,
    pub gils: &'a [Gil],
    /// The program has no other thread.
    pub is_alone: bool,
}

/// What a thread in this call waits for; `None` if it is not blocked.
pub fn reason(call: Call, context: &Context<'_>) -> Option<Wait> {
    let blocked = syscalls::blocked(call)?;
    Some(match blocked {
        Blocked::Timer => Wait::Timer,
        Blocked::Socket(_) | Blocked::Select(..) => Wait::Socket,
        Blocked::Descriptor(fd) => context.descriptor(fd),
        Blocked::Poll(at, count) => context.poll(at, count),
        Blocked::Epoll(fd) => context.epoll(fd),
        Blocked::Futex(at, _) if context.gils.iter().any(|gil| gil.has_futex(at)) => Wait::Gil,
        // Nobody else is there who could end it: `Event.wait` and `Queue.get` with a timeout.
        Blocked::Futex(_, true) if context.is_alone => Wait::Timer,
        Blocked::Futex(..) => Wait::Lock,
        Blocked::Child => Wait::Child,
        Blocked::Disk => Wait::Disk,
        Blocked::Other => Wait::Unknown,
    })
}

/// Who is at the other end of what a thread in this call waits at; `None` if nobody has looked. A program with one thread is not.
pub fn end(call: Call, context: &Context<'_>, peers: &mut Peers) -> Option<End> {
    if context.is_alone {
        return Some(End::Outside);
    }
    let fd = match syscalls::blocked(call) {
        Some(Blocked::Socket(fd) | Blocked::Descriptor(fd)) => Some(fd),
        Some(Blocked::Poll(at, _)) => context.polled(at),
        Some(Blocked::Select(at, bits)) => context.selected(at, bits),
        Some(Blocked::Epoll(fd)) => context.watched(fd),
        _ => None,
    };
    fd.and_then(|fd| context.link(fd)).map_or(Some(End::Outside), |link| peers.end(context.pid, &link))
}

/// Whether a thread in this call waits as an event loop does.
pub fn is_event_loop(call: Call) -> bool {
    matches!(syscalls::blocked(call), Some(Blocked::Epoll(_)))
}

impl Context<'_> {
    fn descriptor(&self, fd: u64) -> Wait {
        self.link(fd).map_or(Wait::Unknown, |target| kind_of(&target))
    }

    fn link(&self, fd: u64) -> Option<String> {
        let target = fs::read_link(format!("/proc/{}/fd/{fd}", self.pid)).ok()?;
        Some(target.to_string_lossy().into_owned())
    }

    /// Of several descriptors the first tells the kind: those of one call are of one kind nearly always.
    fn poll(&self, at: u64, _count: u64) -> Wait {
        self.polled(at).map_or(Wait::Socket, |fd| self.descriptor(fd))
    }

    fn polled(&self, at: u64) -> Option<u64> {
        self.memory?.half(at).map(u64::from)
    }

    /// The first descriptor in the bit set of a select.
    fn selected(&self, at: u64, bits: u64) -> Option<u64> {
        let memory = self.memory?;
        (0..bits.div_ceil(64).min(MOST_SELECTED)).find_map(|n| {
            let word = memory.word(at + 8 * n).filter(|word| *word != 0)?;
            Some(64 * n + u64::from(word.trailing_zeros()))
        })
    }

    /// An event loop always watches its own wake-up socket; if it watches nothing else, it waits for a time.
    fn epoll(&self, fd: u64) -> Wait {
        match self.watched(fd) {
            None => Wait::Timer,
            Some(fd) => match self.descriptor(fd) {
                Wait::Unknown | Wait::Disk => Wait::Socket,
                known => known,
            },
        }
    }

    /// The last descriptor that an epoll watches beside its own.
    fn watched(&self, fd: u64) -> Option<u64> {
        let watched = fs::read_to_string(format!("/proc/{}/fdinfo/{fd}", self.pid)).unwrap_or_default();
        watched_descriptors(&watched).skip(1).last()
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
        let context = Context { pid, memory: Some(&memory), gils: &[], is_alone: false };
        let fd = reader.as_raw_fd() as u64;
        assert_eq!(reason(Call::Blocked(0, [fd, 0, 0, 0]), &context), Some(Wait::Pipe));
        let polled = [fd, 0];
        let at = std::ptr::from_ref(&polled) as u64;
        assert_eq!(reason(Call::Blocked(7, [at, 1, 0, 0]), &context), Some(Wait::Pipe));
        assert_eq!(reason(Call::Blocked(202, [at, 0, 0, 0]), &context), Some(Wait::Lock));
        assert_eq!(reason(Call::Blocked(202, [at, 0, 0, 1]), &context), Some(Wait::Lock), "another thread may end it");
        let alone = Context { is_alone: true, ..context };
        assert_eq!(reason(Call::Blocked(202, [at, 0, 0, 1]), &alone), Some(Wait::Timer), "only time can end it");
        assert_eq!(reason(Call::Blocked(202, [at, 0, 0, 0]), &alone), Some(Wait::Lock));
        let bits = [0_u64, 1 << 6];
        // Its neighbours on the stack were read, and are kept for a moment.
        let memory = Memory::of(pid).unwrap();
        let context = Context { memory: Some(&memory), ..context };
        assert_eq!(context.selected(std::ptr::from_ref(&bits) as u64, 128), Some(70));
        assert_eq!(reason(Call::Running, &context), None);
    }
}
