//! The fork server: this program, started once more, which goes no further than [`init`](super::init) and makes a copy of
//! itself for every worker that is wanted. To copy a process that has done nothing yet takes a tenth of the time of starting a
//! program anew.
//!
//! It is CPython's idea of the same name, and Chromium's zygote. What is different here: a worker is not the server's child
//! but its sibling, see [`system`](super::system). So the server knows nothing of workers, its death hurts none of them, and their
//! parent waits for them itself. The server lives as long as there is a pool.
//!
//! Over a socket it is sent the line of a new worker, and the folder that the worker is to be in. The answer, the number of
//! the worker's process, comes over that line, from the worker: it is there as soon as the worker is. If there is no answer,
//! as the server was killed, or cannot copy itself, the worker is started as a program.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{Mode, OFlags};

use super::child::Child;
use super::failure::End;
use super::limits::SILENCE;
use super::system::{Forker, Side};
use super::task::Run;
use super::{FORKSERVER, handover, start, worker};

/// The exit code of a server that cannot copy itself: another one could not either.
const CANNOT: i32 = 3;

/// To be gone to, and for nothing else: such a folder need not be readable.
#[cfg(target_os = "linux")]
const A_PLACE: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const A_PLACE: OFlags = OFlags::RDONLY;

/// The one server of this process.
struct Shared {
    /// How many pools there are that may need it.
    pools: usize,
    server: Option<Server>,
    /// Whether there is no use in trying.
    hopeless: bool,
}

struct Server {
    line: UnixStream,
    process: Child,
}

static SHARED: Mutex<Shared> = Mutex::new(Shared { pools: 0, server: None, hopeless: false });

impl Shared {
    /// The server, if there is one, does not do its work.
    fn give_up(&mut self) {
        if let Some(mut server) = self.server.take() {
            self.hopeless |= server.process.bury() == End::Code(CANNOT);
        }
    }
}

fn shared() -> MutexGuard<'static, Shared> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A pool's part in the server. With the last of them the server goes.
pub struct Part(());

impl Part {
    /// One more pool. The server is started by the first that needs a worker.
    pub fn new() -> Part {
        shared().pools += 1;
        Part(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let mut shared = shared();
        shared.pools -= 1;
        if shared.pools == 0 {
            shared.server = None;
        }
    }
}

/// Parent: asks for a worker at the other end of this line. That it comes is not known before [`answer`].
pub fn ask(theirs: &UnixStream) -> io::Result<()> {
    let mut shared = shared();
    let folder = rustix::fs::open(".", A_PLACE | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let given = [theirs.as_fd(), folder.as_fd()];
    // One that was killed since it was last asked is replaced.
    if let Some(server) = &shared.server
        && handover::pass(&server.line, b"w", &given).is_ok()
    {
        return Ok(());
    }
    shared.give_up();
    if shared.hopeless {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let (line, its) = UnixStream::pair()?;
    let process = start::program(FORKSERVER, its)?;
    handover::pass(&line, b"w", &given)?;
    shared.server = Some(Server { line, process });
    Ok(())
}

/// Parent: the worker that has been asked for. An error if it does not come; then none will.
pub fn answer(line: &UnixStream) -> io::Result<Child> {
    line.set_read_timeout(Some(SILENCE))?;
    read_number(line).or_else(|e| {
        shared().give_up();
        // The server may have got so far as to make the copy: then that still says who it is, and if there is none, the line
        // is closed now.
        if e.kind() == io::ErrorKind::WouldBlock { read_number(line) } else { Err(e) }
    })
}

fn read_number(mut line: &UnixStream) -> io::Result<Child> {
    let mut number = [0; 4];
    line.read_exact(&mut number)?;
    Child::of(u32::from_le_bytes(number)).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The server's life.
pub fn serve(tasks: &'static [&'static dyn Run]) -> ! {
    start::call_it(c"pool-forkserver");
    let served = start::leave_stdin().and_then(|line| {
        let Some(forker) = Forker::new() else { process::exit(CANNOT) };
        worker::prepare();
        while let Some((theirs, folder)) = next(&line)? {
            match forker.fork() {
                Ok(Side::Original) => {}
                Ok(Side::Copy) => {
                    drop(line);
                    begin(&theirs, &folder)?;
                    worker::live(tasks, theirs);
                }
                Err(_) => process::exit(CANNOT),
            }
        }
        Ok(())
    });
    process::exit(if served.is_ok() { 0 } else { 1 })
}

/// What is asked for next; `None` when the parent is gone.
fn next(line: &UnixStream) -> io::Result<Option<(UnixStream, OwnedFd)>> {
    let mut given = handover::take(line, &mut [0])?.1.into_iter();
    Ok(given.next().map(UnixStream::from).zip(given.next()))
}

/// A worker's first steps: what a program of its own would have from the beginning.
fn begin(mut line: &UnixStream, folder: &OwnedFd) -> io::Result<()> {
    start::call_it(c"pool-worker");
    rustix::process::setpgid(None, None)?;
    rustix::process::fchdir(folder)?;
    line.write_all(&process::id().to_le_bytes())
}
