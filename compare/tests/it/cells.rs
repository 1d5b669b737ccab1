//! Every cell does all of its work, by its technique.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use compare::experiments::table::cell::{CELL, Cell};
use compare::experiments::table::files;
use compare::experiments::table::plan::{GETS_IN_SEQUENCE, REQUESTS, Size, Technique, Workload};
use lab::report::Report;
use loopback::Server;

const SIZE: Size =
    Size { waiting: 4, gets: 2, jobs: 3, iterations: 10_000, copies: 1, calls: 6, reads: 2, sentences: 1 };

/// Measures a cell in a process of its own, as the table does.
fn measure(workload: Workload, technique: Technique, server: &Server, files: &Path) -> Report {
    let cell = Cell { workload, technique, size: SIZE, server: server.address(), files: files.to_owned() };
    // A lifeline as the table's; it stays open until the child has ended.
    let (reader, _lifeline) = io::pipe().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.args(cell.to_args(CELL)).stdin(reader).stdout(Stdio::piped());
    let output = command.spawn().unwrap().wait_with_output().unwrap();
    assert!(output.status.success(), "{workload:?} {technique:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_technique_has_the_same_results() {
    let server = Server::start(Duration::ZERO).unwrap();
    let home = tempfile::tempdir().unwrap();
    files::make(home.path()).unwrap();
    for workload in [Workload::Cpu, Workload::Images, Workload::Files, Workload::Translate] {
        assert!(workload.has_same_results());
        let expected = measure(workload, Technique::Sequence, &server, home.path()).lines;
        assert_eq!(expected.len(), if workload == Workload::Images { 5 } else { SIZE.jobs });
        for technique in workload.in_rust() {
            let lines = measure(workload, *technique, &server, home.path()).lines;
            assert_eq!(lines, expected, "{workload:?} {technique:?}");
        }
    }
    let sum: u64 = (0..SIZE.iterations).sum();
    let counted = measure(Workload::Cpu, Technique::Processes, &server, home.path()).lines;
    assert!(counted.iter().all(|line| *line == sum.to_string()));
}

#[test]
fn every_get_reaches_the_server() {
    for workload in [Workload::Io, Workload::Calls] {
        for technique in workload.in_rust() {
            let server = Server::start(Duration::from_millis(1)).unwrap();
            measure(workload, *technique, &server, Path::new(""));
            let expected = match (workload, technique) {
                (Workload::Calls, _) => SIZE.calls,
                (_, Technique::Sequence) => GETS_IN_SEQUENCE,
                _ => SIZE.waiting * SIZE.gets,
            };
            assert_eq!(server.served(), expected, "{workload:?} {technique:?}");
        }
    }
}

#[test]
fn every_request_to_the_web_server_is_answered() {
    let server = Server::start(Duration::ZERO).unwrap();
    for technique in Workload::Serve.in_rust() {
        let report = measure(Workload::Serve, *technique, &server, Path::new(""));
        let answered: usize = report.lines.iter().map(|line| line.parse::<usize>().unwrap()).sum();
        let connections = if *technique == Technique::Sequence { 1 } else { SIZE.waiting };
        assert_eq!(answered, connections * REQUESTS, "{technique:?}");
        assert!(report.measure("rate").unwrap().median() > 0.0, "{technique:?}");
    }
    assert_eq!(server.served(), 0, "it is not the loopback server that answered");
}

#[test]
fn units_wait_together_and_the_sequence_does_not() {
    let server = Server::start(Duration::from_millis(500)).unwrap();
    for technique in Workload::Io.in_rust().iter().filter(|technique| **technique != Technique::Sequence) {
        let wait_together = || {
            measure(Workload::Io, *technique, &server, Path::new(""));
            server.take_peak() > 1
        };
        // On a busy machine a thread or process may start when another's requests are answered; not in each run.
        assert!((0..10).any(|_| wait_together()), "{technique:?}");
    }
    let server = Server::start(Duration::from_millis(5)).unwrap();
    measure(Workload::Io, Technique::Sequence, &server, Path::new(""));
    assert_eq!(server.take_peak(), 1, "the known-wrong program: one after another");
}

#[test]
fn units_are_alive_together_in_the_way_of_their_technique() {
    let server = Server::start(Duration::ZERO).unwrap();
    for technique in Workload::Alive.in_rust() {
        let report = measure(Workload::Alive, *technique, &server, Path::new(""));
        let count = |id: &str| report.measure(id).unwrap().median() as usize;
        let expected = match technique {
            Technique::Threads | Technique::ThreadsGil => (1, 4, 0),
            Technique::Asyncio | Technique::AsyncioGil => (1, 1, 1),
            _ => (4, 4, 0),
        };
        assert_eq!((count("processes"), count("threads"), count("loops")), expected, "{technique:?}");
    }
}
