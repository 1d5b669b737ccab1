//! Who is in flight together, who cuts together, who simmers together: in each kitchen, however busy the machine is.

use std::time::Duration;

use kitchen::article;
use kitchen::dish::{Dish, Minute};
use kitchen::in_flight;
use kitchen::kitchens::{ALL, Order, run};
use lab::Result;
use lab::lang::Text;
use lab::machine;
use lab::trace::{Lane, Span, State, Trace};

/// Long pots and short cuts: pots overlap also on a busy machine.
const LONG_POTS: Minute = Minute { lasts: Duration::from_millis(250), iterations: 20_000 };
/// The opposite: cuts overlap where they may.
const LONG_CUTS: Minute = Minute { lasts: Duration::from_millis(1), iterations: 20_000_000 };
/// On a busy machine two threads may never be on a core at the same time in one run.
const ATTEMPTS: usize = 10;

fn cooked(program: fn(Vec<Dish>) -> Result<()>, minute: Minute) -> Trace {
    run(program, Order { dishes: 3, minute }, Text::default()).unwrap()
}

fn spans(lane: &Lane, state: State) -> Vec<&Span> {
    lane.spans.iter().filter(|span| span.state == state).collect()
}

/// The recipe: a cut, a pot for four minutes, a cut.
fn by_the_recipe(trace: &Trace, minute: Minute) -> bool {
    let pot = 4 * u64::try_from(minute.lasts.as_nanos()).unwrap();
    trace.lanes.len() == 3
        && trace.lanes.iter().all(|lane| {
            let (cuts, pots) = (spans(lane, State::Running), spans(lane, State::WaitingForIo));
            let [one] = pots[..] else { return false };
            lane.time_in(State::WaitingForIo) >= pot
                && cuts.iter().any(|cut| cut.end <= one.start)
                && cuts.iter().any(|cut| cut.start >= one.end)
        })
}

#[test]
fn every_kitchen_cooks_by_the_recipe() {
    for kitchen in ALL {
        let minute = Minute { lasts: Duration::from_millis(2), iterations: 100_000 };
        let trace = kitchen.run(Order { dishes: 3, minute }).unwrap();
        assert!(by_the_recipe(&trace, minute), "{kitchen:?}: {trace:?}");
    }
    let raw = |dishes: Vec<Dish>| {
        dishes.into_iter().for_each(|mut dish| dish.cut(4));
        Ok(())
    };
    assert!(!by_the_recipe(&cooked(raw, LONG_POTS), LONG_POTS), "nobody simmered anything");
}

#[test]
fn one_cook_who_waits_has_one_dish_in_flight_and_one_who_switches_has_all() {
    assert_eq!(in_flight::dishes(&cooked(article::waits, LONG_POTS)), 1);
    let switches = cooked(article::switches, LONG_POTS);
    assert_eq!(in_flight::dishes(&switches), 3);
    assert_eq!(switches.peak_in_flight(&[State::WaitingForIo]), 3);
    assert!(switches.is_serial(State::Running), "there is only one cook");
}

#[test]
fn several_cooks_cut_at_the_same_time_and_those_with_one_knife_do_not() {
    assert!(cooked(article::one_knife, LONG_CUTS).is_serial(State::Running));
    assert_eq!(
        cooked(article::one_knife, LONG_POTS).peak_in_flight(&[State::WaitingForIo]),
        3,
        "the knife is put down"
    );
    if machine::cores() < 2 {
        return println!("not measured: there is only one core");
    }
    assert!((0..ATTEMPTS).any(|_| !cooked(article::several, LONG_CUTS).is_serial(State::Running)));
}

/// Whether a cook waited for the stove while another dish simmered on it.
fn waited_for_a_pot(trace: &Trace) -> bool {
    let of = |state| trace.lanes.iter().flat_map(move |lane| spans(lane, state));
    let at_once = |wait: &Span, pot: &Span| wait.start.max(pot.start) < wait.end.min(pot.end);
    of(State::WaitingForLock).any(|wait| of(State::WaitingForIo).any(|pot| at_once(wait, pot)))
}

#[test]
fn on_one_stove_one_dish_simmers_at_a_time() {
    let stove = cooked(article::one_stove, LONG_POTS);
    assert!(stove.is_serial(State::WaitingForIo));
    assert!(waited_for_a_pot(&stove), "nobody waited for it");
    assert!(in_flight::dishes(&stove) > 1, "while one simmers, the others are cut");
    let stoves = cooked(article::several, LONG_POTS);
    assert!(!stoves.is_serial(State::WaitingForIo) && !waited_for_a_pot(&stoves), "a stove each");
}

/// Whether somebody worked on another dish between the first cut of this one and its last.
fn others_went_on(trace: &Trace, dish: usize) -> bool {
    let own = spans(&trace.lanes[dish], State::Running);
    let (first, last) = (own[0], own[own.len() - 1]);
    let others = trace.lanes.iter().enumerate().filter(|(n, _)| *n != dish);
    others
        .flat_map(|(_, lane)| spans(lane, State::Running))
        .any(|cut| first.start < cut.start && cut.start < last.start)
}

#[test]
fn while_a_cook_blocks_the_kitchen_nobody_works_on_the_other_dishes() {
    let blocks = cooked(article::blocks, LONG_POTS);
    assert!(!others_went_on(&blocks, 1));
    assert!(others_went_on(&blocks, 0), "the others are switched between");
    assert!(others_went_on(&cooked(article::switches, LONG_POTS), 1), "without the blocking call they go on");
}
