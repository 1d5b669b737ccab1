//! What the runs of a task do, and how long that can take.

use std::time::Duration;

use super::random::Random;
use super::universe::Act;

/// How long the `run`th run of a task can keep a worker, and its replacement can take to start.
pub fn longest(acts: &[(Act, Duration)], run: usize, limit: Option<Duration>) -> Duration {
    let (act, lasts) = acts[run.min(acts.len() - 1)];
    let until_noticed = match act {
        Act::Value | Act::Panic | Act::Refuse => Duration::from_millis(10),
        // A look each second at most; or if it must be silent for five.
        Act::Exit | Act::Abort | Act::Stop | Act::DieAfter | Act::DieInFrame => Duration::from_secs(3),
        Act::Garbage | Act::Withhold => Duration::from_secs(7),
        Act::Hang => limit.map_or(Duration::from_secs(1), |limit| 2 * limit),
    };
    lasts + until_noticed
}

/// What the runs of a task do.
pub fn acts(random: &mut Random, limit: Option<Duration>, may_hang: bool) -> Vec<(Act, Duration)> {
    let lasts = |random: &mut Random| match random.below(100) {
        0..70 => random.micros(0, 100),
        70..90 => random.micros(0, 3000),
        90..98 => random.micros(0, 30_000),
        _ => random.micros(0, 500_000),
    };
    let mut acts = Vec::new();
    while random.chance(if acts.is_empty() { 250 } else { 400 }) {
        use Act::{Abort, DieAfter, DieInFrame, Exit, Garbage, Hang, Panic, Refuse, Stop, Value, Withhold};
        let kinds = [
            Value, Panic, Panic, Refuse, Exit, Exit, Exit, Abort, Hang, Hang, Hang, Stop, DieAfter, DieInFrame,
            Garbage, Withhold,
        ];
        let act = random.pick(&kinds);
        let act = if act == Hang && limit.is_none() && !may_hang { Value } else { act };
        acts.push((act, lasts(random)));
    }
    // Mostly, it is right at last.
    if acts.is_empty() || random.chance(500) {
        acts.push((Act::Value, lasts(random)));
    }
    acts
}
