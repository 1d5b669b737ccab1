//! convoy, interval, native, versions: what their traces promise, on any machine and however busy it is.

#![cfg(unix)] // the peer is at the other end of a Unix socket

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::convoy::beside::{Real, beside};
use gil_sim::convoy::calls::sends;
use gil_sim::convoy::load::{Load, ns, window};
use gil_sim::convoy::peer::Peer;
use gil_sim::sim::{Kind, Machine, Pairs, Speed};
use gil_sim::versions::{self, WAYS, Way};
use gil_sim::{native, scenario};
use lab::claims::Outcome;
use lab::lang::has_hangul;
use lab::report::Report;
use lab::trace::{State, Trace};

const MS: u64 = 1_000_000;

fn load(cpu: usize) -> Load {
    Load {
        cpu,
        io: true,
        delay: Duration::from_millis(1),
        interval: Duration::from_millis(5),
        lasting: Duration::from_millis(200),
    }
}

/// How long the I/O thread, the last lane, waited for the lock at the most, in whatever way it did.
fn longest_wait(trace: &Trace) -> u64 {
    let lane = trace.lanes.last().expect("the I/O thread");
    let (mut longest, mut wait) = (0, 0);
    for span in &lane.spans {
        let waits = matches!(span.state, State::WaitingForLock | State::Requesting);
        wait = if waits { wait + span.end - span.start } else { 0 };
        longest = longest.max(wait);
    }
    longest
}

/// The claim on the convoy: in some call the I/O thread waits for a whole switch interval, and no two threads ever compute at once.
fn is_a_convoy(trace: &Trace, interval: Duration) -> bool {
    longest_wait(trace) >= ns(interval) && trace.is_serial(State::Running)
}

fn simulated(cpu: usize, kind: Kind) -> Trace {
    load(cpu).simulate(kind, &Machine::typical(2), &Speed::typical()).1
}

#[test]
fn the_simulated_convoy_costs_an_interval() {
    let interval = load(0).interval;
    for kind in [Kind::Shared, Kind::Addressed] {
        for cpu in [1, 2] {
            assert!(is_a_convoy(&simulated(cpu, kind), interval), "{kind:?}, {cpu} CPU threads");
        }
        // Known to be wrong: with nobody beside it, or without a lock, there is no convoy.
        assert!(!is_a_convoy(&simulated(0, kind), interval), "{kind:?}, alone");
    }
    assert!(!is_a_convoy(&simulated(1, Kind::Free), interval));
}

/// A `send` that wakes nobody is a race: back at the lock first, or the CPU-bound thread out of bed first. Here it always loses.
#[test]
fn a_send_that_loses_the_race_waits_for_an_interval() {
    let early_riser = Machine { wake: Pairs::constant(1000, 3000), ..Machine::typical(2) };
    let slow = |cpu, machine: &Machine| {
        let (seen, trace) = load(cpu).simulate(Kind::Shared, machine, &Speed::typical());
        let io = trace.lanes.last().expect("the I/O thread");
        assert_eq!(sends(io), seen.sends);
        assert_eq!(io.time_in(State::Requesting) > 0, cpu > 0, "it asks where there is somebody to ask");
        seen.slow_sends(load(cpu).interval)
    };
    assert_eq!(slow(1, &early_riser), Some(1.0));
    // Known to be wrong: nobody to race against, and a machine on which it always wins.
    assert_eq!(slow(0, &early_riser), Some(0.0));
    assert_eq!(slow(1, &Machine::typical(2)), Some(0.0));
}

/// Real threads under the real lock. The peer answers only when a CPU-bound thread has counted since it got the message: so that
/// thread has the lock when the answer comes, however busy the machine.
fn real(cpu: usize) -> Real {
    let (mine, mut other) = UnixStream::pair().expect("a pair of sockets");
    let turns = AtomicU64::new(0);
    thread::scope(|scope| {
        let turns = &turns;
        scope.spawn(move || {
            let mut message = [0; 64];
            while matches!(other.read(&mut message), Ok(n) if n > 0) {
                let before = turns.load(Relaxed);
                while cpu > 0 && turns.load(Relaxed) == before {
                    thread::yield_now();
                }
                // The one who asked may have gone.
                let _ = other.write_all(&[0; 8]);
            }
        });
        let real = beside(&load(cpu), Some(&mine), turns).expect("threads");
        drop(mine);
        real
    })
}

#[test]
fn the_real_convoy_costs_an_interval() {
    for cpu in [1, 2] {
        let real = real(cpu);
        assert_eq!(real.trace.lanes.len(), cpu + 1);
        assert!(real.trace.is_serial(State::Running), "{cpu} CPU threads: {real:?}");
        // With two, the one may have been waiting for most of an interval when the I/O thread comes, and ask for both of them.
        assert!(cpu > 1 || is_a_convoy(&real.trace, load(cpu).interval), "{real:?}");
        assert!(real.seen.switches.is_some_and(|n| n > 0.0) && real.seen.work > 0.0);
        assert_eq!(real.calls.len(), 2 * real.seen.latencies.len(), "a send and a receive each");
    }
}

/// The known-wrong twin: alone, nothing can make it wait for the lock: it never even asks.
#[test]
fn alone_there_is_no_convoy() {
    let real = real(0);
    assert_eq!(real.seen.work, 0.0);
    assert!(real.seen.switches.is_some_and(|per_second| per_second * 0.2 <= 1.0), "only the first one takes it");
    assert!(!real.seen.latencies.is_empty());
}

#[test]
fn a_peer_answers_and_ends_with_its_owner() {
    let peer = Peer::start(Path::new(env!("CARGO_BIN_EXE_gil-sim")), Duration::ZERO).unwrap();
    let mut socket = peer.socket().try_clone().unwrap();
    socket.write_all(&[0; 8]).unwrap();
    assert_eq!(socket.read(&mut [0; 64]).unwrap(), 8);
    drop(peer); // hangs if the process does not end
    assert!(!matches!(socket.read(&mut [0; 64]), Ok(n) if n > 0));
    // Known to be wrong: a program that is no peer.
    assert!(Peer::start(Path::new("true"), Duration::ZERO).is_err());
}

#[test]
fn a_window_shows_its_part() {
    let trace = simulated(1, Kind::Shared);
    let part = window(&trace, 20 * MS, 10 * MS);
    assert!(part.duration() <= 10 * MS && part.start() >= trace.start() + 20 * MS);
    let state = |trace: &Trace, at: u64| {
        let lane = &trace.lanes[0];
        lane.spans.iter().find(|span| span.start <= at && at < span.end).map(|span| span.state)
    };
    for at in (part.start()..part.end()).step_by(100_000) {
        assert_eq!(state(&trace, at), state(&part, at));
    }
    assert_eq!(window(&trace, 10_000 * MS, 10 * MS).end(), trace.end(), "of a short trace the end");
}

#[test]
fn native_code_overlaps_only_if_it_lets_go() {
    let lasting = Duration::from_millis(1);
    for keeps in [native::simulated(false), native::real(false, lasting).unwrap()] {
        assert!(keeps.is_serial(State::Running));
        assert!(keeps.lanes.iter().all(|lane| lane.time_in(State::Native) == 0));
    }
    let lets_go = native::simulated(true);
    assert_eq!(lets_go.peak_in_flight(&[State::Native]), 2);
    assert!(lets_go.is_serial(State::Running));
    // With real threads both are inside at once only if the machine gives them time; that they do not compute at once is certain.
    let lets_go = native::real(true, lasting).unwrap();
    assert!(lets_go.is_serial(State::Running));
    assert!(lets_go.lanes.iter().any(|lane| lane.time_in(State::Native) > 0));
}

/// The simulator is the same everywhere, and nothing is too busy in virtual time: its verdicts are exact.
#[test]
fn native_code_is_parallel_only_if_it_lets_go() {
    // A process of its own, for the cores that this one keeps busy are those of all tests.
    let (_, json, _) = run(&["native", "--seconds", "0.2", "--no-python", "--json"]);
    let report: Report = serde_json::from_str(&json).unwrap();
    let verdict = |on: &str| report.verdicts.iter().find(|v| v.on == on).unwrap();
    assert!(report.verdicts.iter().all(|v| v.claim == "native-code-parallel"), "{:?}", report.verdicts);
    assert_eq!(verdict("gil-sim (allow_threads)").outcome, Outcome::Holds);
    assert_eq!(verdict("gil-sim (held)").outcome, Outcome::DoesNotHold);
    // With real threads a busy machine may leave it open, but never turn it round.
    assert_ne!(verdict("Rust + GIL (held)").outcome, Outcome::Holds);
    assert!(matches!(verdict("CPython").outcome, Outcome::NotMeasured(_)), "no interpreter was given");
}

fn shipped(name: &str) -> scenario::Scenario {
    scenario::read(&scenario::file_of(Path::new(name))).expect("it comes with the program")
}

fn way(id: &str) -> Way {
    WAYS.into_iter().find(|way| way.id == id).expect("one of all")
}

#[test]
fn every_lock_keeps_its_promise() {
    let report = versions::run(None, None).unwrap();
    let trace = |id: &str| &report.traces[WAYS.iter().position(|way| way.id == id).unwrap()];
    let peak = |id| trace(id).peak_in_flight(&[State::Running]);
    assert_eq!((peak("2.7"), peak("3.12"), peak("3.13"), peak("3.12-interpreters")), (1, 1, 1, 2));
    assert!(peak("3.13t") > 1, "nothing keeps them apart");
    let apart = |id| trace(id).overlap(0, 1, State::Running) == 0;
    assert!(apart("2.7") && apart("3.12") && apart("3.13") && !apart("3.12-interpreters") && !apart("3.13t"));
    assert_eq!(report, versions::run(None, None).unwrap(), "the same every time");
    let of = |what: &str, id: &str| report.measure(&format!("{what}.{id}")).unwrap().median();
    assert_eq!(of("switches", "3.13t"), 0.0, "no lock, no switch");
    assert!(of("switches", "2.7") > 10.0 * of("switches", "3.12"), "a hundred ticks are shorter than 5 ms");
    assert!(of("rounds", "2.7") > of("rounds", "3.12"), "the old lock knows no convoy");
}

#[test]
fn small_multiples_have_one_time_axis() {
    for file in [None, Some("article-cpu"), Some("interpreters"), Some("python2")] {
        let report = versions::run(file.map(Path::new), None).unwrap();
        assert_eq!(report.traces.len(), WAYS.len());
        let ends: Vec<u64> = report.traces.iter().map(Trace::end).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{file:?}: {ends:?}");
        for trace in &report.traces {
            assert!(trace.start() < trace.end() / 100, "{file:?}: they begin together");
            assert!(has_hangul(&trace.title.ko) && !has_hangul(&trace.title.en));
        }
    }
    let half = versions::run(None, Some(Duration::from_millis(15))).unwrap();
    assert_eq!(half.traces[0].end(), 15 * MS);
}

#[test]
fn two_interpreters_are_those_of_the_scenario() {
    let peak = |name: &str, id: &str| {
        versions::simulate(&shipped(name).setup, way(id), 2).trace.peak_in_flight(&[State::Running])
    };
    assert_eq!((peak("interpreters", "3.12"), peak("interpreters", "3.12-interpreters")), (1, 2));
    assert_eq!((peak("article-cpu", "3.12"), peak("article-cpu", "3.12-interpreters")), (1, 2));
    // Threads keep their names and their order when they are distributed.
    let names = |id| {
        let trace = versions::simulate(&shipped("convoy-two").setup, way(id), 2).trace;
        trace.lanes.into_iter().map(|lane| lane.name).collect::<Vec<_>>()
    };
    assert_eq!(names("3.12"), names("3.12-interpreters"));
}

#[test]
fn the_program_shows_versions_in_both_languages() {
    for (lang, word) in [("ko", "같은 시나리오"), ("en", "The same scenario")] {
        let page = run(&["versions", "--lang", lang]);
        assert!(page.0 == Some(0) && page.1.contains(word), "{}", page.1);
        assert!(lang == "ko" || !has_hangul(&page.1));
    }
    let (code, json, _) = run(&["versions", "--scenario", "convoy-two", "--seconds", "0.02", "--json"]);
    let report: Report = serde_json::from_str(&json).unwrap();
    assert_eq!((code, report.experiment.as_str(), report.traces.len()), (Some(0), "gil-sim/versions", 5));
}

#[test]
fn what_they_cannot_use_is_said_in_one_line() {
    for args in [
        ["versions", "--scenario", "/no/such/file"],
        ["versions", "--seconds", "0"],
        ["native", "--seconds", "0"],
        ["convoy", "--delay", "soon"],
        ["convoy", "--interval", "0"],
        ["interval", "--seconds", "1000"],
    ] {
        let (code, out, err) = run(&[&args[..], &["--lang", "en"]].concat());
        assert_eq!((code, out.as_str(), err.lines().count()), (Some(2), "", 1), "{args:?}: {err}");
    }
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_gil-sim")).args(args).output().expect("built with this test");
    let text = |bytes| String::from_utf8(bytes).expect("a text");
    (out.status.code(), text(out.stdout), text(out.stderr))
}
