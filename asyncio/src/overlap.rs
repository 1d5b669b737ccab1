//! The verdict on the article's claim that waiting tasks wait together on a single thread, from the lanes of the tasks.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::text;
use lab::trace::{State, Trace};

use crate::event_loop;

/// The claim's id in the ledger.
pub const CLAIM: &str = "asyncio-io-overlap";

/// The claim on the number of threads.
pub const ONE_THREAD: &str = "asyncio-one-thread";

/// In ns: a task that starts within this time after another one was not delayed by it.
const AT_ONCE: u64 = 1_000_000;

/// Where a runtime runs its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadModel {
    /// On the calling thread: an event loop as in the article.
    OneThread,
    /// On the threads of a pool. The pool decides how many it uses; it may be one.
    Pool,
}

/// The verdict on tasks whose waits are the lanes of the trace (the lane of the loop's thread does not count) and which ran on `threads`
/// threads. If the threads were not counted (`None`), the verdict is on the waiting alone.
pub fn judge(on: &str, trace: &Trace, model: ThreadModel, threads: Option<usize>) -> Verdict {
    let trace = &event_loop::without_it(trace);
    let (peak, all) = (trace.peak_in_flight(&[State::WaitingForIo]), trace.lanes.len());
    if all < 2 {
        let why = text!("태스크가 하나뿐입니다", "there is only one task");
        return Verdict::not_measured(CLAIM, on, why);
    }
    if peak < all && !held_up(trace) {
        let why = text!(
            "대기 시간이 너무 짧습니다: 마지막 태스크가 시작하기 전에 끝난 태스크가 있어 동시에 최대 {peak}개만 기다렸습니다. --seconds를 늘리십시오",
            "the wait is too short: some tasks ended before the last one started, so at most {peak} waited at once. Increase --seconds"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = match threads {
        Some(threads) => text!(
            "태스크 {all}개 중 동시에 기다린 것은 최대 {peak}개, 태스크를 실행한 스레드는 {threads}개",
            "up to {peak} of {all} tasks waited at once, on {threads} thread(s)"
        ),
        None => {
            text!("태스크 {all}개 중 동시에 기다린 것은 최대 {peak}개", "up to {peak} of {all} tasks waited at once")
        }
    };
    if model == ThreadModel::Pool && peak == all {
        let why = Text {
            ko: format!("태스크를 여러 스레드에 나누는 런타임이므로 이 주장의 대상이 아닙니다: {}", evidence.ko),
            en: format!(
                "not what the claim is about, because this runtime spreads tasks over threads: {}",
                evidence.en
            ),
        };
        return Verdict::not_measured(CLAIM, on, why);
    }
    Verdict::seen(CLAIM, on, peak == all && threads.is_none_or(|n| n == 1), evidence)
}

/// The verdict on an event loop whose tasks ran on so many threads.
pub fn one_thread(on: &str, tasks: usize, threads: usize) -> Verdict {
    if tasks < 2 {
        return Verdict::not_measured(ONE_THREAD, on, text!("태스크가 하나뿐입니다", "there is only one task"));
    }
    let evidence = text!("태스크 {tasks}개를 실행한 스레드는 {threads}개", "{tasks} tasks ran on {threads} thread(s)");
    Verdict::seen(ONE_THREAD, on, threads == 1, evidence)
}

/// Whether some tasks started only after others had finished waiting. Then two starts are about one wait apart. Many tasks that only
/// take long to start show no such gap.
fn held_up(trace: &Trace) -> bool {
    let spans = || trace.lanes.iter().flat_map(|lane| &lane.spans);
    let wait = spans().map(|span| span.end - span.start).min().unwrap_or(0);
    let mut starts: Vec<u64> = spans().map(|span| span.start).collect();
    starts.sort_unstable();
    // Half a wait, not a whole one: if two tasks run at a time, the second of them starts a little after the first.
    starts.windows(2).any(|pair| pair[1] - pair[0] >= (wait / 2).max(AT_ONCE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn two_threads_are_not_one_and_one_task_says_nothing() {
        assert_eq!(one_thread("a loop", 5, 1).outcome, Outcome::Holds);
        assert_eq!(one_thread("a pool", 5, 2).outcome, Outcome::DoesNotHold);
        assert!(matches!(one_thread("a loop", 1, 1).outcome, Outcome::NotMeasured(_)));
    }
}
