//! The three questions of the book's page, for `--ask`.

use std::time::Duration;

use lab::ask::{self, Outcome, Question};
use lab::report::{Measure, Report, unit};
use lab::text;
use lab::trace::State;

/// The interval of the further run of the third question, in ns.
const SHORT: f64 = 1e6;

/// All three; `interval` is the switch interval of the run.
pub fn all(interval: Duration) -> Vec<Question> {
    let interval = interval.as_nanos() as f64;
    vec![
        Question::new(
            text!(
                "GIL을 씌운 채 계산하는 스레드 둘을 레인으로 그리면, 한순간에 `█`인 레인은 최대 몇 개일까요? 락이 없으면 몇 개일까요?",
                "Two threads compute under the GIL. When you draw their lanes, how many can be `█` at one moment? And without the lock?"
            ),
            vec![
                text!("GIL 아래에서 하나, 락 없이도 하나", "one under the GIL, one without the lock"),
                text!("GIL 아래에서 하나, 락 없이는 여럿", "one under the GIL, several without the lock"),
                text!("GIL 아래에서도 여럿", "several under the GIL too"),
            ],
            peaks,
        ),
        Question::new(
            text!(
                "스레드는 GIL을 한 번 획득하면 얼마 동안 쥐고 있을까요?",
                "How long does a thread hold the GIL once it has it?"
            ),
            vec![
                text!("전환 간격의 10분의 1도 안 되는 동안", "less than a tenth of the switch interval"),
                text!("전환 간격쯤(기본 5 ms)", "about a switch interval (5 ms by default)"),
                text!("할 일이 끝날 때까지", "until its work is done"),
            ],
            move |report| held(report, interval),
        ),
        Question::with_run(
            text!(
                "전환 간격을 5 ms에서 1 ms로 줄이면 GIL이 넘어가는 횟수는 몇 배가 될까요? 전체 시간은 줄어들까요?",
                "If you shorten the switch interval from 5 ms to 1 ms, how many times as often is the GIL handed over? Does the whole run take less time?"
            ),
            vec![
                text!("2배 미만, 시간은 그대로", "less than twice, in the same time"),
                text!("2배 이상, 시간은 그대로", "twice or more, in the same time"),
                text!("2배 이상, 시간도 줄어듦", "twice or more, in less time"),
            ],
            &["--interval", "0.001"],
            move |report, short| shorter(report, short, interval),
        ),
    ]
}

/// The most lanes that ran at once: of the run without a lock, then of that under the GIL.
fn peaks(report: &Report) -> Outcome {
    let [free, held, ..] = report.traces.as_slice() else { return Err(ask::not_in_this_run("trace")) };
    let [free, held] = [free, held].map(|trace| trace.peak_in_flight(&[State::Running]));
    let evidence = text!("GIL 아래에서 {held}개, 락 없이 {free}개", "under the GIL {held}, without a lock {free}");
    match (held, free) {
        (2.., _) => Ok((2, evidence)),
        (1, 2..) => Ok((1, evidence)),
        (1, 1) => Ok((0, evidence)),
        _ => Err(evidence),
    }
}

/// The last turn of a thread ends with its work, so the median decides.
fn held(report: &Report, interval: f64) -> Outcome {
    let slice = ask::measure(report, "slice")?;
    let (median, turns, whole) = (slice.median(), slice.samples.len(), ask::measure(report, "wall.gil")?.median());
    let lanes = report.traces.get(1).map_or(0, |trace| trace.lanes.len()).max(1);
    let shown = [median, interval].map(unit::duration);
    let [time, wait] = shown;
    let evidence =
        text!("{turns}번, 중앙값 {time}, 전환 간격 {wait}", "{turns} times, median {time}, switch interval {wait}");
    if turns <= lanes && median > 0.5 * whole / lanes as f64 {
        return Ok((2, evidence));
    }
    if median < 0.1 * interval {
        return Ok((0, evidence));
    }
    // Above: a busy machine, on which a thread loses its core while it holds the lock.
    if median < 10.0 * interval { Ok((1, evidence)) } else { Err(evidence) }
}

fn shorter(report: &Report, short: &Report, interval: f64) -> Outcome {
    if interval < 2.0 * SHORT {
        return Err(text!(
            "이번 실행의 전환 간격이 이미 짧습니다. --interval 없이 실행하십시오",
            "the interval of this run is short already: leave out --interval"
        ));
    }
    let of = |run, id| ask::measure(run, id).map(Measure::median);
    let (often, time) =
        (of(short, "switches")? / of(report, "switches")?.max(1.0), of(short, "wall.gil")? / of(report, "wall.gil")?);
    let evidence = text!("횟수 {often:.1}배, 시간 {time:.2}배", "{often:.1}× as often, {time:.2}× the time");
    // On a busy machine a thread that has waited for an interval gets no core to ask from.
    if ask::measure(short, "slice")?.median() > 2.0 * SHORT {
        let (ko, en) = (&evidence.ko, &evidence.en);
        return Err(text!(
            "{ko}. GIL을 전환 간격보다 훨씬 오래 쥐었습니다. 컴퓨터가 한가할 때 실행하십시오",
            "{en}; the GIL was held for much longer than the interval: run it while the machine is idle"
        ));
    }
    // A busy machine stretches one of the runs; it makes neither faster than the work allows.
    Ok((
        if often < 2.0 {
            0
        } else if time > 0.7 {
            1
        } else {
            2
        },
        evidence,
    ))
}

#[cfg(test)]
mod tests {
    use lab::lang::Text;
    use lab::report::Unit;
    use lab::trace::{Lane, Trace};

    use super::*;

    fn traces(second: [u64; 2]) -> Report {
        let lanes = second.map(|start| Lane::of(Text::default(), State::Running, start, start + 10));
        let together = [0, 1].map(|start| Lane::of(Text::default(), State::Running, start, start + 10));
        let traces = [together, lanes].map(|lanes| Trace::new(Text::default(), lanes.into()));
        Report { traces: traces.into(), ..Report::default() }
    }

    #[test]
    fn the_lanes_decide() {
        assert_eq!(peaks(&traces([0, 10])).unwrap().0, 1);
        assert_eq!(peaks(&traces([0, 9])).unwrap().0, 2);
        assert!(peaks(&Report::default()).is_err());
    }

    #[test]
    fn the_slices_decide() {
        let option = |slices: &[f64]| {
            let mut report = traces([0, 10]);
            report.measures.push(Measure::new("slice", Text::default(), Unit::Ns, slices.to_vec()));
            report.measures.push(Measure::new("wall.gil", Text::default(), Unit::Ns, vec![slices.iter().sum()]));
            held(&report, 5e6).map(|(option, _)| option).ok()
        };
        assert_eq!(option(&[5.1e6, 5.2e6, 5.1e6, 1e6]), Some(1));
        assert_eq!(option(&[5e3; 1000]), Some(0));
        assert_eq!(option(&[100e6, 100e6]), Some(2));
        assert_eq!(option(&[100e6, 100e6, 100e6, 100e6]), None);
    }

    #[test]
    fn two_runs_decide() {
        let run = |switches: f64, wall: f64| {
            let measure = |(id, value)| Measure::new(id, Text::default(), Unit::Count, vec![value]);
            let all = [("switches", switches), ("wall.gil", wall), ("slice", 1e8 / switches)];
            Report { measures: all.map(measure).into(), ..Report::default() }
        };
        let option =
            |switches, wall| shorter(&run(100.0, 500.0), &run(switches, wall), 5e6).map(|(option, _)| option).ok();
        assert_eq!([option(110.0, 500.0), option(480.0, 510.0), option(480.0, 100.0)], [Some(0), Some(1), Some(2)]);
        assert_eq!(option(40.0, 500.0), None, "held for 2.5 ms: nobody got a core to ask from");
        assert!(shorter(&run(100.0, 500.0), &run(100.0, 500.0), 1e6).is_err());
    }
}
