//! Bugs planted into copies of the lock (`build.rs`): the models of `tests/loom.rs` must find every one of them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::env;
use std::process::Command;

mod model;
use model::sync;

/// A copy of the lock with a bug, and the models for it.
macro_rules! planted {
    ($($name:ident)*) => {$(
        #[allow(dead_code, unused_mut, unused_variables, unused_assignments, reason = "a planted bug leaves parts of the lock unused")]
        mod $name {
            pub mod gil {
                include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
            }
            crate::models!(crate::$name::gil);
        }
    )*};
}

planted! {
    no_signal
    unlocked_between_check_and_wait
    if_for_while
    request_never_reset
    no_forced_switch
    no_switch_signal
    holder_checked_outside
}

/// Runs a model that must fail, and fail for the right reason. In a process of its own: while a deadlock unwinds, the locks that
/// are still held are released, and loom panics again.
fn caught(test: &str, reason: &str, model: impl FnOnce()) {
    const CHILD: &str = "PLANTED_BUG";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success(), "the planted bug was not found:\n{said}");
    assert!(said.contains(reason), "found, but not as \"{reason}\":\n{said}");
}

#[test]
fn a_release_that_wakes_nobody() {
    caught("a_release_that_wakes_nobody", "deadlock", || no_signal::in_and_out("planted: no signal", 2, 1, None, 0));
}

#[test]
fn a_wake_up_between_check_and_wait() {
    caught("a_wake_up_between_check_and_wait", "deadlock", || {
        unlocked_between_check_and_wait::in_and_out("planted: unlocked between check and wait", 2, 1, None, 0)
    });
}

#[test]
fn awake_is_taken_for_free() {
    caught("awake_is_taken_for_free", "oncurrent", || {
        if_for_while::in_and_out("planted: if for while", 3, 1, Some(2), 0)
    });
}

#[test]
fn a_request_that_is_never_reset() {
    caught("a_request_that_is_never_reset", "deadlock", || {
        request_never_reset::busy_holder("planted: request never reset", 2, 1, None, 0)
    });
}

#[test]
fn a_releaser_who_comes_back_first() {
    caught("a_releaser_who_comes_back_first", "came back first", || {
        no_forced_switch::busy_holder("planted: no forced switch", 2, 1, None, 0)
    });
}

#[test]
fn a_taker_who_does_not_tell() {
    caught("a_taker_who_does_not_tell", "deadlock", || {
        no_switch_signal::busy_holder("planted: no switch signal", 2, 1, None, 0)
    });
}

#[test]
fn a_holder_looked_up_too_early() {
    caught("a_holder_looked_up_too_early", "deadlock", || {
        holder_checked_outside::busy_holder("planted: holder checked outside", 2, 1, None, 0)
    });
}
