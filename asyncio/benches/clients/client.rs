//! The clients: how each is started, and where it reports its wall time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lab::report::Report;
use serde_json::Value;

use crate::floor;

/// What all clients do.
#[derive(Clone, Debug)]
pub struct Job {
    /// The server's address, without a path.
    pub url: String,
    /// The file with the addresses.
    pub list: PathBuf,
    /// The file for the results.
    pub out: PathBuf,
    pub calls: usize,
    pub concurrency: usize,
    /// Until the server answers, in seconds.
    pub delay: f64,
    /// Time limit for one request, in seconds.
    pub timeout: f64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Client {
    /// `asyncio -- fetch`, which reads the list and writes its results.
    Ours,
    /// `asyncio -- fetch` without addresses: the server is another thread of its process. No list and no results.
    OwnServer,
    /// The least that a client on tokio needs: the same sockets, without HTTP, limits, retries or results.
    Floor,
    /// A load generator on hyper and tokio. It writes no results.
    Oha(PathBuf),
    /// `python/fetch/with_LIBRARY.py`, which reads the list and writes its results.
    Python { python: String, library: &'static str },
}

impl Client {
    pub fn name(&self) -> &'static str {
        match self {
            Client::Ours => "ours",
            Client::OwnServer => "ours, own server",
            Client::Floor => "raw sockets",
            Client::Oha(_) => "oha",
            Client::Python { library, .. } => library,
        }
    }

    /// Whether it reads the list and writes a line for each call.
    pub fn has_results(&self) -> bool {
        matches!(self, Client::Ours | Client::Python { .. })
    }

    pub fn needs_server(&self) -> bool {
        *self != Client::OwnServer
    }

    pub fn command(&self, job: &Job) -> Command {
        let [calls, concurrency] = [job.calls, job.concurrency].map(|n| n.to_string());
        let [delay, timeout] = [job.delay, job.timeout].map(|n| n.to_string());
        let mut command = match self {
            Client::Ours | Client::OwnServer => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_asyncio"));
                command.args(["fetch", "--json", "--no-python", "--proxy", "none"]);
                command
            }
            Client::Floor => Command::new(std::env::current_exe().expect("this program")),
            Client::Oha(oha) => Command::new(oha),
            Client::Python { python, library } => {
                let mut command = Command::new(python);
                command.arg("-B").arg(folder().join(format!("with_{library}.py")));
                // httpx looks for proxies in the environment.
                command.env("NO_PROXY", "*").env("no_proxy", "*");
                command
            }
        };
        match self {
            Client::Ours | Client::Python { .. } => {
                command.arg("--urls").arg(&job.list).arg("--out").arg(&job.out);
                command.args(["--concurrency", &concurrency, "--timeout", &timeout])
            }
            Client::OwnServer => {
                command.args(["--requests", &calls, "--concurrency", &concurrency, "--timeout", &timeout]);
                command.args(["--delay", &delay])
            }
            Client::Floor => command.args([floor::FLOOR, &job.url, &calls, &concurrency]),
            Client::Oha(_) => {
                command.args(["-n", &calls, "-c", &concurrency, "-t", &format!("{timeout}s")]);
                command.args(["--no-tui", "--output-format", "json", &format!("{}/", job.url)])
            }
        };
        command
    }

    /// The client's own wall time in seconds, and how many calls succeeded.
    pub fn result(&self, stdout: &[u8]) -> Option<(f64, usize)> {
        match self {
            Client::Ours | Client::OwnServer | Client::Python { .. } => {
                let report: Report = serde_json::from_slice(stdout).ok()?;
                let ok = report.measure("ended.ok").map_or(0, |measure| measure.median() as usize);
                Some((report.measure("wall")?.median() / 1e9, ok))
            }
            Client::Floor => {
                let words: Value = serde_json::from_slice(stdout).ok()?;
                Some((words["seconds"].as_f64()?, words["ok"].as_u64()? as usize))
            }
            Client::Oha(_) => {
                let words: Value = serde_json::from_slice(stdout).ok()?;
                Some((words["summary"]["total"].as_f64()?, words["statusCodeDistribution"]["200"].as_u64()? as usize))
            }
        }
    }
}

/// Where the Python clients are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python/fetch")
}

/// oha, if it is there.
pub fn oha(oha: &Path) -> Option<Client> {
    let version = version(Command::new(oha).arg("--version"));
    println!("{}", version.clone().unwrap_or_else(|| "oha: not measured: it is not installed".to_owned()));
    version.map(|_| Client::Oha(oha.to_owned()))
}

/// The Python clients whose library is installed.
pub fn pythons(python: &str) -> Vec<Client> {
    let code = "import platform as p, asyncio; asyncio.TaskGroup; print(p.python_implementation(), p.python_version())";
    let Some(name) = version(Command::new(python).args(["-c", code])) else {
        println!("Python: not measured: {python} is not Python 3.11 or later");
        return Vec::new();
    };
    println!("{name}");
    let mut clients = vec![Client::Python { python: python.to_owned(), library: "streams" }];
    for library in ["aiohttp", "httpx"] {
        match version(Command::new(python).args(["-c", &format!("import {library}; print({library}.__version__)")])) {
            Some(version) => {
                println!("{library} {version}");
                clients.push(Client::Python { python: python.to_owned(), library });
            }
            None => println!("{library}: not measured: it is not installed"),
        }
    }
    clients
}

fn version(command: &mut Command) -> Option<String> {
    let out = command.stderr(Stdio::null()).output().ok().filter(|out| out.status.success())?;
    Some(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}
