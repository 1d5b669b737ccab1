//! Passes descriptors over a Unix socket, with the setup of a worker.
//!
//! The socket is the worker's from its start, so nothing has to be inherited by number. After the setup nobody writes
//! to it: it is the lifeline, whose end of file tells the worker that its parent has gone.

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

/// The setup of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Size of the parent's shared memory, in bytes.
    pub parent_memory: usize,
    /// Size of the worker's own shared memory, in bytes.
    pub own_memory: usize,
    /// Memory limit, in bytes.
    pub limit: Option<u64>,
    /// Whether to record when each task ran.
    pub record: bool,
}

/// The descriptors of a worker.
pub struct WorkerFds {
    /// The pipe of tasks.
    pub tasks: File,
    /// The pipe of results.
    pub results: File,
    /// The parent's shared memory.
    pub parent_memory: OwnedFd,
    /// The worker's own shared memory.
    pub own_memory: OwnedFd,
}

/// Parent: sends setup and descriptors, in the order of [`WorkerFds`].
pub fn send(line: &UnixStream, setup: Setup, given: [BorrowedFd<'_>; 4]) -> io::Result<()> {
    send_fds(line, &postcard::to_stdvec(&setup).map_err(io::Error::other)?, &given)
}

/// Worker: receives setup and descriptors.
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

/// The maximum number of descriptors per message.
const DESCRIPTORS: usize = 4;

/// Sends a short message with descriptors.
pub fn send_fds(line: &UnixStream, message: &[u8], given: &[BorrowedFd<'_>]) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(given)) {
        return Err(io::Error::other("no room for descriptors"));
    }
    let sent = retry_on_intr(|| sendmsg(line, &[IoSlice::new(message)], &mut control, QUIETLY))?;
    if sent == message.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives a short message: its length and the descriptors; length 0 and none at end of file.
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
    // Child processes of tasks must not hold the worker's pipes open.
    if CLOSE_ON_EXEC.is_empty() {
        taken.iter().try_for_each(|descriptor| rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC))?;
    }
    Ok((len, taken))
}

/// Turns a dead peer into an error instead of SIGPIPE; macOS lacks the flag, but Rust programs ignore SIGPIPE by
/// default.
#[cfg(not(target_vendor = "apple"))]
const QUIETLY: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const QUIETLY: SendFlags = SendFlags::empty();

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::empty();
