//! What `article` promises: five threads, ten lines, and all wait together.

use std::time::Duration;

use lab::lang::Text;
use lab::say;
use lab::trace::{State, Trace};
use threading::article;

#[test]
fn the_listing_says_ten_lines_and_its_threads_wait_together() {
    say::quietly();
    article::listing(Duration::from_secs(1));
    let lines = say::take();
    let lanes = say::lanes(&lines, State::WaitingForIo);
    assert_eq!((lines.len(), lanes.len()), (10, 5));
    let second = 1_000_000_000;
    assert!(lanes.iter().all(|lane| lane.spans[0].end - lane.spans[0].start >= second));
    let trace = Trace::new(Text::default(), lanes);
    assert!(trace.peak_in_flight(&[State::WaitingForIo]) > 1);
}
