//! Every cell does all of its work, by its technique.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

use compare::experiments::table::cell::{CELL, Cell};
use compare::experiments::table::plan::{GETS_IN_SEQUENCE, Size, Technique, Workload};
use lab::report::Report;
use loopback::Server;

const SIZE: Size = Size { waiting: 4, gets: 2, jobs: 3, iterations: 10_000, copies: 1 };

/// Measures a cell in a process of its own, as the table does.
fn measure(workload: Workload, technique: Technique, server: &Server) -> Report {
    let cell = Cell { workload, technique, size: SIZE, server: server.address() };
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
    for workload in [Workload::Cpu, Workload::Images] {
        let expected = measure(workload, Technique::Sequence, &server).lines;
        assert_eq!(expected.len(), if workload == Workload::Cpu { SIZE.jobs } else { 5 });
        for technique in workload.techniques() {
            assert_eq!(measure(workload, *technique, &server).lines, expected, "{workload:?} {technique:?}");
        }
    }
    let sum: u64 = (0..SIZE.iterations).sum();
    assert!(measure(Workload::Cpu, Technique::Processes, &server).lines.iter().all(|line| *line == sum.to_string()));
}

#[test]
fn every_get_reaches_the_server() {
    for technique in Workload::Io.techniques() {
        let server = Server::start(Duration::from_millis(1)).unwrap();
        measure(Workload::Io, *technique, &server);
        let expected = if *technique == Technique::Sequence { GETS_IN_SEQUENCE } else { SIZE.waiting * SIZE.gets };
        assert_eq!(server.served(), expected, "{technique:?}");
    }
}

#[test]
fn units_wait_together_and_the_sequence_does_not() {
    let server = Server::start(Duration::from_millis(500)).unwrap();
    for technique in [Technique::Threads, Technique::ThreadsGil, Technique::Asyncio, Technique::Processes] {
        let wait_together = || {
            measure(Workload::Io, technique, &server);
            server.take_peak() > 1
        };
        // On a busy machine a thread or process may start when another's requests are answered; not in each run.
        assert!((0..10).any(|_| wait_together()), "{technique:?}");
    }
    let server = Server::start(Duration::from_millis(5)).unwrap();
    measure(Workload::Io, Technique::Sequence, &server);
    assert_eq!(server.take_peak(), 1, "the known-wrong program: one after another");
}
