//! What the lanes of waiting tasks say about the article's claim: they wait together, on a single thread.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::text;
use lab::trace::{State, Trace};

/// The claim, by its id in the ledger.
pub const CLAIM: &str = "asyncio-io-overlap";

/// A task that starts no later than this after another was not held up by it, in ns.
const AT_ONCE: u64 = 1_000_000;

/// Where a runtime runs its tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// On the thread that calls: an event loop as in the article.
    OneThread,
    /// On threads of its own, of which it takes as many as it likes; that may happen to be one.
    Pool,
}

/// The verdict on tasks whose waits are the lanes of the trace, and which were seen on so many threads; `None` where nobody
/// counted threads, and only the waiting is judged.
pub fn judge(on: &str, trace: &Trace, home: Home, threads: Option<usize>) -> Verdict {
    let (peak, all) = (trace.peak_in_flight(&[State::WaitingForIo]), trace.lanes.len());
    if all < 2 {
        let why = text!("함께 기다릴 태스크가 없습니다", "there is no other task to wait together with");
        return Verdict::not_measured(CLAIM, on, why);
    }
    if peak < all && !held_up(trace) {
        let why = text!(
            "기다림이 너무 짧습니다: 마지막 태스크가 시작하기 전에 먼저 끝난 것이 있어 동시에 최대 {peak}개였습니다. --seconds를 늘리십시오",
            "the wait is too short: some were done before the last had started, {peak} at once at the peak. Give more --seconds"
        );
        return Verdict::not_measured(CLAIM, on, why);
    }
    let evidence = match threads {
        Some(threads) => text!(
            "{all}개 가운데 동시에 기다린 것 최대 {peak}개, 태스크가 돈 스레드 {threads}개",
            "{peak} of {all} waited at once at the peak, on {threads} thread(s)"
        ),
        None => text!("{all}개 가운데 동시에 기다린 것 최대 {peak}개", "{peak} of {all} waited at once at the peak"),
    };
    if home == Home::Pool && peak == all {
        let why = Text {
            ko: format!("여러 스레드에 태스크를 나누는 런타임이라 이 주장의 대상이 아닙니다: {}", evidence.ko),
            en: format!("not what the claim is about, as this runtime spreads tasks over threads: {}", evidence.en),
        };
        return Verdict::not_measured(CLAIM, on, why);
    }
    Verdict::seen(CLAIM, on, peak == all && threads.is_none_or(|n| n == 1), evidence)
}

/// Whether some tasks started only when others had waited to their end: then a gap of about a wait lies between two starts.
/// Tasks that merely take long to start, because they are many, leave no such gap.
fn held_up(trace: &Trace) -> bool {
    let spans = || trace.lanes.iter().flat_map(|lane| &lane.spans);
    let wait = spans().map(|span| span.end - span.start).min().unwrap_or(0);
    let mut starts: Vec<u64> = spans().map(|span| span.start).collect();
    starts.sort_unstable();
    // Half a wait: where two at a time are let in, the second starts a little after the first.
    starts.windows(2).any(|pair| pair[1] - pair[0] >= (wait / 2).max(AT_ONCE))
}
