//! Whose turn at the lock came after whose, how long each turn lasted, and how long each thread had waited for it: of a trace, whether it
//! was recorded, simulated, or seen by another program.

use std::fmt;

use lab::trace::{Lane, Span, State, Trace};

/// One turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub lane: usize,
    /// From when to when it held the lock, in ns.
    pub start: u64,
    pub end: u64,
}

/// All turns of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Turns {
    /// In order of time.
    pub turns: Vec<Turn>,
    /// Of each lane: how long each of its waits for the lock took, in ns.
    pub waits: Vec<Vec<f64>>,
}

impl Turns {
    /// The turns of a trace of samples: CPython's, or one of ours that [`sampled`] has looked at.
    ///
    /// A turn is a stretch of running without a break. One that is too short for a sample shows all the same: a thread stops waiting only
    /// when it gets the lock, so a wait that no running follows ends in a turn of no length, which splits the turn that seemed to go on.
    pub fn of(trace: &Trace) -> Turns {
        let mut turns: Vec<Turn> = Vec::new();
        let mut waits = Vec::new();
        for (lane, of) in trace.lanes.iter().enumerate() {
            let (seen, waited) = lane_turns(lane, of);
            turns.extend(seen);
            waits.push(waited);
        }
        let unseen: Vec<Turn> = turns.iter().filter(|turn| turn.start == turn.end).copied().collect();
        for short in unseen {
            let around = |turn: &&mut Turn| turn.start < short.start && short.start < turn.end;
            if let Some(long) = turns.iter_mut().find(around) {
                let rest = Turn { start: short.start, ..*long };
                long.end = short.start;
                turns.push(rest);
            }
        }
        turns.sort_by_key(|turn| (turn.start, turn.end));
        Turns { turns, waits }
    }

    /// How long each turn of a lane lasted, in ns.
    pub fn holds(&self, lane: usize) -> Vec<f64> {
        self.turns.iter().filter(|turn| turn.lane == lane).map(|turn| (turn.end - turn.start) as f64).collect()
    }

    /// How often each lane had the turn after one of this lane.
    pub fn after(&self, lane: usize) -> Vec<usize> {
        let mut counts = vec![0; self.waits.len()];
        for pair in self.turns.windows(2).filter(|pair| pair[0].lane == lane) {
            counts[pair[1].lane] += 1;
        }
        counts
    }
}

/// The turns of one lane, and how long it waited for each; a last wait may not have ended.
fn lane_turns(number: usize, lane: &Lane) -> (Vec<Turn>, Vec<f64>) {
    let (mut turns, mut waits): (Vec<Turn>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut wait: Option<(u64, u64)> = None;
    for span in lane.spans.iter().filter(|span| span.start < span.end) {
        let Span { state, start, end } = *span;
        let waits_still = matches!(state, State::WaitingForLock | State::Requesting);
        if let Some((since, until)) = wait
            && !(waits_still && start == until)
        {
            waits.push((until - since) as f64);
            if !(state == State::Running && start == until) {
                turns.push(Turn { lane: number, start: until, end: until });
            }
            wait = None;
        }
        match (state, turns.last_mut()) {
            (State::Running, Some(last)) if last.start < last.end && last.end == start => last.end = end,
            (State::Running, _) => turns.push(Turn { lane: number, start, end }),
            _ if waits_still => wait = Some((wait.map_or(start, |(since, _)| since), end)),
            _ => {}
        }
    }
    (turns, waits)
}

/// What somebody sees of a trace who looks at it once in `every` ns: a lane is taken to be in a state from the first look that finds it
/// there until the first that does not. All waiting is the same to him.
#[must_use]
pub fn sampled(trace: &Trace, every: u64) -> Trace {
    let every = every.max(1);
    let (zero, looks) = (trace.start(), trace.duration() / every);
    let lane = |lane: &Lane| {
        let (mut spans, mut at): (Vec<Span>, usize) = (Vec::new(), 0);
        for now in (0..=looks).map(|look| zero + look * every) {
            while lane.spans.get(at).is_some_and(|span| span.end <= now) {
                at += 1;
            }
            let seen = lane.spans.get(at).filter(|span| span.start <= now).map(|span| match span.state {
                State::Requesting => State::WaitingForLock,
                state => state,
            });
            match (spans.last_mut(), seen) {
                (Some(last), Some(state)) if last.state == state && last.end == now => last.end = now + every,
                (_, Some(state)) => spans.push(Span { state, start: now, end: now + every }),
                _ => {}
            }
        }
        Lane { name: lane.name.clone(), spans }
    };
    Trace { title: trace.title.clone(), clock: trace.clock, lanes: trace.lanes.iter().map(lane).collect() }
}

/// How many of some times fall into each number of whole switch intervals: 0, 1, 2, 3, and 4 or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Intervals([usize; 5]);

impl Intervals {
    /// Of times in ns, less what belongs to each of them anyway, such as the delay of a peer.
    pub fn of(times: &[f64], less: f64, interval: f64) -> Intervals {
        let mut counts = [0; 5];
        for time in times {
            let whole = ((time - less).max(0.0) / interval.max(1.0)) as usize;
            counts[whole.min(counts.len() - 1)] += 1;
        }
        Intervals(counts)
    }

    pub fn add(&mut self, other: &Intervals) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, its)| *mine += its);
    }

    fn shares(&self) -> Option<[f64; 5]> {
        let all: usize = self.0.iter().sum();
        (all > 0).then(|| self.0.map(|n| n as f64 / all as f64))
    }

    /// The part that two distributions have in common, 0 to 1; None where one of them is empty.
    pub fn common(&self, other: &Intervals) -> Option<f64> {
        Some(self.shares()?.iter().zip(other.shares()?).map(|(mine, its)| mine.min(its)).sum())
    }
}

/// "0: 10 %, 1: 90 %"; nothing without times.
impl fmt::Display for Intervals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shares = self.shares().unwrap_or_default();
        let parts = (0..).zip(shares).filter(|(_, share)| *share > 0.0).map(|(whole, share)| {
            let or_more = if whole == 4 { "+" } else { "" };
            format!("{whole}{or_more}: {:.0} %", share * 100.0)
        });
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State::{Requesting, Running, WaitingForIo, WaitingForLock};
    use lab::lang::Text;

    fn lane(spans: &[(State, u64, u64)]) -> Lane {
        let spans = spans.iter().map(|&(state, start, end)| Span { state, start, end });
        Lane { name: Text::same("t"), spans: spans.collect() }
    }

    fn order(turns: &Turns) -> Vec<usize> {
        turns.turns.iter().map(|turn| turn.lane).collect()
    }

    /// The second thread asks, has the lock for a moment, does I/O, and has it again.
    fn two() -> Trace {
        let first = [(Running, 0, 50), (WaitingForLock, 50, 53), (Running, 53, 100), (WaitingForLock, 100, 130)];
        let second = [
            (WaitingForLock, 5, 40),
            (Requesting, 40, 50),
            (Running, 50, 53),
            (WaitingForIo, 53, 75),
            (WaitingForLock, 75, 100),
            (Running, 100, 130),
        ];
        Trace::new(Text::default(), vec![lane(&first), lane(&second)])
    }

    #[test]
    fn turns_are_in_order_with_what_was_waited_for_them() {
        let turns = Turns::of(&sampled(&two(), 1));
        assert_eq!(order(&turns), [0, 1, 0, 1]);
        assert_eq!((turns.holds(0), turns.holds(1)), (vec![50.0, 47.0], vec![3.0, 30.0]));
        assert_eq!(turns.waits, [vec![3.0], vec![45.0, 25.0]], "not the wait for I/O, nor the last one, which goes on");
        assert_eq!((turns.after(0), turns.after(1)), (vec![0, 2], vec![1, 0]));
    }

    /// Who looks every 20 ns does not see the turn of 3 ns, but the end of the wait for it. Who takes it for nothing sees the two turns
    /// around it as one.
    #[test]
    fn a_turn_too_short_to_be_seen_ends_a_wait() {
        let seldom = sampled(&two(), 20);
        assert!(seldom.lanes[1].spans.iter().all(|span| span.state != Running || span.start >= 100), "it was not seen");
        let turns = Turns::of(&seldom);
        assert_eq!((order(&turns), turns.holds(1)[0]), (vec![0, 1, 0, 1], 0.0));
        assert_eq!(turns.holds(0), [60.0, 40.0]);
        let mut never_asked = seldom.clone();
        never_asked.lanes[1].spans.retain(|span| span.state == Running);
        assert_eq!(order(&Turns::of(&never_asked)), [0, 1], "known to be wrong: without its wait the turn is lost");
    }

    #[test]
    fn times_are_counted_by_whole_intervals() {
        let of = |times: &[f64]| Intervals::of(times, 1.0, 5.0);
        let some = of(&[1.1, 5.9, 6.1, 6.2, 11.5, 1000.0]);
        assert_eq!(some.to_string(), "0: 33 %, 1: 33 %, 2: 17 %, 4+: 17 %");
        assert_eq!(of(&[]).to_string(), "");
        assert!(some.common(&some).is_some_and(|part| (part - 1.0).abs() < 1e-9));
        assert_eq!(some.common(&of(&[17.0])), Some(0.0), "nothing in common");
        assert_eq!(of(&[0.0, 7.0]).common(&of(&[7.0])), Some(0.5));
        assert_eq!(some.common(&of(&[])), None);
        let mut both = of(&[0.0]);
        both.add(&of(&[7.0]));
        assert_eq!(both, of(&[0.0, 7.0]));
    }
}
