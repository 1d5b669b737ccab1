//! Peers that return every message: a process at the other end of two pipes, and a thread at the other end of two channels.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::{Error, Result, text};

/// The child command that [`EchoProcess`] starts.
pub const PROCESS_ECHO: &str = "process-echo";
/// The largest message, in bytes.
const MAX_BYTES: usize = 1 << 30;

/// The child's part: returns every message until its input ends.
pub fn child() -> Experiment {
    let mut options = Options::new();
    let size = options.size("size", 1..=MAX_BYTES, 1, Text::default());
    Experiment::child_on_pipes(PROCESS_ECHO, options, move |args| {
        // An error means that the parent has gone; nobody is left to report it to.
        let _ = echo(args.get(size));
        Ok(())
    })
}

/// Reads messages of `size` bytes from standard input and writes them back, until the input ends.
fn echo(size: usize) -> io::Result<()> {
    let mut message = vec![0; size];
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while input.read_exact(&mut message).is_ok() {
        output.write_all(&message).and_then(|()| output.flush())?;
    }
    Ok(())
}

/// A process that returns messages of one size.
pub struct EchoProcess(Child);

impl EchoProcess {
    pub fn start(size: usize) -> io::Result<EchoProcess> {
        let mut command = Command::new(env::current_exe()?);
        command.args([PROCESS_ECHO, "--size", &size.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.spawn().map(EchoProcess)
    }

    pub fn round_trip(&mut self, message: &[u8], answer: &mut [u8]) -> io::Result<()> {
        self.0.stdin.as_mut().expect("piped, and open until the end").write_all(message)?;
        self.0.stdout.as_mut().expect("piped").read_exact(answer)
    }

    /// Closes its standard input, which ends it, and waits for it.
    pub fn end(mut self) -> io::Result<()> {
        self.0.wait().map(drop)
    }
}

/// Also ends a process that no longer answers.
impl Drop for EchoProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A thread that returns every message. It ends when this is dropped.
pub struct EchoThread {
    to: Sender<Vec<u8>>,
    from: Receiver<Vec<u8>>,
}

impl EchoThread {
    pub fn start() -> Result<EchoThread> {
        let (to, inbox) = mpsc::channel();
        let (outbox, from) = mpsc::channel();
        let echo = move || inbox.into_iter().try_for_each(|message| outbox.send(message));
        thread::Builder::new().spawn(echo).map_err(cannot_measure)?;
        Ok(EchoThread { to, from })
    }

    pub fn round_trip(&self, message: &mut Vec<u8>) -> io::Result<()> {
        let gone = || io::Error::other("the thread is gone");
        self.to.send(std::mem::take(message)).map_err(|_| gone())?;
        *message = self.from.recv().map_err(|_| gone())?;
        Ok(())
    }
}

/// The error when a peer cannot be started or does not answer.
pub fn cannot_measure(e: io::Error) -> Error {
    Error::failed(text!(
        "시작과 통신의 비용을 측정할 수 없습니다: {e}",
        "the cost of starting and communicating cannot be measured: {e}"
    ))
}
