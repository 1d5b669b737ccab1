//! The fork server: this program, started once more, which goes no further than [`init`](crate::init) and makes a copy of
//! itself for every worker that is wanted. To copy a process that has done nothing yet takes a tenth of the time of starting a
//! program anew.
//!
//! It is CPython's idea of the same name, and Chromium's zygote. What is different here: a worker is not the server's child
//! but its sibling, see [`fork`](crate::unix::fork). So the server knows nothing of workers, its death hurts none of them, and their
//! parent waits for them itself. The server lives as long as there is a pool.
//!
//! Over a socket it is sent the line of a new worker, and the folder that the worker is to be in. The receive_worker, the number of
//! the worker's process, comes over that line. If there is none, as the server was killed, or cannot copy itself, the worker
//! is started as a program.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Gid, Uid, getegid, geteuid};

use crate::failure::End;
use crate::limits::SILENCE_TIMEOUT;
use crate::task::Run;
use crate::unix::child::Child;
use crate::unix::fork::{Forker, Side};
use crate::unix::reexec::{self, FORKSERVER};
use crate::unix::{fd_passing, worker};

/// The exit code of a server that cannot copy itself: another one could not either.
const EXIT_CANNOT_FORK: i32 = 3;

/// To be gone to, and for nothing else: such a folder need not be readable.
#[cfg(target_os = "linux")]
const FOLDER_FLAGS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const FOLDER_FLAGS: OFlags = OFlags::RDONLY;

/// The one server of this process.
struct Shared {
    /// How many pools there are that may need it.
    pools: usize,
    server: Option<Server>,
    /// The number of the next server.
    next: u64,
    /// Whether there is no use in trying.
    unavailable: bool,
}

struct Server {
    /// Before the process: when this is closed, it ends, even if we may not kill it.
    line: UnixStream,
    process: Child,
    number: u64,
    /// Whose rights it has.
    rights: (Uid, Gid),
    /// Whether it has ever made a copy.
    has_answered: bool,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared { pools: 0, server: None, next: 0, unavailable: false });

impl Shared {
    /// A server, if it is still there, does not do its work.
    fn give_up(&mut self, number: u64) {
        if let Some(server) = self.server.take_if(|server| server.number == number) {
            let Server { line, mut process, has_answered, .. } = server;
            // One that says nothing at all, though it is there, is slow for a reason that the next one would have as well.
            self.unavailable |= !has_answered && !process.has_ended();
            drop(line);
            self.unavailable |= process.kill_and_reap() == End::Code(EXIT_CANNOT_FORK);
        }
    }
}

fn shared() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool's part in the server. With the last of them the server goes.
pub struct Lease(());

impl Lease {
    /// One more pool. The server is started by the first that needs a worker.
    pub fn new() -> Lease {
        shared().pools += 1;
        Lease(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut shared = shared();
        shared.pools -= 1;
        if shared.pools == 0 {
            shared.server = None;
        }
    }
}

/// Parent: asks for a worker at the other end of this line. That it comes is not known before [`receive_worker`], which must be told
/// the number that is returned.
pub fn request(theirs: &UnixStream) -> io::Result<u64> {
    let mut shared = shared();
    let folder = rustix::fs::open(".", FOLDER_FLAGS | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let given = [theirs.as_fd(), folder.as_fd()];
    let rights = (geteuid(), getegid());
    if let Some(server) = &shared.server {
        let number = server.number;
        if server.rights == rights && fd_passing::send_fds(&server.line, b"w", &given).is_ok() {
            return Ok(number);
        }
        // It was killed since it was last asked, or has rights that we have given up.
        shared.give_up(number);
    }
    if shared.unavailable {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let (line, its) = UnixStream::pair()?;
    // What a stopped server does not read piles up.
    line.set_write_timeout(Some(SILENCE_TIMEOUT))?;
    let process = reexec::program(FORKSERVER, its)?;
    fd_passing::send_fds(&line, b"w", &given)?;
    let number = shared.next;
    shared.next += 1;
    shared.server = Some(Server { line, process, number, rights, has_answered: false });
    Ok(number)
}

/// Parent: the worker that this server was asked for. An error if it does not come; then none will.
pub fn receive_worker(line: &UnixStream, server: u64) -> io::Result<Child> {
    line.set_read_timeout(Some(SILENCE_TIMEOUT))?;
    let child = read_number(line).or_else(|e| {
        shared().give_up(server);
        // It may have answered at the last moment.
        line.set_nonblocking(true)?;
        read_number(line).map_err(|_| e)
    })?;
    if let Some(known) = shared().server.as_mut().filter(|known| known.number == server) {
        known.has_answered = true;
    }
    Ok(child)
}

fn read_number(mut line: &UnixStream) -> io::Result<Child> {
    let mut number = [0; 4];
    line.read_exact(&mut number)?;
    Child::of(u32::from_le_bytes(number)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The server's life.
pub fn serve(tasks: &'static [&'static dyn Run]) -> ! {
    reexec::set_process_name(c"pool-forkserver");
    let served = reexec::leave_stdin().and_then(|line| {
        let Some(forker) = Forker::new() else { process::exit(EXIT_CANNOT_FORK) };
        worker::prepare();
        while let Some((theirs, folder)) = next(&line)? {
            match forker.fork() {
                // If nobody wants to know, the worker will notice.
                Ok(Side::Original(copy)) => _ = (&theirs).write_all(&copy.to_le_bytes()),
                Ok(Side::Copy) => {
                    drop(line);
                    begin(folder)?;
                    worker::live(tasks, theirs);
                }
                Err(e) => process::exit(if is_transient(&e) { 1 } else { EXIT_CANNOT_FORK }),
            }
        }
        Ok(())
    });
    process::exit(if served.is_ok() { 0 } else { 1 })
}

/// What is asked for next; `None` when the parent is gone.
fn next(line: &UnixStream) -> io::Result<Option<(UnixStream, OwnedFd)>> {
    let mut given = fd_passing::take(line, &mut [0])?.1.into_iter();
    Ok(given.next().map(UnixStream::from).zip(given.next()))
}

/// Whether it is for want of something that may be there again.
fn is_transient(e: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    ![InvalidInput, PermissionDenied, Unsupported].contains(&e.kind())
}

/// A worker's first steps: what a program of its own would have from the beginning.
fn begin(folder: OwnedFd) -> io::Result<()> {
    reexec::set_process_name(c"pool-worker");
    rustix::process::setpgid(None, None)?;
    Ok(rustix::process::fchdir(folder)?)
}
