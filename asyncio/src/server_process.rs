//! The web server in its own process, so that its memory can be measured separately. It reports its status on request and ends
//! when this process ends.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use lab::cli::{self, Experiment};
use lab::lang::Text;
use lab::{Error, Result, machine, text};
use serde::{Deserialize, Serialize};
use web::{Limits, Options, Server, descriptors};

/// The name of the hidden command that runs the server.
pub const CHILD: &str = "web-server";

/// The server's status, as it reports it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Resident memory in bytes; `None` if the system does not report it.
    pub memory: Option<u64>,
    /// Connections open now.
    pub open: usize,
    /// The most connections that were open at once.
    pub peak_open: usize,
    /// Responses with status 200.
    pub ok: usize,
}

/// A running server process and the pipes to it.
pub struct ServerProcess {
    pub address: SocketAddr,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl ServerProcess {
    /// Starts a server that accepts up to `connections` connections.
    pub fn start(connections: usize) -> Result<ServerProcess> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([CHILD, "--connections", &connections.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        match read(&mut stdout) {
            Ok(address) => Ok(ServerProcess { address, child, stdin, stdout }),
            Err(e) => {
                drop(stdin);
                let _ = child.wait();
                Err(e)
            }
        }
    }

    /// Requests the server's status.
    pub fn status(&mut self) -> Result<ServerStatus> {
        let stdin = self.stdin.as_mut().expect("stdin is taken only in drop");
        stdin.write_all(b"\n").map_err(|_| no_answer())?;
        read(&mut self.stdout)
    }
}

/// Closes the server's standard input, which ends it, and waits until it has ended.
impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.wait();
    }
}

fn read<T: for<'a> Deserialize<'a>>(stdout: &mut impl BufRead) -> Result<T> {
    let mut line = String::new();
    stdout.read_line(&mut line).map_err(|_| no_answer())?;
    serde_json::from_str(&line).map_err(|_| no_answer())
}

fn no_answer() -> Error {
    Error::failed(text!("서버 프로세스가 응답하지 않습니다.", "the server process does not answer."))
}

/// The hidden command that runs the server.
pub fn command() -> Experiment {
    let mut options = cli::Options::new();
    let connections = options.size("connections", 1..=10_000_000, 1, Text::default());
    Experiment::child_on_pipes(CHILD, options, move |a| serve(a.get(connections)))
}

/// Runs the server: prints its address, then its status for each line of standard input, until the input ends.
pub fn serve(connections: usize) -> Result<()> {
    descriptors::make_room(connections as u64).map_err(|_| no_answer())?;
    // The experiment keeps connections idle, so they must not hit the default time limit.
    let limits = Limits { connections, head: Duration::from_secs(600), ..Limits::default() };
    let server = Server::start(Options { limits, ..Options::default() })?;
    print_line(&server.address())?;
    for line in io::stdin().lines() {
        line?;
        let tally = server.tally();
        print_line(&ServerStatus {
            memory: machine::memory(),
            open: tally.open,
            peak_open: tally.peak_open,
            ok: tally.ok,
        })?;
    }
    Ok(())
}

fn print_line(what: &impl Serialize) -> Result<()> {
    let json = serde_json::to_string(what).expect("plain data");
    let mut out = io::stdout().lock();
    writeln!(out, "{json}").and_then(|()| out.flush()).map_err(Error::from)
}
