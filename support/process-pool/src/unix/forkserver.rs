//! The fork server: this program, started again, which stops at [`init`](crate::init) and forks itself for every
//! requested worker. Forking a process that has done nothing yet takes a tenth of the time of starting the program.
//!
//! The idea is CPython's (of the same name) and Chromium's (zygote). The difference: a worker is not the server's child
//! but its sibling, see [`fork`](crate::unix::fork). So the server keeps no record of workers, its death does not
//! affect them, and their parent waits for them itself. The server lives as long as there is a pool.
//!
//! A request is a message over a socket with two descriptors: the new worker's line and its working directory. The
//! reply, the worker's pid, comes over that line. If there is no reply, because the server was killed or cannot fork,
//! the worker is started as a program instead.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Gid, Uid, getegid, geteuid};

use crate::failure::End;
use crate::limits::SILENCE_TIMEOUT;
use crate::unix::child::Child;
use crate::unix::fork::{Forker, Side};
use crate::unix::reexec::{self, FORKSERVER};
use crate::unix::{fd_passing, worker};

/// Exit code of a server that cannot fork: another one could not either.
const EXIT_CANNOT_FORK: i32 = 3;

/// Opened only for fchdir; needs no read permission.
#[cfg(target_os = "linux")]
const FOLDER_FLAGS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const FOLDER_FLAGS: OFlags = OFlags::RDONLY;

/// The fork server of a process.
struct Shared {
    /// Number of pools that may need it.
    pools: usize,
    server: Option<Server>,
    /// The ID of the next server.
    next: u64,
    /// Whether starting another server is known to be useless.
    unavailable: bool,
}

struct Server {
    /// Requests are sent over it; when our end is closed, the server ends.
    line: UnixStream,
    process: Child,
    number: u64,
    /// Ours when it was started: it would pass its own on to its workers.
    rights: (Uid, Gid),
    /// Whether it ever replied.
    has_answered: bool,
}

/// The state of one process. A fork of this process inherits it, with a server that is not its own, and maybe locked by a
/// thread that it does not have.
struct Registry {
    process: u32,
    shared: Mutex<Shared>,
}

/// The registries of this process and of those that it is a fork of (of a fork, and so on), the last first used.
static REGISTRIES: [OnceLock<Registry>; 16] = [const { OnceLock::new() }; 16];

impl Registry {
    fn new() -> Registry {
        let shared = Shared { pools: 0, server: None, next: 0, unavailable: false };
        Registry { process: process::id(), shared: Mutex::new(shared) }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// This process's registry; `None` after too many forks.
fn registry() -> Option<&'static Registry> {
    let mine = process::id();
    for place in &REGISTRIES {
        let registry = place.get_or_init(Registry::new);
        if registry.process == mine {
            return Some(registry);
        }
        // The server must not outlive its parent because of our copy of its line.
        if let Ok(mut shared) = registry.shared.try_lock() {
            shared.server = None;
        }
    }
    None
}

impl Shared {
    /// Gives up on a server that does not do its work.
    fn give_up(&mut self, number: u64) {
        if let Some(server) = self.server.take_if(|server| server.number == number) {
            let Server { line, mut process, has_answered, .. } = server;
            // A living server that never replied is slow for a reason that the next one would share.
            self.unavailable |= !has_answered && !process.has_ended();
            drop(line);
            self.unavailable |= process.kill_and_reap() == End::Code(EXIT_CANNOT_FORK);
        }
    }
}

/// A pool's share in the server. The server ends with the last of them.
pub struct Lease(Option<&'static Registry>);

impl Lease {
    /// Registers one more pool. The first request for a worker starts the server.
    pub fn new() -> Lease {
        let registry = registry();
        if let Some(registry) = registry {
            registry.lock().pools += 1;
        }
        Lease(registry)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(registry) = self.0.filter(|registry| registry.process == process::id()) else { return };
        let mut shared = registry.lock();
        shared.pools -= 1;
        if shared.pools == 0 {
            shared.server = None;
        }
    }
}

/// Parent: requests a worker at the other end of this line. Returns the server's ID for [`receive_worker`], which tells
/// whether the worker has come.
pub fn request(theirs: &UnixStream) -> io::Result<u64> {
    let mut shared = registry().ok_or(io::ErrorKind::Unsupported)?.lock();
    let folder = rustix::fs::open(".", FOLDER_FLAGS | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let given = [theirs.as_fd(), folder.as_fd()];
    let rights = (geteuid(), getegid());
    if let Some(server) = &shared.server {
        let number = server.number;
        if server.rights == rights && fd_passing::send_fds(&server.line, b"w", &given).is_ok() {
            return Ok(number);
        }
        // It was killed since the last request, or has privileges that we have dropped.
        shared.give_up(number);
    }
    if shared.unavailable {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let (line, its) = UnixStream::pair()?;
    // A stopped server does not read, and requests pile up.
    line.set_write_timeout(Some(SILENCE_TIMEOUT))?;
    let process = reexec::program(FORKSERVER, its)?;
    fd_passing::send_fds(&line, b"w", &given)?;
    let number = shared.next;
    shared.next += 1;
    shared.server = Some(Server { line, process, number, rights, has_answered: false });
    Ok(number)
}

/// Parent: waits for the requested worker. After an error it will not come any more.
pub fn receive_worker(line: &UnixStream, server: u64) -> io::Result<Child> {
    line.set_read_timeout(Some(SILENCE_TIMEOUT))?;
    let child = read_number(line).or_else(|e| {
        if let Some(registry) = registry() {
            registry.lock().give_up(server);
        }
        // The reply may have come at the last moment.
        line.set_nonblocking(true)?;
        read_number(line).map_err(|_| e)
    })?;
    if let Some(registry) = registry()
        && let Some(known) = registry.lock().server.as_mut().filter(|known| known.number == server)
    {
        known.has_answered = true;
    }
    Ok(child)
}

fn read_number(mut line: &UnixStream) -> io::Result<Child> {
    let mut number = [0; 4];
    line.read_exact(&mut number)?;
    Child::of(u32::from_le_bytes(number)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The main loop of the server.
pub fn serve() -> ! {
    reexec::set_process_name(c"pool-forkserver");
    let served = reexec::leave_stdin().and_then(|line| {
        let Some(forker) = Forker::new() else { process::exit(EXIT_CANNOT_FORK) };
        worker::prepare();
        while let Some((theirs, folder)) = next(&line)? {
            match forker.fork() {
                // If the parent has gone, the worker will notice.
                Ok(Side::Original(copy)) => _ = (&theirs).write_all(&copy.to_le_bytes()),
                Ok(Side::Copy) => {
                    drop(line);
                    begin(folder)?;
                    worker::live(theirs);
                }
                Err(e) => process::exit(if is_transient(&e) { 1 } else { EXIT_CANNOT_FORK }),
            }
        }
        Ok(())
    });
    process::exit(if served.is_ok() { 0 } else { 1 })
}

/// The next request; `None` when the parent has gone.
fn next(line: &UnixStream) -> io::Result<Option<(UnixStream, OwnedFd)>> {
    let mut given = fd_passing::take(line, &mut [0])?.1.into_iter();
    Ok(given.next().map(UnixStream::from).zip(given.next()))
}

/// Whether retrying may succeed.
fn is_transient(e: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    ![InvalidInput, PermissionDenied, Unsupported].contains(&e.kind())
}

/// Sets up what a newly started program would have: name, process group, working directory.
fn begin(folder: OwnedFd) -> io::Result<()> {
    reexec::set_process_name(c"pool-worker");
    rustix::process::setpgid(None, None)?;
    Ok(rustix::process::fchdir(folder)?)
}
