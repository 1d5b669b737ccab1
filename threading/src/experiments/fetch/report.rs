//! The results of the techniques. Results are compared before times: if the work was not the same, there is no ratio and no verdict.

use lab::claims::{Outcome, Verdict};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::text;
use lab::trace::{State, Trace};

use super::failure;
use super::techniques::{Fetched, MAX_FAILURES};
use crate::overlap::{self, CLAIM};

/// The claim that sleeping, as in the article's listings, stands for real I/O.
pub(super) const SLEEP: &str = "sleep-stands-for-io";

/// Adds the results of a technique to the report.
pub(super) fn add(report: &mut Report, id: &str, fetched: &Fetched, urls: &[String]) {
    let title = &fetched.trace.title;
    let wall = vec![fetched.trace.duration() as f64];
    report.measures.push(Measure::new(format!("wall.{id}"), title.clone(), Unit::Ns, wall));
    report.traces.push(fetched.trace.clone());
    let failures = fetched.failures(urls);
    if failures.is_empty() {
        return;
    }
    let name = Text { ko: format!("{}: 실패", title.ko), en: format!("{}: failed", title.en) };
    report.measures.push(Measure::new(format!("failed.{id}"), name, Unit::Count, vec![failures.len() as f64]));
    report.notes.extend(
        failure::summary(&failures)
            .into_iter()
            .map(|line| Text { ko: format!("{}: {}", title.ko, line.ko), en: format!("{}: {}", title.en, line.en) }),
    );
    if failures.len() >= MAX_FAILURES && fetched.outcomes.contains(&None) {
        let failed = failures.len();
        report.notes.push(text!(
            "{failed}번 실패한 뒤 나머지는 보내지 않았습니다.",
            "after {failed} failures the rest were not sent."
        ));
    }
}

/// The verdict on a pool with this number of threads, compared with the sequence.
pub(super) fn judge(sequence: &Fetched, pool: &Fetched, threads: usize) -> Verdict {
    let (peak, answered, all) = (peak_of(&pool.trace), pool.answered(), pool.outcomes.len());
    let why = if !pool.same_work(sequence) {
        different_work(sequence.answered(), answered, all)
    } else if answered < all && peak < 2 {
        text!(
            "요청 {all}개 가운데 {answered}개만 응답을 받아, 기다리는 시간이 겹치는지 알 수 없습니다",
            "only {answered} of {all} requests were answered, too few to tell whether waits overlap"
        )
    } else {
        return overlap::judge("Rust", threads.min(answered), peak, 2);
    };
    Verdict::not_measured(CLAIM, "Rust", why)
}

/// The verdict on the Python twin, which reports how many requests failed. In its lanes, too, only answered requests count as waiting.
pub(super) fn judge_twin(on: String, twin: &Report, requests: usize, threads: usize) -> Verdict {
    let failed = |id: &str| twin.measure(&format!("failed.{id}")).map_or(0, |measure| measure.median() as usize);
    let [sequence, pool] = [failed("sequence"), failed("threads")].map(|failed| requests.saturating_sub(failed));
    match twin.traces.last() {
        Some(trace) if sequence == requests && pool == requests => {
            overlap::judge(on, threads.min(requests), peak_of(trace), 2)
        }
        _ => Verdict::not_measured(CLAIM, on, different_work(sequence, pool, requests)),
    }
}

/// Whether sleeping overlaps as waiting for answers does, which `requests` judges.
pub(super) fn judge_sleep(requests: &Verdict, asleep: Option<&Trace>) -> Verdict {
    let on = requests.on.clone();
    let Some(asleep) = asleep.map(peak_of) else {
        let why = text!("서버의 지연을 알 수 없어 그만큼 자지 못했습니다", "how long the server takes is not known");
        return Verdict::not_measured(SLEEP, on, why);
    };
    match &requests.outcome {
        Outcome::NotMeasured(why) => Verdict::not_measured(SLEEP, on, why.clone()),
        _ if asleep < 2 => Verdict::not_measured(
            SLEEP,
            on,
            text!("잠이 너무 짧아 겹치지 않았습니다", "the sleeps were too brief to overlap"),
        ),
        outcome => {
            let Text { ko, en } = &requests.evidence;
            let evidence =
                text!("동시에 잔 스레드 최대 {asleep}개; {ko}", "threads asleep at once: at most {asleep}; {en}");
            Verdict::seen(SLEEP, on, *outcome == Outcome::Holds, evidence)
        }
    }
}

fn different_work(sequence: usize, pool: usize, all: usize) -> Text {
    text!(
        "수행한 작업이 다릅니다. 요청 {all}개 가운데 순차 실행에서 {sequence}개, 풀에서 {pool}개가 응답을 받았습니다",
        "the work differs: of {all} requests, {sequence} were answered in sequence and {pool} in the pool"
    )
}

pub(super) fn peak_of(trace: &Trace) -> usize {
    trace.peak_in_flight(&[State::WaitingForIo])
}

/// The sentence; with a ratio only if both did the same work.
pub(super) fn shows(sequence: &Fetched, pool: &Fetched, threads: usize) -> Text {
    let (slow, fast) = (sequence.trace.duration() as f64, pool.trace.duration() as f64);
    let requests = pool.outcomes.len();
    let gain = slow / fast;
    let (slow, fast, peak) = (unit::duration(slow), unit::duration(fast), peak_of(&pool.trace));
    if !pool.same_work(sequence) {
        let (one, many) = (sequence.answered(), pool.answered());
        return text!(
            "GET {requests}번 가운데 순차 실행에서는 {slow} 동안 {one}번, 스레드 {threads}개의 풀에서는 {fast} 동안 {many}번 응답을 받았습니다. 수행한 작업이 다르므로 시간을 비교하지 않습니다.",
            "GETs: {requests}. In sequence {one} were answered in {slow}, with a pool (threads: {threads}) {many} in {fast}. The work was not the same, so the times are not compared."
        );
    }
    let answered = pool.answered();
    let some =
        if answered < requests { text!("(응답 {answered}번)", " ({answered} answered)") } else { Text::default() };
    let (ko, en) = (some.ko, some.en);
    text!(
        "GET {requests}번{ko}에 걸린 시간은 순차 실행 {slow}, 스레드 {threads}개의 풀 {fast}({gain:.2}배)입니다. 동시에 최대 {peak}개가 응답을 기다렸습니다. 기다리는 시간은 GIL이 있어도 겹칩니다.",
        "GETs: {requests}{en}. In sequence {slow}, with a pool (threads: {threads}) {fast} ({gain:.2}×). At most {peak} waited for an answer at once. Waiting overlaps, with or without a GIL."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::trace::Lane;

    #[test]
    fn sleeping_stands_for_requests_only_if_both_overlap() {
        let lane = |start| Lane::of(Text::default(), State::WaitingForIo, start, start + 10);
        let trace = |starts: [u64; 2]| Trace::new(Text::default(), starts.map(lane).to_vec());
        let (together, in_turn) = (trace([0, 5]), trace([0, 10]));
        let outcome = |peak, asleep| judge_sleep(&overlap::judge("Rust", 4, peak, 2), asleep).outcome;
        assert_eq!(outcome(4, Some(&together)), Outcome::Holds);
        assert_eq!(outcome(1, Some(&together)), Outcome::DoesNotHold, "requests that do not overlap refute it");
        assert!(
            matches!(outcome(4, Some(&in_turn)), Outcome::NotMeasured(_)),
            "sleeps that did not overlap tell nothing"
        );
        assert!(matches!(outcome(4, None), Outcome::NotMeasured(_)));
        let one_thread = overlap::judge("Rust", 1, 1, 2);
        assert!(matches!(judge_sleep(&one_thread, Some(&together)).outcome, Outcome::NotMeasured(_)));
    }
}
