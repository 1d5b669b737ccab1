//! The three questions of the book's page, for `--ask`. The first interpreter that the extension ran on answers them.

use lab::ask::{self, Outcome, Question};
use lab::lang::Text;
use lab::report::unit::duration;
use lab::report::{Measure, Report};
use lab::text;

use crate::overlap::{OVERLAP, shown};

/// A third thread that is never kept out for longer than this, in ns, runs as it likes: its nap is 1 ms.
const AS_IT_LIKES: f64 = 3e6;

/// All three.
pub fn all() -> Vec<Question> {
    let options = || {
        vec![
            text!("한순간도 함께 있지 않음", "never, not for an instant"),
            text!("일부 시간 동안", "for some of the time"),
            text!("거의 내내", "for almost all of the time"),
        ]
    };
    vec![
        Question::new(
            text!(
                "두 스레드가 GIL을 쥔 채 실행되는 네이티브 코드를 호출합니다. 두 스레드가 함께 네이티브 코드에 있는 시간은 얼마나 될까요?",
                "Two threads call native code that holds the GIL. For how much of the time are both of them in native code?"
            ),
            options(),
            |report| both(report, "overlap.holding"),
        ),
        Question::new(
            text!(
                "같은 루프가 이번에는 GIL을 해제합니다. 두 스레드가 함께 네이티브 코드에 있는 시간은 얼마나 될까요?",
                "The same loop releases the GIL this time. For how much of the time are both threads in native code?"
            ),
            options(),
            |report| both(report, "overlap.releasing"),
        ),
        Question::new(
            text!(
                "네이티브 코드가 GIL을 쥐고 있는 동안 셋째 스레드가 1 ms마다 파이썬 코드를 실행하려고 합니다. 언제 실행될까요?",
                "While native code holds the GIL, a third thread wants to run Python code every millisecond. When does it run?"
            ),
            vec![
                text!("1 ms마다", "every millisecond"),
                text!("늦어도 전환 간격(5 ms)이 지나면", "after the switch interval (5 ms) at the latest"),
                text!("호출과 호출 사이에만", "only between two calls"),
            ],
            third,
        ),
    ]
}

/// A measurement of the first interpreter.
fn first<'r>(report: &'r Report, id: &str) -> Result<&'r Measure, Text> {
    let suffix = format!(".{id}");
    let found = report.measures.iter().find(|measure| measure.id.ends_with(&suffix));
    found.ok_or_else(|| ask::not_in_this_run(id))
}

fn both(report: &Report, id: &str) -> Outcome {
    let share = first(report, id)?.median();
    let shown = shown(share);
    let evidence = text!("{shown} 겹쳤습니다", "they overlap by {shown}");
    Ok((if share > OVERLAP { 2 } else { usize::from(share > 0.0) }, evidence))
}

fn third(report: &Report) -> Outcome {
    let (ran, pause) = (first(report, "ran.holding")?.median(), first(report, "pause.holding")?.median());
    let calls = first(report, "calls.holding")?.median();
    let longest = duration(pause);
    let evidence = text!(
        "호출 {calls:.0}번 가운데 {ran:.0}번에서 실행되었고, 최대 {longest} 멈췄습니다",
        "it ran during {ran:.0} of {calls:.0} calls, and stood still for up to {longest}"
    );
    let option = match (ran, pause) {
        (0.0, _) => 2,
        (_, pause) if pause < AS_IT_LIKES => 0,
        _ => 1,
    };
    Ok((option, evidence))
}

#[cfg(test)]
mod tests {
    use lab::report::Unit;

    use super::*;

    fn measured(values: &[(&str, f64)]) -> Report {
        let measure = |&(id, value): &(&str, f64)| {
            Measure::new(format!("cpython-3.11.7.{id}"), Text::default(), Unit::Count, vec![value])
        };
        Report { measures: values.iter().map(measure).collect(), ..Report::default() }
    }

    #[test]
    fn the_overlap_of_the_run_answers() {
        let option = |share| both(&measured(&[("overlap.holding", share)]), "overlap.holding").map(|(n, _)| n).ok();
        assert_eq!([option(0.0), option(0.2), option(0.98)], [Some(0), Some(1), Some(2)]);
        assert!(both(&Report::default(), "overlap.holding").is_err(), "no Python");
    }

    #[test]
    fn the_third_thread_answers() {
        let option = |ran, pause| {
            let report = measured(&[("ran.holding", ran), ("pause.holding", pause), ("calls.holding", 8.0)]);
            third(&report).map(|(n, _)| n).ok()
        };
        assert_eq!([option(8.0, 1.2e6), option(8.0, 6e6), option(0.0, 80e6)], [Some(0), Some(1), Some(2)]);
    }
}
