//! The server in a process of its own, which tells what it has and ends with us.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use lab::cli::{self, Experiment};
use lab::lang::Text;
use lab::{Error, Result, machine, text};
use serde::{Deserialize, Serialize};
use web::{Limits, Options, Server, descriptors};

/// The name of the child: what our program does in that process.
pub const CHILD: &str = "web-server";

/// What the server tells of itself.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Told {
    /// Its resident memory in bytes; `None` where the system does not tell.
    pub memory: Option<u64>,
    /// Connections that are open.
    pub open: usize,
    /// The most that were open at once.
    pub peak_open: usize,
    /// Answers 200.
    pub ok: usize,
}

/// Our end of the pipes to it.
pub struct Peer {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts a server with room for so many connections.
    pub fn start(connections: usize) -> Result<Peer> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([CHILD, "--connections", &connections.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().expect("it was asked for"));
        match read(&mut answers) {
            Ok(address) => Ok(Peer { address, child, questions, answers }),
            Err(e) => {
                drop(questions);
                let _ = child.wait();
                Err(e)
            }
        }
    }

    /// Asks it what it has.
    pub fn ask(&mut self) -> Result<Told> {
        let questions = self.questions.as_mut().expect("taken only when it ends");
        questions.write_all(b"\n").map_err(|_| gone())?;
        read(&mut self.answers)
    }
}

/// The end of its input ends it.
impl Drop for Peer {
    fn drop(&mut self) {
        self.questions = None;
        let _ = self.child.wait();
    }
}

fn read<T: for<'a> Deserialize<'a>>(answers: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    answers.read_line(&mut line).map_err(|_| gone())?;
    serde_json::from_str(&line).map_err(|_| gone())
}

fn gone() -> Error {
    Error::failed(text!("서버 프로세스가 답하지 않습니다.", "the server's process does not answer."))
}

/// The child that serves in a process of its own.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let connections = options.size("connections", 1..=10_000_000, 1, Text::default());
    Experiment::child_on_pipes(CHILD, options, move |a| serve(a.get(connections)))
}

/// The child: tells its address, then what it has for every line of its input, until that ends.
pub fn serve(connections: usize) -> Result<()> {
    descriptors::make_room(connections as u64).map_err(|_| gone())?;
    // Idle connections are the point here: they are not cut off while the clients come and go.
    let limits = Limits { connections, head: Duration::from_secs(600), ..Limits::default() };
    let server = Server::start(Options { limits, ..Options::default() })?;
    tell(&server.address())?;
    for line in io::stdin().lines() {
        line?;
        let tally = server.tally();
        tell(&Told { memory: machine::memory(), open: tally.open, peak_open: tally.peak_open, ok: tally.ok })?;
    }
    Ok(())
}

fn tell(what: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(what).expect("plain data");
    let mut out = io::stdout().lock();
    writeln!(out, "{json}").and_then(|()| out.flush()).map_err(Error::from)
}
