//! System calls that no safe library offers: one of the pool's two modules with `unsafe`, and what it relies on.
//!
//! **Forking.** The child has only the thread that forked. A lock that another thread held at that moment, such as the
//! allocator's, is never released in the child: that is how `fork` hangs in a process with threads, and why CPython's
//! pools stopped forking by default in 3.14 (gh-84559). So only a process with a single thread may fork, and
//! [`Forker::fork`] counts the threads each time.
//!
//! The new process is not the child of the fork server but its sibling (`CLONE_PARENT`): whoever started the fork
//! server can wait for it like for any child. glibc's `fork` cannot do that, so the kernel is called directly, and what
//! glibc does besides is done here: the kernel updates the cached thread ID of the child (`CLONE_CHILD_SETTID`), at the
//! address that glibc itself registered, and the robust mutex list is registered anew. `pthread_atfork` handlers do not
//! run: before [`init`](crate::init) nothing needs them.
//!
//! **Being forked.** A handler (`pthread_atfork`) counts how often the user's program forks, see [`Home`].
//!
//! **Dying with the parent.** A socket whose hang-up kills the process (`F_SETSIG`, fcntl(2)). A thread that waits for
//! end of file, as on other systems, cannot act while the process is stopped, and costs a thread per worker.
//! (`PR_SET_PDEATHSIG` fires when the *thread* that started the process ends.)
#![allow(unsafe_code, reason = "system calls that no safe library offers; see above")]

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Whether this platform supports forking a sibling.
pub const CAN_FORK: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

/// How often this process and those that it was forked from have been forked since forks are counted; and whether they are.
static FORKS: AtomicU32 = AtomicU32::new(0);
static ARE_COUNTED: AtomicBool = AtomicBool::new(false);

/// The process that something belongs to. A fork of it has a copy, and must know that it is one; this is asked at every call,
/// and a system call each time would be a good part of the cost of submitting a task.
#[derive(Clone, Copy, Debug)]
pub struct Home {
    pid: u32,
    forks: u32,
}

impl Home {
    /// This process.
    pub fn here() -> Home {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            extern "C" fn in_the_new_process() {
                FORKS.fetch_add(1, Ordering::Relaxed);
            }
            // SAFETY: the handler only adds to an atomic, which is allowed after a fork.
            let registered = unsafe { libc::pthread_atfork(None, None, Some(in_the_new_process)) };
            ARE_COUNTED.store(registered == 0, Ordering::Relaxed);
        });
        Home { pid: std::process::id(), forks: FORKS.load(Ordering::Relaxed) }
    }

    /// Whether this process is another one, forked from it.
    pub fn is_elsewhere(self) -> bool {
        if ARE_COUNTED.load(Ordering::Relaxed) {
            return FORKS.load(Ordering::Relaxed) != self.forks;
        }
        self.pid != std::process::id()
    }
}

/// Which of the two processes this is after a fork.
#[cfg_attr(not(all(target_os = "linux", target_env = "gnu")), allow(dead_code, reason = "there nobody is either"))]
pub enum Side {
    /// The process that called `fork`, with the pid of the new one.
    Original(u32),
    /// The new process.
    Copy,
}

/// What a process needs to fork itself.
pub struct Forker {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    thread_number: std::ptr::NonNull<i32>,
    /// The robust mutex list: address and size of its head.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    robust: (usize, usize),
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
impl Forker {
    /// `None` if the libc TID layout is not as expected.
    pub fn new() -> Option<Forker> {
        let thread_number = rustix::thread::get_clear_child_tid_address().ok()??.cast::<i32>();
        // SAFETY: libc registered this address with the kernel, which writes a zero there when the thread ends: it is a
        // valid 32-bit number for as long as this thread lives, and nothing else writes to it meanwhile.
        let known = unsafe { thread_number.read() };
        let mut robust = (0usize, 0usize);
        // SAFETY: the kernel writes an address and a size, both as large as a `usize`, into variables of ours.
        let got = unsafe { libc::syscall(libc::SYS_get_robust_list, 0, &raw mut robust.0, &raw mut robust.1) };
        let is_ours = known == rustix::thread::gettid().as_raw_nonzero().get() && got == 0;
        is_ours.then_some(Forker { thread_number, robust })
    }

    /// Forks. Returns in both processes. An error if this process has another thread.
    pub fn fork(&self) -> io::Result<Side> {
        use std::os::linux::fs::MetadataExt;

        // The link count is two for the directory itself and one per thread.
        if std::fs::metadata("/proc/self/task")?.st_nlink() != 3 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let numbers = libc::CLONE_PARENT | libc::CLONE_CHILD_SETTID | libc::CLONE_CHILD_CLEARTID;
        // `struct clone_args` of clone3(2), first version: flags, pidfd, child_tid, and zeros for what is not used:
        // with CLONE_PARENT the exit signal is inherited, and without a stack the child continues on its copy of ours.
        let wanted = [u64::from(numbers.unsigned_abs()), 0, self.thread_number.as_ptr() as u64, 0, 0, 0, 0, 0];
        // SAFETY: without CLONE_VM this is fork(2): both processes continue after this call, each in its own memory.
        // This is the only thread (checked above, and there is no other thread to start one), so no thread missing in
        // the child can have held a lock. The kernel reads `wanted`, of the given size, and writes the child's thread
        // ID to the address in the child that holds libc's copy of it.
        let made = unsafe { libc::syscall(libc::SYS_clone3, &raw const wanted, size_of_val(&wanted)) };
        match made {
            0 => {
                // SAFETY: as in `new`.
                debug_assert_eq!(unsafe { self.thread_number.read() }, rustix::thread::gettid().as_raw_nonzero().get());
                // SAFETY: the same list, at the same address, that libc registered with the kernel for the original
                // process.
                unsafe { libc::syscall(libc::SYS_set_robust_list, self.robust.0, self.robust.1) };
                Ok(Side::Copy)
            }
            made if made > 0 => Ok(Side::Original(made as u32)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
impl Forker {
    /// Forking is unsupported here.
    pub fn new() -> Option<Forker> {
        None
    }

    /// Cannot be called, as `new` returns `None`.
    pub fn fork(&self) -> io::Result<Side> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// From now on this process and its group are killed (`SIGKILL`) when the other end of `line` closes or writes. False
/// where that is not known to work.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")))]
pub fn kill_on_hangup(line: &UnixStream) -> io::Result<bool> {
    use std::os::fd::AsRawFd;

    // Not in `libc` for every C library; the values hold for these architectures (asm-generic/fcntl.h).
    const F_SETOWN: libc::c_int = 8;
    const F_SETSIG: libc::c_int = 10;
    let set = |what, value: libc::c_int| {
        // SAFETY: these commands take a number and access no memory; the descriptor is open while `line` is borrowed.
        let done = unsafe { libc::fcntl(line.as_raw_fd(), what, value) };
        if done < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    };
    let group = rustix::process::getpgrp().as_raw_nonzero().get();
    set(F_SETOWN, -group)?;
    set(F_SETSIG, libc::SIGKILL)?;
    set(libc::F_SETFL, libc::O_ASYNC)?;
    // A hang-up from before this point raises no signal: check for it.
    let mut polled = [rustix::event::PollFd::new(line, rustix::event::PollFlags::IN)];
    match rustix::event::poll(&mut polled, Some(&rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 }))? {
        0 => Ok(true),
        _ => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64"))))]
pub fn kill_on_hangup(_: &UnixStream) -> io::Result<bool> {
    Ok(false)
}

/// Gives free memory of the heap back to the system, where the C library can do that.
pub fn trim_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it takes a number, and the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Writing to a closed pipe is an error, not a signal: Rust programs rely on that.
pub fn ignore_broken_pipes() {
    // SAFETY: no handler is installed.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_IGN);
    }
}
