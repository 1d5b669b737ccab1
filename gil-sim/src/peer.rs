//! The peer process: our own program once more, at the other end of a pair of sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::process::lifeline;
use lab::{Error, Result, clock, text};

use crate::options;

/// How long to wait for an answer beyond the peer's delay.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that answers every message. It ends at EOF on its input: when this value is dropped, or this process ends.
#[derive(Debug)]
pub struct Peer {
    child: Child,
    socket: UnixStream,
}

impl Peer {
    /// Starts `program` (this one) as a peer that takes `delay` to answer, and waits for its first answer.
    pub fn start(program: &Path, delay: Duration) -> Result<Peer> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_read_timeout(Some(delay + PATIENCE))?;
        let child = Command::new(program)
            .args(["peer", "--delay", &delay.as_secs_f64().to_string()])
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            // Its failure is reported by this process.
            .stderr(Stdio::null())
            .spawn();
        let child = child.map_err(|e| {
            Error::failed(text!("상대 프로세스를 시작할 수 없습니다: {e}", "cannot start the peer: {e}"))
        })?;
        let mut peer = Peer { child, socket };
        peer.socket.write_all(&[0; 8])?;
        match peer.socket.read(&mut [0; 64]) {
            Ok(n) if n > 0 => Ok(peer),
            _ => Err(Error::failed(text!("상대 프로세스가 응답하지 않습니다", "the peer does not answer"))),
        }
    }

    pub fn socket(&self) -> &UnixStream {
        &self.socket
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.socket.shutdown(Shutdown::Both);
        let _ = self.child.wait();
    }
}

/// The child process: `gil-sim peer`. Without a port it talks on its standard input.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let delay = options::delay(&mut options, 0.0);
    let port = options.count("port", 0..=65_535, 0, text!("상대 프로세스의 UDP 포트", "the peer's UDP port"));
    Experiment::child_on_pipes("peer", options, move |a| match a.get(port) {
        0 => answer(a.get(delay)),
        port => answer_udp(a.get(delay), port as u16),
    })
}

/// The peer: answers every message on its standard input with the time at which it came, after `delay` ns, until its end.
fn answer(delay: Duration) -> Result<()> {
    let mut socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let mut message = [0; 64];
    loop {
        let n = socket.read(&mut message)?;
        if n == 0 {
            return Ok(());
        }
        let came = clock::now();
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        socket.write_all(&came.to_le_bytes())?;
    }
}

/// The same on UDP, for a partner on this loopback port. It sends a first message, so that the partner learns its address. It
/// ends with its standard input.
fn answer_udp(delay: Duration, port: u16) -> Result<()> {
    lifeline::watch();
    let socket = UdpSocket::bind(("127.0.0.1", 0))?;
    socket.connect(("127.0.0.1", port))?;
    socket.send(&[0; 8])?;
    let mut message = [0; 64];
    loop {
        socket.recv(&mut message)?;
        let came = clock::now();
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        socket.send(&came.to_le_bytes())?;
    }
}
