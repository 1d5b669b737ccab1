//! One of five fails: what each technique leaves running, beside a technique that is known to be wrong.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use asyncio::experiments::gather::tasks::{self as tasks, Diary, Ends, FAILS, Fate, Refused, TASKS};
use asyncio::experiments::gather::{Answer, Collected, TECHNIQUES};
use lab::trace::Recorder;
use lab::trace::State;

/// The failing one waits a fifth of it: a pause of the machine must last longer than the difference to upset the order.
const PAUSE: Duration = Duration::from_secs(2);

fn seen(id: &str) -> Collected {
    TECHNIQUES.iter().find(|technique| technique.id == id).unwrap().observe(PAUSE).unwrap()
}

fn count(fates: &[Fate], fate: Fate) -> usize {
    fates.iter().filter(|&&one| one == fate).count()
}

const ERROR: [Refused; 1] = [Refused(FAILS)];

#[test]
fn joined_handles_leave_the_others_running() {
    let seen = seen("detached");
    assert_eq!(seen.answer, Answer { values: vec![], errors: ERROR.to_vec() });
    assert_eq!((seen.before.as_slice(), seen.after.as_slice()), (&[Fate::Failed][..], &[Fate::Finished; 4][..]));
}

#[test]
fn parts_of_one_task_and_a_set_are_cancelled_before_the_answer() {
    for id in ["fail_fast", "structured"] {
        let seen = seen(id);
        assert_eq!(seen.answer, Answer { values: vec![], errors: ERROR.to_vec() }, "{id}");
        assert_eq!((count(&seen.before, Fate::Failed), count(&seen.before, Fate::Cancelled)), (1, 4), "{id}: {seen:?}");
        assert!(seen.after.is_empty(), "{id}: {:?} outlived the answer", seen.after);
    }
}

#[test]
fn collecting_all_keeps_every_value_and_the_error() {
    let seen = seen("collect_all");
    let mut values = seen.answer.values.clone();
    values.sort_unstable();
    assert_eq!((values.as_slice(), seen.answer.errors.as_slice()), (&[0, 2, 3, 4][..], &ERROR[..]));
    assert!(seen.took >= PAUSE.as_nanos() as u64, "it waited for the slowest");
    assert_eq!(count(&seen.before, Fate::Finished), 4);
}

/// What ended badly is marked in its lane; where the one that fails is waited for like the others, nothing is cancelled.
#[test]
fn who_failed_and_who_was_cancelled_is_marked() {
    for technique in &TECHNIQUES {
        let seen = technique.observe(Duration::from_millis(500)).unwrap();
        let fates = [seen.before.as_slice(), seen.after.as_slice()].concat();
        for (mark, fate) in [(State::Failed, Fate::Failed), (State::Cancelled, Fate::Cancelled)] {
            let marked = seen.trace.lanes.iter().filter(|lane| lane.spans.last().is_some_and(|s| s.state == mark));
            assert_eq!(marked.count(), count(&fates, fate), "{} {mark:?}", technique.id);
        }
    }
}

#[test]
fn all_five_wait_together_and_the_caller_beside_them() {
    for technique in &TECHNIQUES {
        let seen = technique.observe(Duration::from_millis(500)).unwrap();
        assert_eq!(seen.trace.peak_in_flight(&[State::WaitingForIo]), TASKS + 1, "{}", technique.id);
    }
}

/// Known wrong: a set that is only dropped on the error. Its tasks are told to stop, but nobody waits until they have: the answer
/// comes first.
#[test]
fn a_set_that_is_dropped_is_not_a_set_that_has_ended() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (recorder, ends) = (Recorder::new(), Ends::default());
    let diaries = Diary::five(&recorder, &ends);
    let at_the_answer = Arc::new(Mutex::new(0));
    runtime.block_on(async {
        let mut set: tokio::task::JoinSet<_> =
            (0..).zip(diaries).map(|(name, diary)| tasks::task(name, Duration::from_millis(500), diary)).collect();
        let first = set.join_next().await.unwrap().unwrap();
        assert_eq!(first, Err(ERROR[0]));
        drop(set);
        *at_the_answer.lock().unwrap() = ends.lock().unwrap().len();
    });
    assert!(*at_the_answer.lock().unwrap() < TASKS, "the others have not ended yet");
}
