//! Every query on a trace, with a known-wrong trace for which the answer must differ.

use lab::lang::Text;
use lab::trace::{Lane, Span, State, Trace};

/// A trace from a picture: a row is a lane, a column is a time unit.
/// `#` running, `-` waiting for a lock, `~` waiting for I/O, blank nothing.
fn picture(rows: &[&str]) -> Trace {
    let lanes = rows.iter().map(|row| {
        let mut spans: Vec<Span> = Vec::new();
        for (t, glyph) in (0u64..).zip(row.chars()) {
            let state = match glyph {
                '#' => State::Running,
                '-' => State::WaitingForLock,
                '~' => State::WaitingForIo,
                ' ' => continue,
                other => panic!("no such glyph: {other}"),
            };
            match spans.last_mut() {
                Some(last) if last.state == state && last.end == t => last.end = t + 1,
                _ => spans.push(Span { state, start: t, end: t + 1 }),
            }
        }
        Lane { name: Text::same(*row), spans }
    });
    Trace::new(Text::default(), lanes.collect())
}

#[test]
fn peak_in_flight() {
    let together = picture(&["~~~~", " ~~ ", "  ~~"]);
    let in_turn = picture(&["~~", "  ~~", "    ~~"]);
    assert_eq!(together.peak_in_flight(&[State::WaitingForIo]), 3);
    assert_eq!(in_turn.peak_in_flight(&[State::WaitingForIo]), 1, "spans that touch do not overlap");
    // Counting lanes, or counting pairs that overlap, would be wrong here: three lanes, never more than two at once.
    let relay = picture(&["~~~", "  ~~~", "    ~~~"]);
    assert_eq!(relay.peak_in_flight(&[State::WaitingForIo]), 2);
    // Only the states asked for count, and several may be asked for.
    let mixed = picture(&["~~", "##"]);
    assert_eq!(mixed.peak_in_flight(&[State::WaitingForIo]), 1);
    assert_eq!(mixed.peak_in_flight(&[State::WaitingForIo, State::Running]), 2);
    assert_eq!(picture(&[]).peak_in_flight(&[State::Running]), 0);
}

#[test]
fn a_span_of_no_length_is_never_in_flight() {
    let mut trace = picture(&["##", "#"]);
    trace.lanes[1].spans[0] = Span { state: State::Running, start: 1, end: 1 };
    assert_eq!(trace.peak_in_flight(&[State::Running]), 1);
}

#[test]
fn overlap() {
    let overlapping = picture(&["### ##", " ##  ##"]);
    let interleaved = picture(&["# # #", " # #"]);
    assert_eq!(overlapping.overlap(0, 1, State::Running), 3);
    assert_eq!(interleaved.overlap(0, 1, State::Running), 0);
    // The lanes as a whole overlap, their running does not.
    let waiting = picture(&["##--", "--##"]);
    assert_eq!(waiting.overlap(0, 1, State::Running), 0);
}

#[test]
fn serial() {
    let gil = picture(&["#-#-#", "-#-#-"]);
    let one_slip = picture(&["#-##-", "-#-#-"]);
    assert!(gil.is_serial(State::Running));
    assert!(!one_slip.is_serial(State::Running), "a single unit of overlap is noticed");
}

#[test]
fn busy_share() {
    let trace = picture(&["##~~", "#   "]);
    assert_eq!(trace.share(0, State::Running), 0.5);
    assert_eq!(trace.share(1, State::Running), 0.25, "of the whole run, not of the lane's lifetime");
    assert_eq!(trace.mean_in_flight(State::Running), 0.75);
    assert_eq!(picture(&[""]).share(0, State::Running), 0.0);
}

#[test]
fn mean_in_flight_tells_parallel_from_serial() {
    let parallel = picture(&["####", "####"]);
    let serial = picture(&["##--", "--##"]);
    assert_eq!(parallel.mean_in_flight(State::Running), 2.0);
    assert_eq!(serial.mean_in_flight(State::Running), 1.0);
}

#[test]
fn waits_are_counted_and_added_up() {
    let trace = picture(&["#--#-#", "-##-#-"]);
    let waits = trace.waits(0, State::WaitingForLock);
    assert_eq!((waits.count, waits.total, waits.longest), (2, 3, 2));
    let never = picture(&["#~~#"]).waits(0, State::WaitingForLock);
    assert_eq!((never.count, never.total, never.longest), (0, 0, 0));
}

#[test]
fn a_lane_waits_for_those_that_run_meanwhile() {
    //                       A waits   B holds   C holds
    let trace = picture(&["---~~", "#", " ##"]);
    assert_eq!(trace.waited_for(0), [(2, 2), (1, 1)], "the longest first");
    // A lane that runs while A waits for I/O is not waited for.
    let innocent = picture(&["~~~", "###"]);
    assert!(innocent.waited_for(0).is_empty());
    // Nor does a lane wait for itself.
    assert!(picture(&["-#-#"]).waited_for(0).is_empty());
}

#[test]
fn duration_is_the_makespan() {
    let late = picture(&["  ##", "   ##"]);
    assert_eq!((late.start(), late.end(), late.duration()), (2, 5, 3));
    assert_eq!(picture(&[]).duration(), 0);
}
