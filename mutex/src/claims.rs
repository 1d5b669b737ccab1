//! Verdicts on the article's claims that several experiments share.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Report, Unit};
use lab::text;
use lab::trace::{State, Trace};

/// The claim on what is protected.
pub const KEPT: &str = "mutex-keeps-data-whole";
/// The claim on what is not.
pub const LOST: &str = "unprotected-updates-are-lost";

/// The claim on `counter += 1` under a GIL.
pub const PLAIN: &str = "plain-increment-loses";
/// The claim on who is inside.
pub const ONE: &str = "mutex-one-at-a-time";

/// The verdict on a lock by the most threads that were inside at once; `inside`: the states in which they are.
pub fn one_at_a_time(on: impl Into<Text>, trace: &Trace, inside: &[State]) -> Verdict {
    if trace.lanes.len() < 2 {
        return Verdict::not_measured(ONE, on, text!("스레드가 하나뿐입니다", "there is only one thread"));
    }
    let peak = trace.peak_in_flight(inside);
    let evidence =
        text!("동시에 임계 구역에 있던 스레드 최대 {peak}개", "at most {peak} in the critical section at once");
    Verdict::seen(ONE, on, peak <= 1, evidence)
}

/// The claims on two locks: taken in two orders, and taken in one.
pub const TWO_ORDERS: &str = "opposite-lock-order-deadlocks";
/// See [`TWO_ORDERS`].
pub const ONE_ORDER: &str = "one-lock-order-ends";

/// The verdict on programs of which so many got stuck, with locks in one order or in two.
pub fn lock_order(one_order: bool, on: impl Into<Text>, stuck: u64, runs: u64) -> Verdict {
    let evidence = text!("{runs}번 가운데 {stuck}번 멈춤", "stuck in {stuck} of {runs} runs");
    match one_order {
        true => Verdict::seen(ONE_ORDER, on, stuck == 0, evidence),
        false => Verdict::seen_once(TWO_ORDERS, on, stuck > 0, evidence),
    }
}

/// The verdict on `counter += 1` without a lock. The claim is on interpreters with a GIL.
pub fn judge_plain(python: &Interpreter, twin: &Report) -> Verdict {
    let on = python.to_string();
    if let Some(why) = python.why_no_gil() {
        return Verdict::not_measured(PLAIN, on, why);
    }
    let Some(lost) = twin.measure("lost_share.plain") else {
        let why = text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it");
        return Verdict::not_measured(PLAIN, on, why);
    };
    let most = lost.samples.iter().copied().fold(0.0, f64::max);
    let (runs, share) = (lost.samples.len(), unit::value(most, Unit::Share));
    let evidence =
        text!("`counter += 1`: {runs}번 실행, 최대 {share} 유실", "`counter += 1`: {runs} runs, at most {share} lost");
    Verdict::seen_once(PLAIN, on, most > 0.0, evidence)
}

/// The verdicts on what one interpreter showed.
pub fn judge_twin(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    let one = |claim, id: &str, code: &str, should_lose: bool| {
        let Some(lost) = twin.measure(id) else {
            let why = text!("파이썬 대응 프로그램이 {id}를 측정하지 않았습니다", "the twin did not measure {id}");
            return Verdict::not_measured(claim, python.to_string(), why);
        };
        let any = lost.samples.iter().any(|share| *share > 0.0);
        let (runs, share) = (lost.samples.len(), unit::value(lost.median(), Unit::Share));
        let evidence = match (any, should_lose) {
            (true, _) => {
                text!("{code}: {runs}번 실행, 중앙값 {share} 유실", "{code}: {runs} runs, {share} lost (median)")
            }
            (false, false) => text!("{code}: {runs}번 실행, 유실된 갱신 없음", "{code}: none lost in {runs} runs"),
            (false, true) => text!(
                "{code}: {runs}번 실행에서 나타나지 않음(없다는 증명은 아님)",
                "{code}: none seen in {runs} runs; that does not prove there is none"
            ),
        };
        match should_lose {
            true => Verdict::seen_once(claim, python.to_string(), any, evidence),
            false => Verdict::seen(claim, python.to_string(), !any, evidence),
        }
    };
    vec![
        one(KEPT, "lost_share.lock", "with lock: counter += 1", false),
        one(LOST, "lost_share.call", "counter += one()", true),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;
    use lab::trace::Lane;

    #[test]
    fn two_threads_inside_refute_the_claim() {
        let trace = |second: (u64, u64)| {
            let lane = |(start, end)| Lane::of(Text::same("thread"), State::Running, start, end);
            Trace::new(Text::default(), vec![lane((0, 10)), lane(second)])
        };
        let judge = |trace: Trace| one_at_a_time("Rust", &trace, &[State::Running]).outcome;
        assert_eq!(judge(trace((10, 20))), Outcome::Holds);
        assert_eq!(judge(trace((9, 20))), Outcome::DoesNotHold);
        assert!(matches!(judge(Trace::default()), Outcome::NotMeasured(_)));
    }
}
