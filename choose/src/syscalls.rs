//! From the system call in which a thread is blocked to what it waits for. The numbers are those of x86-64 and of 64-bit ARM.

use crate::procfs::Call;

/// What a blocked call waits for, before anybody has looked at the descriptors and the memory that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// A time.
    Timer,
    /// The network: this descriptor.
    Socket(u64),
    /// Whatever this descriptor is.
    Descriptor(u64),
    /// One of so many descriptors; the address of an array of `struct pollfd`.
    Poll(u64, u64),
    /// What this epoll descriptor watches.
    Epoll(u64),
    /// One of several descriptors; the address of a bit set of those that are read, and how many bits it has.
    Select(u64, u64),
    /// A futex at this address, for a limited time or without end.
    Futex(u64, bool),
    /// A child.
    Child,
    /// A disk.
    Disk,
    /// Anything else.
    Other,
}

#[cfg(target_arch = "x86_64")]
mod number {
    pub const TRANSFER: &[i64] = &[0, 1, 17, 18, 19, 20];
    pub const POLL: &[i64] = &[7, 271];
    pub const SELECT: &[i64] = &[23, 270];
    pub const SLEEP: &[i64] = &[35, 230, 34, 128];
    pub const SOCKET: &[i64] = &[42, 43, 44, 45, 46, 47, 288];
    pub const CHILD: &[i64] = &[61, 247];
    pub const FUTEX: &[i64] = &[202, 449, 455];
    pub const DISK: &[i64] = &[73, 74, 75, 162, 277, 306];
    pub const EPOLL: &[i64] = &[232, 281, 441];
}

#[cfg(not(target_arch = "x86_64"))]
mod number {
    pub const TRANSFER: &[i64] = &[63, 64, 65, 66, 67, 68];
    pub const POLL: &[i64] = &[73];
    pub const SELECT: &[i64] = &[72];
    pub const SLEEP: &[i64] = &[101, 115, 137];
    pub const SOCKET: &[i64] = &[202, 203, 206, 207, 211, 212, 242];
    pub const CHILD: &[i64] = &[95, 260];
    pub const FUTEX: &[i64] = &[98, 449, 455];
    pub const DISK: &[i64] = &[32, 81, 82, 83, 84, 267];
    pub const EPOLL: &[i64] = &[22, 441];
}

/// Whether the numbers above are those of this machine.
pub const KNOWN: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// What a call waits for; `None` if the thread is not blocked.
pub fn blocked(call: Call) -> Option<Blocked> {
    use number::{CHILD, DISK, EPOLL, FUTEX, POLL, SELECT, SLEEP, SOCKET, TRANSFER};
    let Call::Blocked(number, args) = call else { return None };
    let is = |list: &[i64]| KNOWN && list.contains(&number);
    Some(match () {
        () if is(SLEEP) => Blocked::Timer,
        () if is(SOCKET) => Blocked::Socket(args[0]),
        () if is(TRANSFER) => Blocked::Descriptor(args[0]),
        // A poll of nothing is how sleep was made before 3.11.
        () if (is(POLL) && args[1] == 0) || (is(SELECT) && args[0] == 0) => Blocked::Timer,
        () if is(POLL) => Blocked::Poll(args[0], args[1]),
        () if is(SELECT) => Blocked::Select(args[1], args[0]),
        () if is(EPOLL) => Blocked::Epoll(args[0]),
        () if is(FUTEX) => Blocked::Futex(args[0], args[3] != 0),
        () if is(CHILD) => Blocked::Child,
        () if is(DISK) => Blocked::Disk,
        () => Blocked::Other,
    })
}

#[cfg(test)]
#[cfg(target_arch = "x86_64")]
mod tests {
    use super::*;

    #[test]
    fn calls_of_python_are_known() {
        let of = |number, args| blocked(Call::Blocked(number, args));
        assert_eq!(blocked(Call::Running), None);
        assert_eq!(of(230, [1, 1, 9, 0]), Some(Blocked::Timer), "time.sleep");
        assert_eq!(of(23, [0, 0, 0, 0]), Some(Blocked::Timer), "time.sleep before 3.11");
        assert_eq!(of(45, [3, 9, 9, 0]), Some(Blocked::Socket(3)), "recv");
        assert_eq!(of(0, [3, 9, 9, 0]), Some(Blocked::Descriptor(3)), "os.read");
        assert_eq!(of(7, [0x7f00, 1, 5000, 0]), Some(Blocked::Poll(0x7f00, 1)), "a socket with a timeout");
        assert_eq!(of(232, [4, 0, 0, 0]), Some(Blocked::Epoll(4)), "an event loop");
        assert_eq!(of(202, [0x55, 0x89, 0, 0]), Some(Blocked::Futex(0x55, false)), "a lock");
        assert_eq!(of(202, [0x55, 0x89, 0, 0x7f]), Some(Blocked::Futex(0x55, true)), "a lock with a timeout");
        assert_eq!(of(23, [4, 0x7f, 0, 0]), Some(Blocked::Select(0x7f, 4)), "select");
        assert_eq!(of(61, [0; 4]), Some(Blocked::Child));
        assert_eq!(of(-1, [0; 4]), Some(Blocked::Other), "blocked outside of a call: a page fault");
    }
}
