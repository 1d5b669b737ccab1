//! How fast the simulator is: events a second, and how that grows with threads and switches.
//!
//! Run: `cargo bench -p gil-sim --bench sim`.

use divan::Bencher;
use divan::counter::ItemsCount;
use gil_sim::sim::{self, Group, Kind, Machine, Setup, Speed, Step};
use lab::lang::Text;

const MS: u64 = 1_000_000;

fn main() {
    divan::main();
}

fn cpu_bound(threads: usize, interval: u64, end: u64) -> Setup {
    let group =
        Group { name: Text::same("CPU"), count: threads, interpreter: 0, steps: vec![Step::Run(1 << 50)], times: None };
    Setup { kind: Kind::Shared, interval, groups: vec![group], end, keep: 0, seed: 1 }
}

/// Simulates it, and counts its events.
fn events(bencher: Bencher<'_, '_>, setup: &Setup, cores: usize) {
    let (machine, speed) = (Machine::typical(cores), Speed::typical());
    let events = sim::run(setup, &machine, &speed).events;
    bencher.counter(ItemsCount::new(events)).bench(|| sim::run(setup, &machine, &speed));
}

/// A minute of virtual time at the default interval: 64 threads is what is promised in well under 0.1 s.
#[divan::bench(args = [2, 8, 64, 512], sample_count = 10)]
fn a_minute_of_threads(bencher: Bencher<'_, '_>, threads: usize) {
    events(bencher, &cpu_bound(threads, 5 * MS, 60_000 * MS), 2);
}

/// A second of two threads, at intervals in µs: ever more switches.
#[divan::bench(args = [20_000, 5_000, 500, 50], sample_count = 10)]
fn a_second_at_an_interval(bencher: Bencher<'_, '_>, us: u64) {
    events(bencher, &cpu_bound(2, 1000 * us, 1_000 * MS), 2);
}

/// Sixty-four threads for a minute, on more and more cores.
#[divan::bench(args = [2, 16, 128], sample_count = 10)]
fn a_minute_on_cores(bencher: Bencher<'_, '_>, cores: usize) {
    events(bencher, &cpu_bound(64, 5 * MS, 60_000 * MS), cores);
}

/// A second of the convoy: an I/O thread beside two that compute.
#[divan::bench(sample_count = 10)]
fn a_second_of_convoy(bencher: Bencher<'_, '_>) {
    let mut setup = cpu_bound(2, 5 * MS, 1_000 * MS);
    let io = Group { name: Text::same("I/O"), count: 1, interpreter: 0, steps: vec![Step::Echo(MS)], times: None };
    setup.groups.push(io);
    events(bencher, &setup, 2);
}
