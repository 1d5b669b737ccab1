//! The workload on real threads, under this crate's lock.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, clock, text};

use super::calls::{self, Call};
use super::workload::{Figures, Workload, ns};
use crate::{Gil, Held, ThreadId, loops};

/// Iterations of the loop between two looks at the eval breaker, some tens of ns.
const ITERATIONS: u64 = 64;
/// What is sent, and the most that is received.
const MESSAGE: [u8; 8] = [0; 8];

/// What came of real threads.
#[derive(Debug)]
pub struct RealRun {
    pub seen: Figures,
    /// All calls of the I/O thread: it sends and receives in turn.
    pub calls: Vec<Call>,
    /// The CPU-bound threads, and the I/O thread as the last.
    pub trace: Trace,
}

/// Runs the load. The peer is whoever holds the other end of the socket; `iterations` counts those of all CPU-bound threads, for
/// others to look at meanwhile.
pub fn run_threads(load: &Workload, peer: Option<&UnixStream>, iterations: &AtomicU64) -> Result<RealRun> {
    let (gil, recorder, stop) = (Gil::new(load.interval), Recorder::new(), AtomicBool::new(false));
    let mut lanes: Vec<LaneRecorder> = (0..load.cpu).map(|i| recorder.lane(text!("CPU {i}", "CPU {i}"))).collect();
    let mut io = recorder.lane(text!("I/O", "I/O"));
    let (latencies, seconds, work, switches) = thread::scope(|scope| {
        // Stops the CPU-bound threads also on an error or a panic.
        let _stop = Stop(&stop);
        for (me, lane) in (1..).zip(lanes.drain(..)) {
            let (gil, stop) = (&gil, &stop);
            let thread = thread::Builder::new().spawn_scoped(scope, move || compute(gil, me, lane, stop, iterations));
            thread.map_err(|e| Error::no_thread(&e))?;
        }
        let (before, handed, start) = (iterations.load(Relaxed), gil.switches(), clock::now());
        let latencies = match peer.filter(|_| load.io) {
            Some(peer) => talk(&gil, load.cpu as u64 + 1, &mut io, peer, start + ns(load.lasting))?,
            None => {
                thread::sleep(load.lasting);
                Vec::new()
            }
        };
        let seconds = (clock::now() - start).max(1) as f64 / 1e9;
        Ok::<_, Error>((latencies, seconds, iterations.load(Relaxed) - before, gil.switches() - handed))
    })?;
    drop(io);
    let trace = recorder.finish(Text::default());
    let calls = trace.lanes.last().map_or_else(Vec::new, calls::calls);
    let seen = Figures {
        trips: latencies.len() as f64 / seconds,
        sends: calls.iter().step_by(2).map(|call| call.took as f64).collect(),
        latencies,
        work: work as f64 / seconds,
        switches: Some(switches as f64 / seconds),
    };
    Ok(RealRun { seen, calls, trace })
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

/// A CPU-bound thread, which looks at its eval breaker at every jump back.
fn compute(gil: &Gil, me: u64, mut lane: LaneRecorder, stop: &AtomicBool, iterations: &AtomicU64) {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(ThreadId(me));
    lane.enter(State::Running);
    while !stop.load(Relaxed) {
        black_box(loops::count(ITERATIONS));
        iterations.fetch_add(ITERATIONS, Relaxed);
        if held.wanted() {
            // Recorded before the release and after the return, so that two lanes never appear to run at once.
            lane.enter(State::WaitingForLock);
            held.check();
            lane.enter(State::Running);
        }
    }
    lane.leave();
}

/// The I/O thread: sends, receives, and so on until the time is up. How long each round trip took, in ns.
fn talk(gil: &Gil, me: u64, lane: &mut LaneRecorder, mut peer: &UnixStream, until: u64) -> Result<Vec<f64>> {
    let mut took = Vec::new();
    let mut answer = [0; 64];
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(ThreadId(me));
    lane.enter(State::Running);
    let mut last = clock::now();
    while last < until {
        call(&mut held, lane, || peer.write_all(&MESSAGE))?;
        let received = call(&mut held, lane, || peer.read(&mut answer))?;
        if received == 0 {
            return Err(Error::failed(text!("상대 프로세스가 연결을 끊었습니다", "the peer closed the connection")));
        }
        let now = clock::now();
        took.push((now - last) as f64);
        last = now;
    }
    lane.leave();
    Ok(took)
}

// ANCHOR: call
/// A call that lets go of the lock, as every system call of Python that may block does.
fn call<T>(held: &mut Held<'_, Gil>, lane: &mut LaneRecorder, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // A release on request waits until another thread has the lock.
    lane.enter(State::WaitingForLock);
    let done = held.allow_threads(|| {
        lane.enter(State::WaitingForIo);
        let done = work();
        lane.enter(State::WaitingForLock);
        done
    });
    lane.enter(State::Running);
    done
}
// ANCHOR_END: call
