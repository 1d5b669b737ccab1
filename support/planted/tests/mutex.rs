//! Bugs: those planted into copies of the locks and the buffer (`build.rs`), and those that ship as lessons. The models of
//! `mutex/tests/loom.rs` must find every one of them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

#[path = "../../../mutex/tests/model/mod.rs"]
mod model;
#[allow(dead_code, reason = "some of it is for proofs only")]
#[path = "../../../mutex/tests/models/mod.rs"]
mod models;
use model::sync;
#[path = "../../../mutex/src/experiments/bounded_buffer/buffer.rs"]
#[allow(dead_code, reason = "not every part is broken")]
mod buffer;
#[path = "../../../mutex/src/experiments/philosophers/table.rs"]
#[allow(dead_code, reason = "not every part is broken")]
mod dinner;
#[path = "../../../mutex/src/locks/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the copies use what the shipped locks have in common")]
mod locks;

use buffer::{Buffer, OneBell};
use dinner::Rule;
use model::explore;
use models::{buffered_by, counted, dinner as dine, through};
use planted::caught;

/// Copies of a lock's file, with a bug each. They claim to be exclusive but are not, and the models must find that.
macro_rules! locks {
    ($file:ident, $lock:ident: $($name:ident)*) => {
        mod $file {$(
            #[allow(dead_code, unused_imports, unsafe_code, reason = "a planted bug leaves parts of the lock unused")]
            pub mod $name {
                // The shipped file finds its neighbours in `super`; here they are imported.
                mod copy {
                    include!(concat!(env!("OUT_DIR"), "/", stringify!($file), ".", stringify!($name), ".rs"));
                }
                use crate::locks::raw;
                pub use copy::$lock;
                // SAFETY: it is not exclusive, on purpose. A model checker runs one thread at a time, so there is no data race.
                unsafe impl crate::locks::Exclusive for $lock {}
            }
        )*}
    };
}

locks! { spin, SpinLock: relaxed_unlock relaxed_lock check_then_set never_free }
locks! { ticket, TicketLock: relaxed_unlock relaxed_lock drawn_in_two_steps nobody_called }

/// Copies of the buffer.
macro_rules! buffers {
    ($($name:ident)*) => {
        mod planted_buffer {$(
            #[allow(dead_code, unused_mut, unused_variables, clippy::let_and_return, reason = "a planted bug leaves parts of it unused")]
            pub mod $name {
                include!(concat!(env!("OUT_DIR"), "/buffer.", stringify!($name), ".rs"));
            }
        )*}
    };
}

buffers! { put_wakes_nobody take_wakes_nobody one_too_many }

/// A test, a part of loom's message, the preemption bound, and the model that finds the bug.
macro_rules! found {
    ($($test:ident = $reason:literal, $bound:expr, $model:expr;)*) => {$(
        #[test]
        fn $test() {
            caught(stringify!($test), $reason, || explore(stringify!($test), $bound, 0, || $model));
        }
    )*};
}

found! {
    spin_unlock_with_relaxed_order = "oncurrent", None, counted::<spin::relaxed_unlock::SpinLock>(2, 1);
    spin_lock_with_relaxed_order = "oncurrent", None, counted::<spin::relaxed_lock::SpinLock>(2, 1);
    spin_lock_that_checks_then_sets = "oncurrent", None, counted::<spin::check_then_set::SpinLock>(2, 1);
    spin_lock_that_is_never_free = "maximum number of branches", None, counted::<spin::never_free::SpinLock>(2, 1);
    ticket_unlock_with_relaxed_order = "oncurrent", None, counted::<ticket::relaxed_unlock::TicketLock>(2, 1);
    ticket_lock_with_relaxed_order = "oncurrent", None, counted::<ticket::relaxed_lock::TicketLock>(2, 1);
    a_number_drawn_twice = "oncurrent", None, counted::<ticket::drawn_in_two_steps::TicketLock>(2, 1);
    a_number_never_called = "maximum number of branches", None, counted::<ticket::nobody_called::TicketLock>(2, 1);
}

// The shipped lessons. The livelock of the polite philosophers is found in `mutex/tests/livelock.rs`.
found! {
    a_wake_up_treated_as_an_item = "nothing to take", Some(2), buffered_by(2, 2, 1, Buffer::take_if);
    one_condvar_for_both_sides = "deadlock", Some(2),
        through(2, 2, 1, || OneBell::new(1), |bell, item| { bell.put(item); 0 }, OneBell::take);
    everybody_holds_the_left_fork = "deadlock", None, dine(Rule::LeftFirst, 3, 1);
}

// The buffer.
found! {
    a_put_that_wakes_nobody = "deadlock", None, {
        use planted_buffer::put_wakes_nobody::Buffer;
        through(1, 1, 2, || Buffer::new(1), Buffer::put, Buffer::take)
    };
    a_take_that_wakes_nobody = "deadlock", None, {
        use planted_buffer::take_wakes_nobody::Buffer;
        through(1, 1, 2, || Buffer::new(1), Buffer::put, Buffer::take)
    };
    a_buffer_without_bounds = "more than there is room for", None, {
        use planted_buffer::one_too_many::Buffer;
        through(1, 1, 2, || Buffer::new(1), Buffer::put, Buffer::take)
    };
}
