//! Bugs planted into copies of the locks (`build.rs`): the models of `gil-sim/tests/loom.rs` must find every one of them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::time::Duration;

#[allow(dead_code, reason = "not every model is needed to find these bugs")]
#[path = "../../../gil-sim/tests/model/mod.rs"]
mod model;
use loom as checker;
#[macro_use]
mod gil_sim_copies;
use model::models::{Far, busy_holder, gives_up, in_and_out, next_holder, ticking};
use model::sync;
use planted::caught;
#[path = "../../../gil-sim/src/lock/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the copies use what the shipped locks have in common")]
mod lock;

const INTERVAL: Duration = Duration::from_millis(5);

copies! { py32:
    no_signal
    unlocked_between_check_and_wait
    if_for_while
    request_never_reset
    no_forced_switch
    no_switch_signal
    holder_checked_outside
    gives_up_without_clearing
    gives_up_clearing_after_unlock
}
copies! { py313:
    no_signal
    unlocked_between_check_and_wait
    if_for_while
    request_never_reset
    request_stored_shared
    no_forced_switch
    no_switch_signal
    holder_checked_outside
    gives_up_without_clearing
    gives_up_clearing_after_unlock
}
copies! { py2:
    semaphore_of_two
    no_post
    if_for_while
    no_signal
    signal_before_release
}

/// A test, a part of loom's message, and the model that finds the bug.
macro_rules! found {
    ($($test:ident = $reason:literal: $model:ident($bound:expr, $($rest:expr),*);)*) => {$(
        #[test]
        fn $test() {
            caught(stringify!($test), $reason, || $model(Far(stringify!($test), $bound, 0), $($rest),*));
        }
    )*};
}

// 3.2 to 3.12.
found! {
    a_release_that_wakes_nobody = "deadlock": in_and_out(None, || py32::no_signal::Gil::new(INTERVAL), 2, 1);
    a_wake_up_between_check_and_wait = "deadlock":
        in_and_out(None, || py32::unlocked_between_check_and_wait::Gil::new(INTERVAL), 2, 1);
    a_wake_up_treated_as_a_free_lock = "oncurrent": in_and_out(Some(2), || py32::if_for_while::Gil::new(INTERVAL), 3, 1);
    a_request_that_is_never_reset = "nobody has asked since":
        busy_holder(None, || py32::request_never_reset::Gil::new(INTERVAL), 2, 1);
    a_releaser_that_takes_it_again_first = "came back first":
        busy_holder(None, || py32::no_forced_switch::Gil::new(INTERVAL), 2, 1);
    a_taker_that_does_not_signal = "deadlock":
        busy_holder(None, || py32::no_switch_signal::Gil::new(INTERVAL), 2, 1);
    a_holder_checked_too_early = "deadlock":
        busy_holder(None, || py32::holder_checked_outside::Gil::new(INTERVAL), 2, 1);
    cpython_before_gh_96387 = "deadlock": gives_up(
        None,
        || py32::gives_up_without_clearing::Gil::new(INTERVAL),
        py32::gives_up_without_clearing::Gil::take_unless,
        1,
        0
    );
    cpython_since_gh_96387 = "deadlock": gives_up(
        None,
        || py32::gives_up_clearing_after_unlock::Gil::new(INTERVAL),
        py32::gives_up_clearing_after_unlock::Gil::take_unless,
        1,
        0
    );
}

// 3.13 and later.
found! {
    addressed_release_that_wakes_nobody = "deadlock":
        in_and_out(None, || py313::no_signal::AddressedGil::new(INTERVAL), 2, 1);
    addressed_wake_up_between_check_and_wait = "deadlock":
        in_and_out(None, || py313::unlocked_between_check_and_wait::AddressedGil::new(INTERVAL), 2, 1);
    addressed_wake_up_treated_as_a_free_lock = "oncurrent":
        in_and_out(Some(2), || py313::if_for_while::AddressedGil::new(INTERVAL), 3, 1);
    addressed_request_that_is_never_reset = "nobody has asked since":
        busy_holder(None, || py313::request_never_reset::AddressedGil::new(INTERVAL), 2, 1);
    a_request_that_hits_the_next_holder = "nobody has asked since":
        next_holder(None, || py313::request_stored_shared::AddressedGil::new(INTERVAL));
    addressed_releaser_that_takes_it_again_first = "came back first":
        busy_holder(None, || py313::no_forced_switch::AddressedGil::new(INTERVAL), 2, 1);
    addressed_taker_that_does_not_signal = "deadlock":
        busy_holder(None, || py313::no_switch_signal::AddressedGil::new(INTERVAL), 2, 1);
    addressed_holder_checked_too_early = "deadlock":
        busy_holder(None, || py313::holder_checked_outside::AddressedGil::new(INTERVAL), 2, 1);
    cpython_3_13_without_clearing = "deadlock": gives_up(
        None,
        || py313::gives_up_without_clearing::AddressedGil::new(INTERVAL),
        py313::gives_up_without_clearing::AddressedGil::take_unless,
        1,
        0
    );
    cpython_3_13_as_it_is = "deadlock": gives_up(
        None,
        || py313::gives_up_clearing_after_unlock::AddressedGil::new(INTERVAL),
        py313::gives_up_clearing_after_unlock::AddressedGil::take_unless,
        1,
        0
    );
}

// Python 2. The lock is released at every second check.
found! {
    a_semaphore_that_lets_two_in = "oncurrent": ticking(
        None,
        || py2::semaphore_of_two::Ticks::<py2::semaphore_of_two::SemaphoreLock>::new(1),
        2,
        1
    );
    a_semaphore_that_is_never_posted = "deadlock":
        ticking(None, || py2::no_post::Ticks::<py2::no_post::SemaphoreLock>::new(1), 2, 1);
    python_2_treats_a_wake_up_as_a_free_lock = "oncurrent":
        ticking(None, || py2::if_for_while::Ticks::<py2::if_for_while::MutexAndCondvar>::new(1), 2, 2);
    python_2_wakes_nobody = "deadlock":
        ticking(None, || py2::no_signal::Ticks::<py2::no_signal::MutexAndCondvar>::new(1), 2, 1);
    python_2_signals_too_early = "deadlock": ticking(
        None,
        || py2::signal_before_release::Ticks::<py2::signal_before_release::MutexAndCondvar>::new(1),
        2,
        1
    );
}

// PEP 703: there is no lock, and the model notices it.
found! {
    no_lock_at_all = "oncurrent": in_and_out(None, || lock::Free, 2, 1);
}
