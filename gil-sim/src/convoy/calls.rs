//! The calls of a thread that release the GIL, taken from its lane.

use lab::trace::{Lane, State};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// What the thread computed since the call before it, in ns.
    pub own: u64,
    /// From letting go of the GIL until the thread had it back, in ns.
    pub took: u64,
}

/// All calls of a lane that have come back. A hand-over at the eval breaker is none: nothing is waited for but the GIL.
pub fn calls(lane: &Lane) -> Vec<Call> {
    let (mut all, mut call, mut is_call) = (Vec::new(), Call::default(), false);
    for span in &lane.spans {
        let long = span.end.saturating_sub(span.start);
        if span.state != State::Running {
            call.took += long;
            is_call |= matches!(span.state, State::WaitingForIo | State::Native);
            continue;
        }
        if is_call {
            all.push(call);
            call = Call::default();
            is_call = false;
        }
        call.took = 0;
        call.own += long;
    }
    all
}

/// What each `send` took, in ns, of a thread that sends and receives in turn.
pub fn sends(lane: &Lane) -> Vec<f64> {
    calls(lane).iter().step_by(2).map(|call| call.took as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::lang::Text;
    use lab::trace::Span;

    fn lane(states: &[(State, u64)]) -> Lane {
        let mut start = 0;
        let spans = states.iter().map(|&(state, long)| {
            start += long;
            Span { state, start: start - long, end: start }
        });
        Lane { name: Text::same("t"), spans: spans.collect() }
    }

    #[test]
    fn a_call_ends_when_the_lock_is_back() {
        use State::{Requesting, Running, WaitingForIo, WaitingForLock};
        let lane = lane(&[
            (WaitingForLock, 9), // before the first turn
            (Running, 1),
            (WaitingForLock, 7), // at the eval breaker
            (Running, 2),
            (WaitingForIo, 3), // a send
            (WaitingForLock, 5),
            (Requesting, 4),
            (Running, 6),
            (WaitingForIo, 8), // a receive that finds the lock free
            (Running, 1),
            (WaitingForIo, 50), // has not come back
        ]);
        assert_eq!(calls(&lane), [Call { own: 3, took: 12 }, Call { own: 6, took: 8 }]);
        assert_eq!(sends(&lane), [12.0]);
    }
}
