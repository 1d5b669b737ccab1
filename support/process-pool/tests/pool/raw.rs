//! System calls for scenes that no safe library offers.
#![allow(unsafe_code, reason = "std has no fork, and closes only what it owns")]

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

pub fn close(number: i32) {
    // SAFETY: whoever owns the descriptor will miss it, which is what is tried here.
    unsafe { libc::close(number) };
}

/// Returns 0 in the new process.
pub fn fork() -> i32 {
    // SAFETY: the calling process has no other thread that could hold a lock, or the copy ends without taking one.
    unsafe { libc::fork() }
}

/// Becomes a user without privileges. False if that cannot be.
pub fn become_nobody() -> bool {
    // One of its own: the limit counts the processes of a user, and this test runs twice at a time.
    let nobody = 100_000 + std::process::id();
    // SAFETY: they take numbers.
    unsafe { libc::getuid() != 0 || libc::setresuid(nobody, nobody, nobody) == 0 }
}

/// From now on this process and its children are denied memfd_create. False if that cannot be had.
#[cfg(target_os = "linux")]
pub fn deny_memfd() -> bool {
    const LOAD_NUMBER: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const JUMP_EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut steps = [
        step(LOAD_NUMBER, 0, 0, 0),
        step(JUMP_EQUAL, 0, 1, libc::SYS_memfd_create as u32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        step(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: the kernel copies the program, which lives until the call returns.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    }
}

#[cfg(not(target_os = "linux"))]
pub fn deny_memfd() -> bool {
    false
}

/// What the parent has sent over standard input to the worker that this process is started as.
pub fn descriptors_from_stdin() -> [OwnedFd; 4] {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    recvmsg(io::stdin(), &mut [IoSliceMut::new(&mut [0; 64])], &mut control, RecvFlags::empty()).unwrap();
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(some) = message {
            descriptors.extend(some);
        }
    }
    descriptors.try_into().unwrap()
}
