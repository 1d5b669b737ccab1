//! Verdicts on the article's claims that several experiments share.

use lab::claims::Verdict;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Report, Unit};
use lab::text;

/// The claim on what is protected.
pub const KEPT: &str = "mutex-keeps-data-whole";
/// The claim on what is not.
pub const LOST: &str = "unprotected-updates-are-lost";

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
