//! What a worker is given at its start: descriptors over a socket, in a message that says what they are.
//!
//! The socket is there from the worker's beginning, so that nothing has to be inherited by number. Afterwards nobody writes
//! into it: it is the lifeline, whose end tells the worker that its parent has gone.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::io::retry_on_intr;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};
use serde::{Deserialize, Serialize};

/// How a worker is to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Bytes of the parent's shared memory.
    pub parent_memory: usize,
    /// Bytes of the worker's own shared memory.
    pub own_memory: usize,
    /// Bytes it may allocate.
    pub limit: Option<u64>,
    /// Whether it tells when each task ran.
    pub record: bool,
}

/// Descriptors of a worker.
pub struct WorkerFds {
    /// From here tasks come.
    pub tasks: File,
    /// Inline results go.
    pub results: File,
    /// The parent's shared memory.
    pub parent_memory: OwnedFd,
    /// The worker's own shared memory.
    pub own_memory: OwnedFd,
}

/// Parent: sends it all. The order is that of [`WorkerFds`].
pub fn send(line: &UnixStream, setup: Setup, given: [BorrowedFd<'_>; 4]) -> io::Result<()> {
    send_fds(line, &postcard::to_stdvec(&setup).map_err(io::Error::other)?, &given)
}

/// Worker: takes it all.
pub fn receive(line: &UnixStream) -> io::Result<(Setup, WorkerFds)> {
    let mut message = [0; 64];
    let (len, given) = take(line, &mut message)?;
    let mut given = given.into_iter();
    let mut next = || given.next().ok_or(io::ErrorKind::UnexpectedEof);
    let given =
        WorkerFds { tasks: next()?.into(), results: next()?.into(), parent_memory: next()?, own_memory: next()? };
    let setup = postcard::from_bytes(&message[..len]).map_err(io::Error::other)?;
    Ok((setup, given))
}

/// At most so many descriptors go with one message.
const DESCRIPTORS: usize = 4;

/// Sends a short message, and descriptors with it.
pub fn send_fds(line: &UnixStream, message: &[u8], given: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(given)) {
        return Err(io::Error::other("no room for descriptors"));
    }
    let sent = retry_on_intr(|| sendmsg(line, &[IoSlice::new(message)], &mut control, QUIETLY))?;
    if sent == message.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Takes such a message: its length, and the descriptors; both are 0 when the other side is gone.
pub fn take(line: &UnixStream, message: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let len = retry_on_intr(|| recvmsg(line, &mut [IoSliceMut::new(message)], &mut control, CLOSE_ON_EXEC))?.bytes;
    let mut taken = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            taken.extend(descriptors);
        }
    }
    // Children of tasks must not hold the worker's pipes open.
    if CLOSE_ON_EXEC.is_empty() {
        taken.iter().try_for_each(|descriptor| rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC))?;
    }
    Ok((len, taken))
}

/// That the other side has died is an error like others, and no reason for a signal; on macOS only because Rust's programs
/// ignore that one from the beginning.
#[cfg(not(target_vendor = "apple"))]
const QUIETLY: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const QUIETLY: SendFlags = SendFlags::empty();

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::empty();
