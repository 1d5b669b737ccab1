//! What a worker is given at its start: descriptors over a socket, in a message that says what they are.
//!
//! The socket is the worker's standard input, so that nothing has to be inherited by number. Afterwards nobody writes into it:
//! it is the lifeline, whose end tells the worker that its parent has gone.

use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
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
pub struct Given {
    /// From here tasks come.
    pub tasks: File,
    /// Here results go.
    pub results: File,
    /// The parent's shared memory.
    pub parent_memory: OwnedFd,
    /// The worker's own shared memory.
    pub own_memory: OwnedFd,
}

const DESCRIPTORS: usize = 4;

/// Parent: sends it all. The order is that of [`Given`].
pub fn send(socket: &UnixStream, setup: Setup, given: [BorrowedFd<'_>; DESCRIPTORS]) -> io::Result<()> {
    let message = postcard::to_stdvec(&setup).map_err(io::Error::other)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&given)) {
        return Err(io::Error::other("no room for descriptors"));
    }
    let sent = sendmsg(socket, &[IoSlice::new(&message)], &mut control, SendFlags::empty())?;
    if sent == message.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Worker: takes it all.
pub fn receive(socket: &UnixStream) -> io::Result<(Setup, Given)> {
    let mut message = [0; 64];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let got =
        retry_on_intr(|| recvmsg(socket, &mut [IoSliceMut::new(&mut message)], &mut control, CLOSE_ON_EXEC))?.bytes;
    let mut descriptors = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let mut descriptors = descriptors.by_ref().flatten();
    let mut next = || {
        let descriptor = descriptors.next().ok_or(io::ErrorKind::UnexpectedEof)?;
        close_on_exec(descriptor.as_fd())?;
        io::Result::Ok(descriptor)
    };
    let given = Given { tasks: next()?.into(), results: next()?.into(), parent_memory: next()?, own_memory: next()? };
    let setup = postcard::from_bytes(&message[..got]).map_err(io::Error::other)?;
    Ok((setup, given))
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const CLOSE_ON_EXEC: RecvFlags = RecvFlags::empty();

/// Children of tasks must not hold the worker's pipes open. Where the flag above does it, this changes nothing.
fn close_on_exec(descriptor: BorrowedFd<'_>) -> io::Result<()> {
    Ok(rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC)?)
}
