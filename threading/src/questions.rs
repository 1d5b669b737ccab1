//! The three questions of the book's page, for `--ask`.

use lab::ask::{self, Outcome, Question};
use lab::lang::Text;
use lab::report::{Measure, Report, unit};
use lab::text;

use crate::overlap::CLAIM;

/// The claim that a waiting thread does not keep the GIL.
pub const RELEASED: &str = "gil-released-while-waiting";

/// All three.
pub fn all() -> Vec<Question> {
    vec![waits(), order(), pool()]
}

/// The one that `fetch` answers.
pub fn of_fetch() -> Vec<Question> {
    let Pool { words, options } = Pool::new();
    vec![Question::new(words, options, gain)]
}

fn waits() -> Question {
    Question::new(
        text!(
            "2초씩 자는 스레드 다섯이 모두 끝나는 데 몇 초가 걸릴까요? GIL이 있는 CPython에서는 어떨까요?",
            "Five threads sleep for two seconds each. After how many seconds are all of them done? And on a CPython with a GIL?"
        ),
        vec![
            text!("둘 다 2초쯤", "about 2 s on both"),
            text!("Rust에서는 2초쯤, GIL이 있으면 10초쯤", "about 2 s in Rust, about 10 s with a GIL"),
            text!("둘 다 10초쯤", "about 10 s on both"),
        ],
        together,
    )
}

/// By the verdicts: threads that wait at once need the time of one wait, threads that wait in turn that of all.
fn together(report: &Report) -> Outcome {
    let (rust, here) = ask::verdict(report, CLAIM, |on| on == "Rust")?;
    let (python, there) = ask::verdict(report, RELEASED, |on| on != "Rust")?;
    let lasted = report.traces.first().map_or(0, |trace| trace.duration());
    let lasted = unit::duration(lasted as f64);
    let evidence = Text {
        ko: format!("Rust: 모두 {lasted}, {}; CPython: {}", here.ko, there.ko),
        en: format!("Rust: all in {lasted}, {}; CPython: {}", here.en, there.en),
    };
    match (rust, python) {
        (true, true) => Ok((0, evidence)),
        (true, false) => Ok((1, evidence)),
        (false, false) => Ok((2, evidence)),
        (false, true) => Err(evidence),
    }
}

fn order() -> Question {
    Question::new(
        text!(
            "`완료` 줄은 `시작` 줄과 같은 순서로 나올까요?",
            "Do the `done` lines come in the same order as the `started` lines?"
        ),
        vec![
            text!("예, 늘 같습니다", "yes, always"),
            text!("아니요, 정해져 있지 않습니다", "no, the order is not fixed"),
        ],
        same_order,
    )
}

/// One run with another order decides; one with the same order does not.
fn same_order(report: &Report) -> Outcome {
    let ends = |trace: &lab::trace::Trace| {
        let mut spans: Vec<(u64, u64)> =
            trace.lanes.iter().flat_map(|lane| &lane.spans).map(|span| (span.start, span.end)).collect();
        spans.sort_unstable();
        spans.into_iter().map(|(_, end)| end).collect::<Vec<_>>()
    };
    match report.traces.iter().find(|trace| !ends(trace).is_sorted()) {
        Some(trace) => {
            let Text { ko, en } = &trace.title;
            Ok((1, text!("{ko}: 이번에는 다른 순서였습니다", "{en}: another order this time")))
        }
        None => Err(text!(
            "이번에는 같은 순서였지만 늘 그렇다는 증명은 아닙니다. 두세 번 더 실행해 보십시오",
            "the same order this time, which does not prove it is always so: run it again"
        )),
    }
}

struct Pool {
    words: Text,
    options: Vec<Text>,
}

impl Pool {
    fn new() -> Pool {
        Pool {
            words: text!(
                "0.05초 뒤에 응답하는 서버에 GET 요청을 열두 번 보냅니다. 스레드 넷의 풀은 순차 실행보다 몇 배 빠를까요? 4배에 못 미친다면 이유는 무엇일까요?",
                "You send twelve GETs to a server that answers after 0.05 s. How many times as fast as a sequential run is a pool of four threads? If it is less than 4, why?"
            ),
            options: vec![
                text!("2배 미만: 기다리는 시간이 겹치지 않음", "less than 2: the waits do not overlap"),
                text!(
                    "2배 이상 4배 미만: 스레드를 시작하고 연결하는 시간은 줄지 않음",
                    "2 to just below 4: starting threads and connecting is not saved"
                ),
                text!("4배 이상 8배 미만", "4 or more, below 8"),
                text!("8배 이상: 요청이 모두 함께 기다림", "8 or more: all requests wait together"),
            ],
        }
    }
}

fn pool() -> Question {
    let Pool { words, options } = Pool::new();
    Question::with_run(words, options, &["fetch"], |_, fetch| gain(fetch))
}

fn gain(fetch: &Report) -> Outcome {
    let [slow, fast] = ["wall.sequence", "wall.threads"].map(|id| ask::measure(fetch, id).map(Measure::median));
    let gain = slow? / fast?;
    let option = [2.0, 4.0, 8.0].iter().filter(|limit| gain >= **limit).count();
    Ok((option, text!("{gain:.2}배", "{gain:.2}×")))
}

#[cfg(test)]
mod tests {
    use lab::claims::Verdict;
    use lab::report::Unit;
    use lab::trace::{Lane, State, Trace};

    use super::*;

    fn report(rust: bool, python: Option<bool>) -> Report {
        let mut report = Report::new("test");
        report.verdicts.push(Verdict::seen(CLAIM, "Rust", rust, Text::default()));
        report.verdicts.push(match python {
            Some(holds) => Verdict::seen(RELEASED, "CPython 3.11.7", holds, Text::default()),
            None => Verdict::not_measured(RELEASED, "CPython", text!("파이썬이 없습니다", "no Python")),
        });
        report
    }

    #[test]
    fn the_run_decides_how_long_five_waits_take() {
        let option = |rust, python| together(&report(rust, python)).map(|(option, _)| option);
        assert_eq!(
            [option(true, Some(true)), option(true, Some(false)), option(false, Some(false))],
            [Ok(0), Ok(1), Ok(2)]
        );
        assert_eq!(option(true, None).unwrap_err().en, "no Python");
    }

    #[test]
    fn only_another_order_decides() {
        let with_ends = |ends: &[u64]| {
            let lane = |(n, end): (usize, &u64)| Lane::of(Text::same("t"), State::WaitingForIo, n as u64, *end);
            let lanes = ends.iter().enumerate().map(lane).collect();
            Report { traces: vec![Trace::new(Text::default(), lanes)], ..Report::default() }
        };
        assert!(same_order(&with_ends(&[10, 11, 12])).is_err());
        assert_eq!(same_order(&with_ends(&[10, 12, 11])).unwrap().0, 1);
    }

    #[test]
    fn the_factor_is_that_of_the_run() {
        let factor = |fast: f64| {
            let mut fetch = Report::new("threading/fetch");
            for (id, wall) in [("wall.sequence", 600.0), ("wall.threads", fast)] {
                fetch.measures.push(Measure::new(id, Text::default(), Unit::Ns, vec![wall]));
            }
            gain(&fetch).unwrap().0
        };
        assert_eq!([500.0, 160.0, 150.0, 50.0].map(factor), [0, 1, 2, 3]);
        assert!(gain(&Report::default()).is_err());
    }
}
