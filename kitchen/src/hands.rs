//! The cooks' hands: the same trace with a lane for each cook instead of each dish.

use lab::lang::Text;
use lab::text;
use lab::trace::{Lane, Span, State, Trace};

use crate::kitchens::Kitchen;

/// What each cook did, from what happened to the dishes. Blank: the cook has nothing to do.
pub fn of(kitchen: Kitchen, dishes: &Trace) -> Trace {
    let Text { ko, en } = &dishes.title;
    let title = text!("{ko} (요리사의 손)", "{en} (the cooks' hands)");
    let lanes = match kitchen {
        Kitchen::Several | Kitchen::OneStove | Kitchen::OneKnife => dishes.lanes.iter().map(own_dish).collect(),
        Kitchen::Waits => vec![only_cook(dishes, |_| true)],
        Kitchen::Blocks => vec![only_cook(dishes, |number| number == 2)],
        Kitchen::Switches => vec![only_cook(dishes, |_| false)],
    };
    Trace { lanes: lanes.into_iter().zip(1..).map(named).collect(), title, ..dishes.clone() }
}

fn named((spans, number): (Vec<Span>, usize)) -> Lane {
    Lane { name: text!("요리사 {number}", "Cook {number}"), spans }
}

/// A cook who makes one dish does all that is done to it, and waits with it.
fn own_dish(dish: &Lane) -> Vec<Span> {
    dish.spans.clone()
}

/// A cook who makes all dishes: cuts each of them, and stands by those pots.
fn only_cook(dishes: &Trace, stands_by: impl Fn(usize) -> bool) -> Vec<Span> {
    let busy = |number, state| state == State::Running || (state == State::WaitingForIo && stands_by(number));
    let spans =
        dishes.lanes.iter().zip(1..).flat_map(|(lane, number)| lane.spans.iter().map(move |span| (number, span)));
    let mut spans: Vec<Span> =
        spans.filter(|(number, span)| busy(*number, span.state)).map(|(_, span)| span.clone()).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    spans
}
