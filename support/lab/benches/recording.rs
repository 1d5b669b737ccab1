//! The cost of recording: `cargo bench -p lab`. A change of state must take well under a microsecond.

use divan::{Bencher, counter::ItemsCount};
use lab::lang::Text;
use lab::trace::Recorder;
use lab::trace::State;

fn main() {
    divan::main();
}

/// One change of state, on one lane.
#[divan::bench]
fn enter(bencher: Bencher<'_, '_>) {
    const CHANGES: u64 = 10_000;
    bencher
        .counter(ItemsCount::new(CHANGES))
        .with_inputs(|| Recorder::new().lane(Text::same("lane")))
        .bench_local_values(|mut lane| {
            for _ in 0..CHANGES {
                lane.enter(State::Running);
            }
            lane
        });
}

/// Reading the clock: a change of state cannot be faster than this.
#[divan::bench]
fn clock() -> u64 {
    lab::clock::now()
}
