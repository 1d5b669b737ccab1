//! Calibration: OS latencies of the primitives that a lock is made of, by micro-benchmarks. None of them involves
//! a GIL.

mod busy;
mod context_switch;
mod core_to_core;
mod ipc;
mod python;
mod queued;
mod requests;
mod sched_class;
mod wake;

use std::path::Path;

pub use core_to_core::{alike, core_to_core};
pub use python::{Alone, alone, other_libc, speed};
use requests::Requests;
pub use sched_class::Quiet;
use wake::Before;

use lab::{Error, Result, machine, text};

use crate::input_file;
use crate::sim::{Curve, Machine, Pairs};

/// How long a core has been idle when somebody is woken there, in ns, with the number of rounds. Below some 20 µs it is still
/// on its way to sleep.
const IDLE: [(u64, usize); 14] = [
    (0, 80),
    (500, 80),
    (1_000, 80),
    (2_000, 80),
    (4_000, 80),
    (8_000, 80),
    (13_000, 80),
    (20_000, 80),
    (35_000, 80),
    (150_000, 80),
    (500_000, 80),
    (1_000_000, 80),
    (5_000_000, 60),
    (20_000_000, 30),
];
/// Timers of threads that are woken while they are on their way to sleep, in ns. One that is due before the system's next tick has to be set
/// on the processor, which takes some µs more.
const TIMERS: [u64; 4] = [500_000, 1_000_000, 5_000_000, 20_000_000];
/// A timer that is not reached, in ns.
const NEVER: u64 = 60_000_000_000;
/// How long a core has been idle at most when that still matters, in ns.
const FALLING_ASLEEP: u64 = 50_000;
/// Lengths of sleep after which the rest is measured, in ns, with the number of rounds.
const SLEEPS: [(u64, usize); 6] =
    [(30_000, 100), (150_000, 100), (500_000, 100), (1_000_000, 100), (5_000_000, 50), (20_000_000, 25)];
/// The longest duration that a file may hold, in ns: an hour.
const LONGEST: u64 = 3_600_000_000_000;
/// Rounds that are not counted: the first ones run with cold caches.
const WARM_UP: usize = 5;

/// How often it is measured if the distance between two cores changes meanwhile.
const TRIES: usize = 3;

/// The machine that a file describes, or this one, measured now in the scheduling class of `quiet`, which takes some five
/// seconds; longer if its host moves its cores meanwhile.
pub fn machine(file: Option<&Path>, quiet: &Quiet) -> Result<Machine> {
    let Some(path) = file else {
        let mut measured = measure(quiet.realtime(), 1)?;
        for _ in 1..TRIES {
            if measured.core_to_core.is_some() || measured.cores == 1 {
                break;
            }
            measured = measure(quiet.realtime(), 1)?;
        }
        return Ok(measured);
    };
    let name = path.display();
    let words = input_file::read(path)?;
    let machine: Machine = serde_json::from_str(&words).map_err(|e| {
        Error::usage(text!(
            "{name}: calibrate --out으로 만든 파일이 아닙니다: {e}",
            "{name}: not a file written by calibrate --out: {e}"
        ))
    })?;
    if machine.is_whole() && largest(&serde_json::json!(machine)) <= LONGEST {
        return Ok(machine);
    }
    Err(Error::usage(text!(
        "{name}: 컴퓨터를 기술한 파일이 아닙니다. 빈 곡선이 있거나, 코어가 0개이거나, 한 시간을 넘는 값이 있습니다",
        "{name}: this does not describe a machine: a curve is empty, there are no cores, or a time is over an hour"
    )))
}

/// The largest number anywhere in it.
fn largest(value: &serde_json::Value) -> u64 {
    match value {
        serde_json::Value::Array(all) => all.iter().map(largest).max().unwrap_or(0),
        serde_json::Value::Object(all) => all.values().map(largest).max().unwrap_or(0),
        other => other.as_u64().unwrap_or(0),
    }
}

/// This machine with a quarter of the rounds, which takes less than two seconds: enough for experiments that also show the real
/// thing beside the simulator.
pub fn quick(quiet: &Quiet) -> Result<Machine> {
    measure(quiet.realtime(), 4)
}

/// Runs one in `one_in` of the rounds.
fn measure(realtime: bool, one_in: usize) -> Result<Machine> {
    let fewer = |(length, rounds): (u64, usize)| (length, rounds / one_in);
    let wakes = |before: Before, timer: u64, idles: &[(u64, usize)]| {
        let measured = |(idle, rounds)| (idle, warm(wake::wake(before, timer, idle, rounds + WARM_UP).wake));
        Pairs { points: idles.iter().copied().map(fewer).map(measured).collect() }
    };
    let distance = core_to_core();
    let short = IDLE.partition_point(|(idle, _)| *idle <= FALLING_ASLEEP);
    let wake_timed = TIMERS.map(|timer| (timer, wakes(Before::Computed(500_000), timer, &IDLE[..short])));
    let Requests { heard, steals, stolen, back } = Requests::measure(one_in);
    let mut curves: [Vec<(u64, Vec<u64>)>; 6] = Default::default();
    let [lates, signals, sends, receives, sends_after, receives_after] = &mut curves;
    for (slept, rounds) in SLEEPS.map(fewer) {
        if slept >= 100_000 {
            let w = wake::wake(Before::Slept(slept), NEVER, 50_000, rounds + WARM_UP);
            lates.push((slept, warm(w.late)));
        }
        let t = ipc::talk(slept, 2 * (rounds + WARM_UP))?;
        signals.push((slept, warm(t.signal)));
        sends.push((slept, warm(t.send_first.0)));
        receives_after.push((slept, warm(t.send_first.1)));
        receives.push((slept, warm(t.receive_first.0)));
        sends_after.push((slept, warm(t.receive_first.1)));
    }
    let [late, signal, send, receive, send_after, receive_after] = curves.map(Curve::of_samples);
    let trips = context_switch::trips(200 / one_in)?;
    let (trip, trip_send) = (median(trips.all), median(trips.send));
    // What exceeds the shortest sleep's cost is due to cold caches.
    let warm_signal = signal.median(0);
    Ok(Machine {
        cores: machine::cores(),
        core_to_core: distance.filter(|_| alike(distance, core_to_core())),
        enqueue: trip_send.saturating_sub(send.median(0)),
        wake: wakes(Before::Slept(1_000_000), NEVER, &IDLE),
        wake_timed: wake_timed.into(),
        queued: (!realtime).then(|| Curve::of_samples([(1, warm(queued::queued(60 + WARM_UP)))])),
        // Each way there is a `send`, a switch, and a `recv`.
        dispatch: (trip / 2).saturating_sub(trip_send + receive.median(0)).max(500),
        cold_signal: signal.less(warm_signal),
        signal_nobody: context_switch::nobody(),
        late,
        heard,
        steals,
        stolen,
        back,
        send,
        send_after,
        receive,
        receive_after,
    })
}

/// The median; the usual size of a latency if nothing was measured.
pub(crate) fn median(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(1000)
}

fn warm<T>(mut samples: Vec<T>) -> Vec<T> {
    samples.split_off(WARM_UP.min(samples.len() / 2))
}
