//! The three questions of the book's page, for `--ask`.

use lab::ask::{self, Outcome, Question};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Report, unit};
use lab::text;

/// All three.
pub fn all(pythons: &[Interpreter]) -> Vec<Question> {
    // Only an interpreter with a GIL answers the second.
    let id = pythons.iter().find(|python| python.why_no_gil().is_none()).map(|python| python.measure_id(""));
    vec![
        Question::new(
            text!(
                "0인 카운터에 두 스레드가 락 없이 1씩 더하면 어떤 값이 나올 수 있을까요? 나와서는 안 되는 값은 무엇일까요?",
                "Two threads add 1 each to a counter at 0, without a lock. Which values can come out, and which must not?"
            ),
            vec![
                text!("2만. 1이 나오면 안 됩니다", "only 2; 1 must not"),
                text!("1이나 2. 0은 나오면 안 됩니다", "1 or 2; 0 must not"),
                text!("0, 1, 2 모두", "0, 1 or 2"),
            ],
            values,
        ),
        Question::new(
            text!(
                "GIL이 있는 CPython에서 `counter += 1`과 `counter += one()` 가운데 갱신이 유실되는 것은 어느 쪽일까요?",
                "On a CPython with a GIL, which loses updates: `counter += 1` or `counter += one()`?"
            ),
            vec![
                text!("둘 다 유실되지 않음", "neither"),
                text!("`counter += 1`만", "only `counter += 1`"),
                text!("`counter += one()`만", "only `counter += one()`"),
                text!("둘 다", "both"),
            ],
            move |report| on_python(report, id.as_deref()),
        ),
        Question::new(
            text!(
                "갱신 한 번에 드는 시간은 `std::sync::Mutex`, `parking_lot::Mutex`, `AtomicU64::fetch_add` 가운데 어느 것이 가장 짧을까요? 락 없이 틀린 답을 내는 코드는 그보다 훨씬 빠를까요?",
                "Which takes the least time for one update: `std::sync::Mutex`, `parking_lot::Mutex` or `AtomicU64::fetch_add`? And is the code without a lock, which gives a wrong answer, much faster than that?"
            ),
            vec![
                text!("`std::sync::Mutex`", "`std::sync::Mutex`"),
                text!("`parking_lot::Mutex`", "`parking_lot::Mutex`"),
                text!(
                    "`fetch_add`. 락 없는 코드가 두 배 넘게 빠르지는 않음",
                    "`fetch_add`; without a lock it is not more than twice as fast"
                ),
                text!(
                    "`fetch_add`. 락 없는 코드는 두 배 넘게 빠름",
                    "`fetch_add`; without a lock it is more than twice as fast"
                ),
            ],
            |report| fastest(report, cfg!(debug_assertions)),
        ),
    ]
}

/// By the counts of the rounds in which two threads add 1 each.
fn values(report: &Report) -> Outcome {
    let table = report.tables.first().ok_or_else(|| ask::not_in_this_run("load_then_store"))?;
    let times = |value: &str| {
        let row = table.rows.iter().find(|row| row[0].en == "load_then_store" && row[1].en == value);
        row.and_then(|row| row[3].en.parse::<u64>().ok()).ok_or_else(|| ask::not_in_this_run(value))
    };
    let (two, one, other) = (times("2")?, times("1")?, times("other")?);
    let evidence =
        text!("2: {two}번, 1: {one}번, 기타: {other}번", "2: {two} times, 1: {one} times, others: {other} times");
    match (one, other) {
        (_, 1..) => Ok((2, evidence)),
        (1.., 0) => Ok((1, evidence)),
        (0, 0) => {
            let Text { ko, en } = evidence;
            Err(text!("{ko}. 나타나지 않았다고 해서 나올 수 없는 것은 아닙니다", "{en}; not to be seen is no proof"))
        }
    }
}

/// With `counter += one()` the loss may fail to appear, and then the run decides nothing.
fn on_python(report: &Report, id: Option<&str>) -> Outcome {
    let id = id.ok_or_else(|| text!("GIL이 있는 파이썬이 없습니다", "no Python with a GIL in this run"))?;
    let lost = |form| {
        let samples = &ask::measure(report, &format!("{id}lost_share.{form}"))?.samples;
        Ok::<f64, Text>(samples.iter().copied().fold(0.0, f64::max))
    };
    let (plain, call) = (lost("plain")?, lost("call")?);
    let [plain_share, call_share] = [plain, call].map(|share| unit::value(share, unit::Unit::Share));
    let evidence = text!(
        "최대 유실: `counter += 1` {plain_share}, `counter += one()` {call_share}",
        "lost at most: `counter += 1` {plain_share}, `counter += one()` {call_share}"
    );
    match (plain > 0.0, call > 0.0) {
        (false, true) => Ok((2, evidence)),
        (true, false) => Ok((1, evidence)),
        (true, true) => Ok((3, evidence)),
        (false, false) => {
            let Text { ko, en } = evidence;
            Err(text!(
                "{ko}. 이번에 나타나지 않았을 뿐 증명은 아닙니다",
                "{en}; none seen this time, which proves nothing"
            ))
        }
    }
}

fn fastest(report: &Report, debug: bool) -> Outcome {
    if debug {
        return Err(text!(
            "디버그 빌드에서는 std만 최적화되어 있습니다. --release로 실행하십시오",
            "in a debug build only std is optimized: run it with --release"
        ));
    }
    let update = |name: &str| ask::measure(report, &format!("update.{name}")).map(Measure::median);
    let times = [update("std_mutex")?, update("parking_lot_mutex")?, update("fetch_add")?];
    let none = update("load_then_store")?;
    let shown = [times[0], times[1], times[2], none].map(unit::duration);
    let [std, parking_lot, fetch_add, unlocked] = shown;
    let evidence = text!(
        "std {std}, parking_lot {parking_lot}, fetch_add {fetch_add}, 락 없이 {unlocked}",
        "std {std}, parking_lot {parking_lot}, fetch_add {fetch_add}, without a lock {unlocked}"
    );
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let option = match times.iter().position(|time| *time <= least) {
        Some(2) if 2.0 * none < least => 3,
        Some(option) => option,
        None => return Err(evidence),
    };
    Ok((option, evidence))
}

#[cfg(test)]
mod tests {
    use lab::report::Unit;

    use super::*;
    use crate::counter_variant::{PROTECTED, UNPROTECTED};
    use crate::experiments::counter::litmus;
    use crate::outcomes::Tally;

    #[test]
    fn the_values_are_those_that_were_counted() {
        let seen = |counts: &[(&'static str, u64)]| {
            let mut tally = Tally::new("load_then_store", UNPROTECTED);
            counts.iter().for_each(|(value, times)| tally.add(*value, *times));
            let tables = vec![litmus::table(&[tally, Tally::new("std_mutex", PROTECTED)])];
            values(&Report { tables, ..Report::default() }).map(|(option, _)| option).ok()
        };
        assert_eq!(seen(&[("2", 90), ("1", 10)]), Some(1));
        assert_eq!(seen(&[("2", 90), ("0", 10)]), Some(2));
        assert_eq!(seen(&[("2", 90)]), None, "1 did not appear, which proves nothing");
    }

    #[test]
    fn the_losses_are_those_of_the_interpreter() {
        let lost = |plain: f64, call: f64| {
            let measure = |(form, share)| {
                Measure::new(format!("p.lost_share.{form}"), Text::default(), Unit::Share, vec![0.0, share])
            };
            let report =
                Report { measures: [("plain", plain), ("call", call)].map(measure).into(), ..Report::default() };
            on_python(&report, Some("p.")).map(|(option, _)| option).ok()
        };
        assert_eq!([lost(0.0, 0.1), lost(0.1, 0.0), lost(0.1, 0.1), lost(0.0, 0.0)], [Some(2), Some(1), Some(3), None]);
        assert!(on_python(&Report::default(), None).is_err());
    }

    #[test]
    fn the_fastest_is_that_of_the_run() {
        let option = |updates: [f64; 4]| {
            let names = ["std_mutex", "parking_lot_mutex", "fetch_add", "load_then_store"];
            let measure = |(name, ns)| Measure::new(format!("update.{name}"), Text::default(), Unit::Ns, vec![ns]);
            let measures = names.into_iter().zip(updates).map(measure).collect();
            fastest(&Report { measures, ..Report::default() }, false).unwrap().0
        };
        let cases = [[5.0, 9.0, 9.0, 9.0], [9.0, 5.0, 9.0, 9.0], [9.0, 9.0, 5.0, 4.0], [9.0, 9.0, 5.0, 1.0]];
        assert_eq!(cases.map(option), [0, 1, 2, 3]);
        assert!(fastest(&Report::default(), true).is_err(), "a debug build decides nothing");
    }
}
