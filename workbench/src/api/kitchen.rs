//! `kitchen`: the article's cooks, cooked now on this machine.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use kitchen::dish::Minute;
use kitchen::hands;
use kitchen::kitchens::{ALL, Order};
use lab::lang::Text;
use lab::text;
use lab::trace::{Clock, State, Trace};
use serde::{Deserialize, Serialize};

use crate::refused::Refused;

/// Two at a time would take the cores from each other.
static STOVE: Mutex<()> = Mutex::new(());

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub kitchen: String,
    pub dishes: usize,
    pub minute_ms: u64,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Answer {
    id: &'static str,
    name: Text,
    dishes: Trace,
    hands: Trace,
    /// Dishes that were begun and not done, at most.
    peak_in_flight: usize,
    /// Dishes that were cut at the same moment, at most.
    peak_running: usize,
    lasted: u64,
}

pub fn answer(question: &Question) -> Result<Answer, Refused> {
    let kitchen = ALL.into_iter().find(|kitchen| kitchen.id() == question.kitchen).ok_or_else(Refused::not_found)?;
    if !(2..=8).contains(&question.dishes) || !(1..=100).contains(&question.minute_ms) {
        let text = text!(
            "요리는 2개부터 8개까지, 1분은 1 ms부터 100 ms까지입니다",
            "2 to 8 dishes, and a minute of 1 to 100 ms"
        );
        return Err(Refused::bad(text));
    }
    let _one_at_a_time = STOVE.lock().unwrap_or_else(PoisonError::into_inner);
    let minute = Minute::that_lasts(Duration::from_millis(question.minute_ms));
    let order = Order { dishes: question.dishes, minute };
    let dishes = kitchen.run(order).map_err(|e| Refused::bad(e.text().clone()))?;
    let hands = hands::of(kitchen, &dishes);
    let zero = dishes.start();
    Ok(Answer {
        id: kitchen.id(),
        name: kitchen.name(),
        peak_in_flight: dishes.peak_in_flight(&[State::Running, State::WaitingForIo]),
        peak_running: dishes.peak_in_flight(&[State::Running]),
        lasted: dishes.duration(),
        dishes: from(dishes, zero),
        hands: from(hands, zero),
    })
}

/// The same with times from `zero` on.
fn from(mut trace: Trace, zero: u64) -> Trace {
    for span in trace.lanes.iter_mut().flat_map(|lane| &mut lane.spans) {
        (span.start, span.end) = (span.start.saturating_sub(zero), span.end.saturating_sub(zero));
    }
    Trace { clock: Clock::Monotonic, ..trace }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kitchen_cooks() {
        for kitchen in ALL {
            let question = Question { kitchen: kitchen.id().into(), dishes: 3, minute_ms: 1 };
            let answer = answer(&question).unwrap();
            assert_eq!((answer.dishes.lanes.len(), answer.dishes.start()), (3, 0), "{}", kitchen.id());
            assert!(!answer.hands.lanes.is_empty() && answer.lasted > 0);
        }
        let unknown = Question { kitchen: "canteen".into(), dishes: 3, minute_ms: 1 };
        assert_eq!(answer(&unknown).unwrap_err().status, 404);
        let many = Question { kitchen: "waits".into(), dishes: 9, minute_ms: 1 };
        assert_eq!(answer(&many).unwrap_err().code, "bad_request");
    }
}
