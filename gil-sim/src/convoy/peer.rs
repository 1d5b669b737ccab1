//! The peer process: our own program once more, at the other end of a pair of sockets.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lab::{Error, Result, text};

/// A peer that has not answered after so much more than its delay is not there.
const PATIENCE: Duration = Duration::from_secs(10);

/// A process that answers every message. It ends with this value, and with this process: its input comes to an end then.
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
            // Whatever ends it, ends us or is told by us.
            .stderr(Stdio::null())
            .spawn();
        let child =
            child.map_err(|e| Error::failed(text!("상대를 시작할 수 없습니다: {e}", "cannot start the peer: {e}")))?;
        let mut peer = Peer { child, socket };
        peer.socket.write_all(&[0; 8])?;
        match peer.socket.read(&mut [0; 64]) {
            Ok(n) if n > 0 => Ok(peer),
            _ => Err(Error::failed(text!("상대가 대답하지 않습니다", "the peer does not answer"))),
        }
    }

    /// Our end.
    pub fn socket(&self) -> &UnixStream {
        &self.socket
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Nothing to be done if it has gone already.
        let _ = self.socket.shutdown(Shutdown::Both);
        let _ = self.child.wait();
    }
}
