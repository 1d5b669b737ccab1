//! Runs the scheduler with models of workers, in thousands of orders of events; time is virtual.
//!
//! | file | what it holds |
//! |---|---|
//! | [`process`], [`pipe`] | a worker that speaks the real protocol, and all that can go wrong with it |
//! | [`world`] | its parent's side: what the scheduler starts, reads, writes and kills |
//! | [`pool`] | the scheduler in a pool: the thread that leads, and those that dispatch |
//! | [`users`], [`caller`] | threads that bring tasks, cancel, use results and close the pool |
//! | [`universe`], [`acts`] | the clock, the tasks, what they do and what is true of each |
//! | [`run`], [`outcomes`] | the order of everything, which follows from the seed; what must be true at the end |
//!
//! `support/planted` proves the proof: it plants bugs into a copy of the scheduler, and every one must be found.
//!
//! A failing seed is printed; `SIMULATION_SEED=17 cargo test -p process-pool --lib simulation -- --nocapture` replays it.

mod acts;
mod caller;
mod outcomes;
mod pipe;
mod pool;
mod process;
mod random;
mod run;
mod universe;
mod users;
mod world;

use std::any::Any;
use std::env;
use std::io::Write;
use std::ops::Range;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::unix::shm::{self, Arena, RemoteArena};
use run::{Memory, run};
use universe::Seen;

/// Memory for all runs: to map it anew for each would take longer than the run.
fn memory() -> Memory {
    let (memory, size) = shm::anonymous().unwrap();
    let arena = Arena::new(memory.as_fd(), size).unwrap();
    let remote = RemoteArena::new(memory.as_fd(), size).unwrap();
    Memory { arena, remote }
}

/// The first of these seeds that fails; or what was seen in all.
pub fn explore(seeds: Range<u64>) -> Result<Seen, (u64, Box<dyn Any + Send>)> {
    let memory = memory();
    let mut total = Seen::default();
    for seed in seeds {
        let seen = catch_unwind(AssertUnwindSafe(|| run(seed, &memory, false))).map_err(|payload| (seed, payload))?;
        seen.0.into_iter().for_each(|(event, times)| total.add(event, times));
    }
    Ok(total)
}

/// What every exploration must have seen: without one of these it would prove less than it says.
const MUST_BE_SEEN: [&str; 39] = [
    "calls that were dropped",
    "cancellations by the scheduler",
    "deaths after a task",
    "deaths before a task",
    "deaths before hello",
    "deaths of idle workers",
    "deaths of workers",
    "deaths while a task runs",
    "deaths with a part of a frame written",
    "frames that are none",
    "initializers that died",
    "initializers that failed",
    "initializers that were stopped",
    "outcomes: aborted",
    "outcomes: cancelled",
    "outcomes: died",
    "outcomes: no worker",
    "outcomes: of nobody's interest",
    "outcomes: panicked",
    "outcomes: timed out",
    "outcomes: unreadable",
    "outcomes: values",
    "pipes that outlive their workers",
    "pools that were closed early",
    "pools that were refused",
    "programs that are no workers",
    "results that were withheld",
    "runs that were repeated",
    "starts that failed",
    "stops before a task",
    "stops while a task runs",
    "tasks that were cancelled by their handles",
    "tasks that were held back",
    "tasks that were recalled",
    "times that all was cancelled",
    "workers that do not begin",
    "workers that never say hello",
    "workers that were killed for their task",
    "workers that were recycled",
];

#[test]
fn every_task_ends_once_whatever_happens() {
    if let Ok(seed) = env::var("SIMULATION_SEED") {
        let seed = seed.parse().expect("SIMULATION_SEED is a number");
        eprintln!("{:#?}", run(seed, &memory(), true).0);
        return;
    }
    let seeds =
        env::var("SIMULATION_SEEDS").map_or(10_000, |seeds| seeds.parse().expect("SIMULATION_SEEDS is a number"));
    let total = explore(0..seeds).unwrap_or_else(|(seed, payload)| {
        eprintln!("this was seed {seed}: SIMULATION_SEED={seed} replays it");
        resume_unwind(payload)
    });
    let mut printed = format!("simulation: {seeds} seeds\n");
    for (event, times) in &total.0 {
        printed += &format!("{times:9} {event}\n");
    }
    // Directly to stderr: the test harness would capture eprintln!.
    let _ = std::io::stderr().write_all(printed.as_bytes());
    for event in MUST_BE_SEEN {
        assert!(total.0.contains_key(event), "no {event}: the simulation has become vacuous");
    }
}

/// Seeds that found bugs which had shipped. `support/planted` plants each of these bugs again: if the models change so that a
/// seed does something else, it finds which one does now.
macro_rules! found {
    ($($bug:ident: $seed:literal)*) => {$(
        #[test]
        fn $bug() {
            run($seed, &memory(), false);
        }
    )*};
}

found! {
    the_leader_of_a_closed_pool_sleeps: 9
    the_leader_sleeps_beside_an_empty_place_without_tasks: 24
    a_dead_worker_whose_pipe_is_held_is_not_over_the_limit: 84
    a_task_that_comes_while_the_leader_sleeps_gets_its_worker_in_time: 177
    the_rest_of_a_frame_is_sent_when_there_is_room: 607
    what_a_cancellation_recalls_goes_to_idle_workers: 861
}
