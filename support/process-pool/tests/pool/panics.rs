//! Panics of tasks: each is reported with its place.

use process_pool::{Failure, Panic};

use crate::alone_with;
use crate::basics::{builder, pool};
use crate::tasks::{CATCH, PANIC, PANIC_LINE, PANIC_TWICE, PASS_ON, SQUARE};

crate::tests![
    a_panic_is_reported_with_its_place_and_not_retried,
    a_panic_that_the_task_caught_is_not_taken_for_its_own,
    the_first_of_two_panics_is_reported,
    a_panic_passed_on_from_another_thread_is_reported,
    a_backtrace_comes_if_asked_for,
];

/// The panic of a task that must have panicked.
fn panic_of(result: Result<u64, Failure>) -> Panic {
    match result {
        Err(Failure::Panicked(panic)) => *panic,
        other => panic!("{other:?}"),
    }
}

fn a_panic_is_reported_with_its_place_and_not_retried() {
    let pool = pool(1);
    let worker = pool.workers();
    let panic = panic_of(pool.call(&PANIC, &5));
    assert_eq!(panic.message, "on purpose 5");
    let at = panic.location.clone().unwrap();
    assert!(at.file.ends_with("tests/pool/tasks.rs"), "{at}");
    assert_eq!((at.line, at.column > 1), (PANIC_LINE, true), "{at}");
    assert_eq!(Failure::Panicked(Box::new(panic)).to_string(), format!("panicked at {at}: on purpose 5"));
    assert_eq!(pool.call(&SQUARE, &5), Ok(25));
    assert_eq!(pool.workers(), worker, "it is no reason to die");
}

fn a_panic_that_the_task_caught_is_not_taken_for_its_own() {
    let pool = builder().workers(1).retries(0).build().unwrap();
    let first = panic_of(pool.call(&CATCH, &()));
    assert_eq!(first.message, "not caught");
    let other = panic_of(pool.call(&PANIC, &5));
    assert_eq!(other.message, "on purpose 5");
    assert_ne!(first.location.unwrap().line, other.location.unwrap().line);
}

fn the_first_of_two_panics_is_reported() {
    let pool = builder().workers(1).retries(1).build().unwrap();
    // A panic of an earlier task is not taken for the reason.
    panic_of(pool.call(&PANIC, &5));
    match pool.call(&PANIC_TWICE, &7) {
        Err(Failure::Aborted { panic, attempts: 2 }) => {
            assert_eq!(panic.message, "the first 7");
            assert!(panic.location.unwrap().file.ends_with("tests/pool/tasks.rs"));
        }
        other => panic!("{other:?}"),
    }
    // Nor for a death without any panic.
    let pool = builder().workers(1).retries(0).build().unwrap();
    panic_of(pool.call(&PANIC, &5));
    let died = pool.call(&crate::tasks::ABORT, &0);
    assert!(matches!(died, Err(Failure::Died { .. })), "{died:?}");
}

fn a_panic_passed_on_from_another_thread_is_reported() {
    let pool = pool(1);
    let panic = panic_of(pool.call(&PASS_ON, &3));
    assert_eq!(panic.message, "elsewhere 3");
    assert!(panic.location.is_some_and(|at| at.line > PANIC_LINE), "that thread's place");
}

fn a_backtrace_comes_if_asked_for() {
    alone_with("backtrace", |program| _ = program.env("RUST_BACKTRACE", "1"));
    alone_with("no-backtrace", |program| _ = program.env_remove("RUST_BACKTRACE").env_remove("RUST_LIB_BACKTRACE"));
}

pub fn backtrace(wanted: bool) {
    let backtrace = panic_of(pool(1).call(&PANIC, &1)).backtrace;
    assert_eq!(backtrace.is_some(), wanted);
    assert!(backtrace.is_none_or(|frames| frames.contains("tasks::PANIC") || frames.contains("tasks.rs")));
}
