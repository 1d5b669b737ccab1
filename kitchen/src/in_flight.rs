//! How much went on at the same time: the two words of the section as two numbers.

use lab::trace::{Lane, State, Trace};

/// **Concurrency**: the most dishes that were begun and not yet done at the same moment, whoever worked on them. From the first cut
/// of a dish to its last.
pub fn dishes(trace: &Trace) -> usize {
    let whole = |lane: &Lane| {
        let mut cuts = lane.spans.iter().filter(|span| span.state == State::Running);
        let first = cuts.next()?;
        let end = cuts.next_back().map_or(first.end, |last| last.end);
        Some(Lane::of(lane.name.clone(), State::Running, first.start, end))
    };
    let lanes = trace.lanes.iter().filter_map(whole).collect();
    Trace { lanes, ..trace.clone() }.peak_in_flight(&[State::Running])
}

/// **Parallelism**: how many dishes were in the state on average while any was. 1 if one at a time; 0 if none ever was.
pub fn at_once(trace: &Trace, state: State) -> f64 {
    let mut spans: Vec<_> =
        trace.lanes.iter().flat_map(|lane| &lane.spans).filter(|span| span.state == state).collect();
    spans.sort_by_key(|span| span.start);
    let (mut sum, mut any, mut until) = (0, 0, 0);
    for span in spans {
        sum += span.end - span.start;
        any += span.end.saturating_sub(span.start.max(until));
        until = until.max(span.end);
    }
    if any == 0 { 0.0 } else { sum as f64 / any as f64 }
}

/// For how long any dish was in the state, in ns.
pub fn time_in(trace: &Trace, state: State) -> f64 {
    let sum: u64 = trace.lanes.iter().map(|lane| lane.time_in(state)).sum();
    let at_once = at_once(trace, state);
    if at_once == 0.0 { 0.0 } else { sum as f64 / at_once }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::lang::Text;
    use lab::trace::Span;

    fn trace(lanes: &[&[(State, u64, u64)]]) -> Trace {
        let span = |&(state, start, end): &(State, u64, u64)| Span { state, start, end };
        let lane = |spans: &&[_]| Lane { name: Text::default(), spans: spans.iter().map(span).collect() };
        Trace::new(Text::default(), lanes.iter().map(lane).collect())
    }

    #[test]
    fn one_word_without_the_other() {
        use State::{Ready, Running, WaitingForIo};
        let switching = trace(&[
            &[(Running, 0, 3), (WaitingForIo, 3, 7), (Running, 7, 8)],
            &[(Ready, 0, 3), (Running, 3, 6), (WaitingForIo, 6, 10), (Running, 10, 11)],
        ]);
        assert_eq!((dishes(&switching), at_once(&switching, Running)), (2, 1.0));
        assert_eq!((at_once(&switching, WaitingForIo), time_in(&switching, WaitingForIo)), (8.0 / 7.0, 7.0));
        let in_turn = trace(&[&[(Running, 0, 3), (Running, 7, 8)], &[(Running, 8, 11), (Running, 15, 16)]]);
        assert_eq!((dishes(&in_turn), at_once(&in_turn, Running)), (1, 1.0));
        let together = trace(&[&[(Running, 0, 4)], &[(Running, 0, 4)], &[(Running, 4, 8)]]);
        assert_eq!((dishes(&together), at_once(&together, Running)), (2, 1.5));
        assert_eq!((dishes(&trace(&[])), at_once(&together, Ready), time_in(&together, Ready)), (0, 0.0, 0.0));
    }
}
