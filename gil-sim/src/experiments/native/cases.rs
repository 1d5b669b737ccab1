//! The cases: threads that call native code which lets go of the GIL, or keeps it; for real, and simulated.

use std::thread;
use std::time::Duration;

use lab::lang::Text;
use lab::trace::{LaneRecorder, Recorder, State, Trace};
use lab::{Error, Result, clock, text};

use crate::convoy::workload::ns;
use crate::sim::{self, Group, Kind, Machine, Setup, Speed, Step};
use crate::{Gil, SWITCH_INTERVAL, ThreadId, loops};

/// Threads in each case.
pub(super) const THREADS: usize = 2;
/// Iterations of the loop in one call of native code: some ten milliseconds.
pub(super) const CALL: u64 = 10_000_000;
/// Iterations between two calls, with the GIL held: the Python around them.
pub(super) const BETWEEN: u64 = 50_000;
/// How much is drawn, in ns.
pub(super) const DRAWN: u64 = 100_000_000;
/// A call of the simulated threads, in ns.
pub(super) const SIMULATED: u64 = 10_000_000;

/// What the twin calls: its name in measurements, the call, and whether its documentation says that it lets go of the GIL.
pub(super) const CALLS: [(&str, &str, bool); 4] = [
    ("zlib", "zlib.compress, 2 MiB", true),
    ("sha256_large", "hashlib.sha256, 2 MiB", true),
    ("sha256_small", "hashlib.sha256, 1 KiB", false),
    ("sum", "sum(range(1000000))", false),
];

/// One case: who ran what, and how many cores were busy.
pub(super) struct Case {
    pub(super) on: Text,
    pub(super) what: Text,
    pub(super) lets_go: bool,
    pub(super) cores: Option<f64>,
}

/// Real threads that call native code again and again.
pub fn real(lets_go: bool, lasting: Duration) -> Result<Trace> {
    let (gil, recorder) = (Gil::new(SWITCH_INTERVAL), Recorder::new());
    let until = clock::now() + ns(lasting);
    thread::scope(|scope| {
        for i in 0..THREADS {
            let lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let (gil, me) = (&gil, ThreadId(i as u64 + 1));
            let thread = thread::Builder::new().spawn_scoped(scope, move || live(gil, me, lane, lets_go, until));
            thread.map_err(|e| Error::no_thread(&e))?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(recorder.finish(Text::default()))
}

// ANCHOR: native
/// A thread of calls. Native code that keeps the lock is code that does not look at it.
fn live(gil: &Gil, me: ThreadId, mut lane: LaneRecorder, lets_go: bool, until: u64) {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(me);
    lane.enter(State::Running);
    // A thread that a busy machine starts too late makes one call all the same.
    loop {
        loops::count(BETWEEN);
        if lets_go {
            lane.enter(State::WaitingForLock);
            held.allow_threads(|| {
                lane.enter(State::Native);
                loops::count(CALL);
                lane.enter(State::WaitingForLock);
            });
            lane.enter(State::Running);
        } else {
            loops::count(CALL);
        }
        if held.wanted() {
            lane.enter(State::WaitingForLock);
            held.check();
            lane.enter(State::Running);
        }
        if clock::now() >= until {
            break;
        }
    }
    lane.leave();
}
// ANCHOR_END: native

/// The same in the simulator, on nobody's machine.
pub fn simulated(lets_go: bool) -> Trace {
    let call = if lets_go { Step::Native(SIMULATED) } else { Step::NativeHeld(SIMULATED) };
    let name = text!("스레드", "Thread");
    let group = Group { name, count: THREADS, interpreter: 0, steps: vec![Step::Run(50_000), call], times: None };
    let setup = Setup {
        kind: Kind::Shared,
        interval: ns(SWITCH_INTERVAL),
        groups: vec![group],
        end: DRAWN,
        keep: u64::MAX,
        seed: 1,
    };
    sim::run(&setup, &Machine::typical(THREADS), &Speed::typical()).trace
}
