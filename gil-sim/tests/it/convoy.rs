//! The convoy: what real threads and simulated ones promise, on any machine and however busy it is.

#![cfg(unix)] // the peer is at the other end of a Unix socket

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use gil_sim::convoy::calls::sends;
use gil_sim::convoy::real_threads::{RealRun, run_threads};
use gil_sim::convoy::workload::{Workload, ns, window};
use gil_sim::peer::Peer;
use gil_sim::sim::{Kind, Machine, Pairs, Speed};
use lab::trace::{State, Trace};

use crate::MS;

fn load(cpu: usize) -> Workload {
    Workload {
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
fn real(cpu: usize) -> RealRun {
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
        let real = run_threads(&load(cpu), Some(&mine), turns).expect("threads");
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
