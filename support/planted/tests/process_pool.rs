//! Bugs planted into a copy of the sources of `process-pool` (`build.rs`): the simulation of its scheduler must find every one of
//! them. The copy's modules are this program's.

#![allow(
    dead_code,
    unused_imports,
    unsafe_code,
    reason = "the copy is a whole library, of which this uses the scheduler"
)]
#![allow(clippy::all, reason = "the shipped files are checked where they are")]

use std::cell::Cell;

include!(concat!(env!("OUT_DIR"), "/process-pool/lib.rs"));

thread_local! {
    /// The bug that is switched on in this thread.
    static BUG: Cell<&'static str> = const { Cell::new("") };
}

fn planted(name: &str) -> bool {
    BUG.get() == name
}

/// How many simulated pools may pass before a bug must have been found.
const SEEDS: u64 = 10_000;

fn found(bug: &'static str) {
    BUG.set(bug);
    let Err((seed, payload)) = unix::scheduler::simulation::explore(0..SEEDS) else { panic!("{bug} was not found") };
    let why = payload.downcast_ref::<String>().cloned();
    let why = why.or_else(|| payload.downcast_ref::<&str>().map(|why| (*why).to_owned())).unwrap_or_default();
    // The bug is proof of itself only if the same seed passes without it.
    BUG.set("");
    assert!(unix::scheduler::simulation::explore(seed..seed + 1).is_ok(), "seed {seed} fails without {bug}, too");
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{bug}: found by seed {seed}: {}", why.lines().next().unwrap_or_default());
}

macro_rules! bugs {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            found(stringify!($name));
        }
    )*};
}

bugs! {
    put_back_loses
    put_back_stays_sent
    culprit_not_charged
    next_is_charged
    one_retry_too_many
    killed_is_retried
    recall_counts_from_sent
    recall_tells_nobody
    sent_while_recalled
    kills_another
    no_time_limit
    limits_are_seen_late
    limit_is_halved
    stopped_is_borne
    silence_is_borne
    silent_start_is_borne
    credit_never_returned
    held_is_not_told
    exhausted_never_reset
    give_up_drops
    never_gives_up
    retires_too_late
    retired_stays
    cancelled_is_sent
    close_forgets_what_ran
    full_pipe_cuts
    held_pipe_is_borne
    last_results_are_lost
    shipped_full_pipe_is_not_polled
    shipped_new_limit_is_missed
    shipped_recalled_by_cancel_waits
    shipped_nothing_is_not_noted
    shipped_closed_pool_looks_for_nothing
    shipped_dead_is_over_the_limit
}
