//! Calibration: what this machine's system takes for the few things that a lock is made of. Micro-benchmarks only; none of them has
//! a GIL in it.

mod switch;
mod talk;
mod wake;

pub use talk::answer;

use lab::{Result, machine};

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
/// Lengths of sleep after which the rest is measured, in ns, with the number of rounds.
const SLEEPS: [(u64, usize); 6] =
    [(30_000, 100), (150_000, 100), (500_000, 100), (1_000_000, 100), (5_000_000, 50), (20_000_000, 25)];
/// Rounds that are not counted: the first ones find everything cold.
const WARM_UP: usize = 5;

/// Measures this machine, in the scheduling class that the process has. Takes some five seconds.
pub fn measure() -> Result<Machine> {
    let (mut notices, mut wakes) = (Vec::new(), Vec::new());
    for (idle, rounds) in IDLE {
        let w = wake::wake(1_000_000, idle, rounds + WARM_UP);
        wakes.push((idle, warm(w.wake)));
        notices.extend(w.notice);
    }
    let mut curves: [Vec<(u64, Vec<u64>)>; 7] = Default::default();
    let [lates, agains, signals, sends, receives, sends_after, receives_after] = &mut curves;
    for (slept, rounds) in SLEEPS {
        if slept >= 100_000 {
            let w = wake::wake(slept, 50_000, rounds + WARM_UP);
            lates.push((slept, warm(w.late)));
            agains.push((slept, warm(w.again)));
        }
        let t = talk::talk(slept, 2 * (rounds + WARM_UP))?;
        signals.push((slept, warm(t.signal)));
        sends.push((slept, warm(t.send_first.0)));
        receives_after.push((slept, warm(t.send_first.1)));
        receives.push((slept, warm(t.receive_first.0)));
        sends_after.push((slept, warm(t.receive_first.1)));
    }
    let [late, again, signal, send, receive, send_after, receive_after] = curves.map(Curve::of_samples);
    // What is more than the shortest sleep's is the cold.
    let warm_signal = signal.median(0);
    Ok(Machine {
        cores: machine::cores(),
        enqueue: median(wakes[0].1.iter().map(|(_, cost)| *cost).collect()),
        wake: Pairs { points: wakes },
        queued: None,
        dispatch: switch::dispatch().unwrap_or(2000),
        cold_signal: signal.less(warm_signal),
        signal_nobody: switch::nobody(),
        late,
        again,
        notice: median(notices),
        send,
        send_after,
        receive,
        receive_after,
    })
}

fn median(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    all.get(all.len() / 2).copied().unwrap_or(1000)
}

fn warm<T>(mut samples: Vec<T>) -> Vec<T> {
    samples.split_off(WARM_UP.min(samples.len() / 2))
}
