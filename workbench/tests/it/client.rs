//! A server of ours as a child process, and a client that can send anything.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{ChildStdout, Command, Stdio};

use harness::{Guarded, HANG, start};
use serde_json::Value;

/// The program, serving.
pub struct Program {
    pub child: Guarded,
    pub address: SocketAddr,
    pub token: String,
    /// Kept open: a program whose output is closed may end.
    _out: BufReader<ChildStdout>,
}

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// As they were sent, with names in lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Starts the program with `--no-open` and these words.
pub fn program(words: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command.args(["serve", "--no-open"]).args(words).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = Guarded(start(&mut command));
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let rest = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("no address: {line:?}"));
    let (address, path) = rest.split_once('/').unwrap();
    let token = path.trim_end_matches('/').to_owned();
    Program { child, address: address.parse().unwrap(), token, _out: out }
}

/// Without Python, as most tests want it.
pub fn quick() -> Program {
    program(&["--no-python"])
}

impl Program {
    /// Sends bytes and reads everything that comes back.
    pub fn send(&self, bytes: &[u8]) -> Option<Response> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(HANG)).unwrap();
        // It may refuse and close before all is sent.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        parse(&all)
    }

    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// A GET below the token.
    pub fn get(&self, path: &str) -> Response {
        let (token, host) = (&self.token, self.host());
        let request = format!("GET /{token}/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        self.send(request.as_bytes()).expect("an answer")
    }

    /// The bytes of a question, with more header lines.
    pub fn question(&self, endpoint: &str, more: &str, body: &[u8]) -> Vec<u8> {
        let (token, length) = (&self.token, body.len());
        let head = format!(
            "POST /{token}/api/{endpoint} HTTP/1.1\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n"
        );
        [head.as_bytes(), body].concat()
    }

    /// Asks as the page does.
    pub fn ask_bytes(&self, endpoint: &str, body: &[u8]) -> Response {
        let host = self.host();
        let more = format!("Host: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n");
        self.send(&self.question(endpoint, &more, body)).expect("an answer")
    }

    pub fn ask(&self, endpoint: &str, question: &Value) -> Response {
        self.ask_bytes(endpoint, question.to_string().as_bytes())
    }
}

fn parse(all: &[u8]) -> Option<Response> {
    let end = all.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let lines = head.lines().map(|line| match line.split_once(": ") {
        Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
        None => line.to_owned(),
    });
    let head = lines.collect::<Vec<_>>().join("\n");
    Some(Response { status, head, body: all[end + 4..].to_vec() })
}
