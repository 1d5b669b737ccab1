//! `asyncio -- serve` in a process of its own, one for each run.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use lab::report::Report;

use crate::run::cpu_seconds;

pub struct Server {
    pub url: String,
    child: Child,
}

impl Server {
    /// `faults` is the value of `--inject`, or empty.
    pub fn start(delay: f64, faults: &str) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asyncio"));
        command.args(["serve", "--json", "--lang", "en", "--grace", "0", "--delay", &delay.to_string()]);
        if !faults.is_empty() {
            command.args(["--inject", faults, "--seed", "1"]);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let read = BufReader::new(child.stderr.as_mut().expect("it is piped")).read_line(&mut line);
        let url = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).filter(|_| read.is_ok());
        let url = url.unwrap_or_else(|| panic!("no address: {line}")).trim_end_matches('.');
        Server { url: format!("http://{url}"), child }
    }

    /// The CPU time that it has used, in seconds. `None` if the system does not report it.
    pub fn cpu(&self) -> Option<f64> {
        cpu_seconds(&self.child.id().to_string(), 11..13)
    }

    /// Stops it. Returns its counts.
    pub fn stop(self) -> Report {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().expect("`kill` is a program");
        let out = self.child.wait_with_output().expect("it was started");
        serde_json::from_slice(&out.stdout).expect("the server's report")
    }
}
