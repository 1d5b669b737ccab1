//! One of five tasks fails: what each technique leaves running, and a known-wrong technique.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asyncio::event_loop;
use asyncio::experiments::gather::tasks::{self as tasks, Ends, FAILS, Outcome, Refused, TASKS, TaskRecord};
use asyncio::experiments::gather::{Answer, Collected, TECHNIQUES, judge};
use lab::claims::Outcome as Judged;
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::Recorder;
use lab::trace::State;

/// The failing task waits a fifth of this. The difference is so long that a busy machine does not change the order.
const PAUSE: Duration = Duration::from_secs(2);

fn seen(id: &str) -> Collected {
    TECHNIQUES.iter().find(|technique| technique.id == id).unwrap().observe(PAUSE).unwrap()
}

fn count(outcomes: &[Outcome], outcome: Outcome) -> usize {
    outcomes.iter().filter(|&&one| one == outcome).count()
}

const ERROR: [Refused; 1] = [Refused(FAILS)];

#[test]
fn joining_handles_leaves_the_other_tasks_running() {
    let seen = seen("detached");
    assert_eq!(seen.answer, Answer { values: vec![], errors: ERROR.to_vec() });
    assert_eq!((seen.before.as_slice(), seen.after.as_slice()), (&[Outcome::Failed][..], &[Outcome::Finished; 4][..]));
}

#[test]
fn fail_fast_and_structured_cancel_the_others_before_the_answer() {
    for id in ["fail_fast", "structured"] {
        let seen = seen(id);
        assert_eq!(seen.answer, Answer { values: vec![], errors: ERROR.to_vec() }, "{id}");
        assert_eq!(
            (count(&seen.before, Outcome::Failed), count(&seen.before, Outcome::Cancelled)),
            (1, 4),
            "{id}: {seen:?}"
        );
        assert!(seen.after.is_empty(), "{id}: {:?} outlived the answer", seen.after);
    }
}

#[test]
fn collecting_all_keeps_every_value_and_the_error() {
    let seen = seen("collect_all");
    let mut values = seen.answer.values.clone();
    values.sort_unstable();
    assert_eq!((values.as_slice(), seen.answer.errors.as_slice()), (&[0, 2, 3, 4][..], &ERROR[..]));
    assert!(seen.took >= PAUSE.as_nanos() as u64, "it waits for the slowest task");
    assert_eq!(count(&seen.before, Outcome::Finished), 4);
}

/// What ended badly is marked in its lane; where the one that fails is waited for like the others, nothing is cancelled.
#[test]
fn who_failed_and_who_was_cancelled_is_marked() {
    for technique in &TECHNIQUES {
        let seen = technique.observe(Duration::from_millis(500)).unwrap();
        let outcomes = [seen.before.as_slice(), seen.after.as_slice()].concat();
        for (mark, outcome) in [(State::Failed, Outcome::Failed), (State::Cancelled, Outcome::Cancelled)] {
            let marked = seen.trace.lanes.iter().filter(|lane| lane.spans.last().is_some_and(|s| s.state == mark));
            assert_eq!(marked.count(), count(&outcomes, outcome), "{} {mark:?}", technique.id);
        }
    }
}

#[test]
fn all_five_tasks_and_the_caller_wait_at_the_same_time() {
    for technique in &TECHNIQUES {
        let all_wait = |pause: u64| {
            let seen = technique.observe(Duration::from_millis(pause)).unwrap();
            assert_eq!(seen.trace.lanes[0].name, event_loop::lane_name());
            let tasks = event_loop::without_it(&seen.trace);
            tasks.peak_in_flight(&[State::WaitingForIo]) == TASKS + 1
        };
        // On a busy machine the one that fails may have failed before the last begins.
        assert!([500, 5000].into_iter().any(all_wait), "{}", technique.id);
    }
}

/// Known wrong: a set that is only dropped on the error. Dropping it aborts its tasks but does not wait until they have ended, so the
/// answer comes before their end.
#[test]
fn dropping_a_set_does_not_wait_for_its_tasks() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (recorder, ends) = (Recorder::new(), Ends::default());
    let records = TaskRecord::five(&recorder, &ends);
    let at_the_answer = Arc::new(Mutex::new(0));
    runtime.block_on(async {
        let mut set: tokio::task::JoinSet<_> =
            (0..).zip(records).map(|(name, record)| tasks::task(name, Duration::from_millis(500), record)).collect();
        let first = set.join_next().await.unwrap().unwrap();
        assert_eq!(first, Err(ERROR[0]));
        drop(set);
        *at_the_answer.lock().unwrap() = ends.lock().unwrap().len();
    });
    assert!(*at_the_answer.lock().unwrap() < TASKS, "some tasks have not ended at the answer");
}

/// The known-wrong gather cancels the others, as a TaskGroup does.
#[test]
fn a_gather_that_cancels_the_others_refutes_the_claim() {
    let outcome = |finished, cancelled, went_on| {
        let count =
            |what: &str, n: f64| Measure::new(format!("detached.{what}"), Text::default(), Unit::Count, vec![n]);
        let measures = vec![count("finished", finished), count("cancelled", cancelled), count("went_on", went_on)];
        judge(&Text::same("a gather"), &Report { measures, ..Report::default() }).outcome
    };
    assert_eq!(outcome(0.0, 0.0, 4.0), Judged::Holds);
    assert_eq!(outcome(0.0, 4.0, 0.0), Judged::DoesNotHold);
    assert!(matches!(outcome(4.0, 0.0, 0.0), Judged::NotMeasured(_)), "they had finished before");
}
