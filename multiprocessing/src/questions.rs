//! The three questions of the book's page, for `--ask`.

use lab::ask::{self, Outcome, Question};
use lab::lang::Text;
use lab::report::{Measure, Report};
use lab::trace::State;
use lab::{machine, text};

/// All three.
pub fn all() -> Vec<Question> {
    let mut all = vec![overlapping_bars()];
    let with_run =
        |(words, options, outcome): OfCpu| Question::with_run(words, options, &["cpu"], move |_, cpu| outcome(cpu));
    all.extend(of_cpu().map(with_run));
    all
}

/// Those that `cpu` answers.
pub fn for_cpu() -> Vec<Question> {
    of_cpu().map(|(words, options, outcome)| Question::new(words, options, outcome)).into()
}

fn overlapping_bars() -> Question {
    Question::new(
        text!(
            "코어가 둘인 컴퓨터에서 프로세스 다섯의 막대가 모두 겹쳐 그려졌습니다. 이것이 다섯이 동시에 계산했다는 증거가 될까요?",
            "On a machine with two cores, the bars of five processes overlap completely. Does that prove that all five computed at once?"
        ),
        vec![
            text!("예, 막대가 겹치면 동시에 계산한 것입니다", "yes, bars that overlap computed at once"),
            text!("아니요, 코어보다 많이 겹칠 수 있습니다", "no, more bars may overlap than there are cores"),
        ],
        |report| bars_and_cores(report, machine::cores()),
    )
}

/// More bars than cores at one moment: then a bar is not computing.
fn bars_and_cores(report: &Report, cores: usize) -> Outcome {
    let trace = report.traces.first().ok_or_else(|| ask::not_in_this_run("trace"))?;
    let bars = trace.peak_in_flight(&[State::Running]);
    let evidence = text!("막대는 동시에 최대 {bars}개, 코어는 {cores}개", "up to {bars} bars at once, {cores} core(s)");
    if bars > cores {
        return Ok((1, evidence));
    }
    let Text { ko, en } = evidence;
    Err(text!(
        "{ko}: 코어가 막대보다 적을 때만 알 수 있습니다(리눅스: taskset -c 0,1)",
        "{en}: only fewer cores than bars can tell (Linux: taskset -c 0,1)"
    ))
}

type OfCpu = (Text, Vec<Text>, fn(&Report) -> Outcome);

fn of_cpu() -> [OfCpu; 2] {
    [
        (
            text!(
                "프로세스 하나를 띄우고 끝내는 데 걸리는 시간은 스레드의 몇 배일까요?",
                "From start to end, how many times as long as a thread does a process take?"
            ),
            vec![
                text!("2배 미만", "less than 2 times"),
                text!("2배 이상 10배 미만", "2 to below 10 times"),
                text!("10배 이상 100배 미만", "10 to below 100 times"),
                text!("100배 이상", "100 times or more"),
            ],
            start,
        ),
        (
            text!(
                "16바이트를 보냈다가 돌려받을 때와 1 MiB를 보냈다가 돌려받을 때, 프로세스가 스레드보다 더 불리한 쪽은 어느 것일까요?",
                "Sixteen bytes are sent and come back; 1 MiB is sent and comes back. In which case are processes at the greater disadvantage?"
            ),
            vec![text!("16바이트", "16 bytes"), text!("1 MiB", "1 MiB"), text!("비슷함", "about the same")],
            messages,
        ),
    ]
}

/// How many times as long as a thread a process takes, by the fastest rounds: others show how busy the machine was.
fn factor(report: &Report, what: &str) -> Result<f64, Text> {
    let fastest = |who| ask::measure(report, &format!("{what}.{who}")).map(Measure::least);
    Ok(fastest("process")? / fastest("thread")?)
}

fn start(report: &Report) -> Outcome {
    let times = factor(report, "start")?;
    let option = [2.0, 10.0, 100.0].iter().filter(|limit| times >= **limit).count();
    Ok((option, text!("가장 빠른 회차에서 {times:.1}배", "{times:.1}× in the fastest rounds")))
}

fn messages(report: &Report) -> Outcome {
    /// Factors that are nearer to each other than this are about the same.
    const ALIKE: f64 = 1.25;
    let (small, large) = (factor(report, "ipc.small")?, factor(report, "ipc.large")?);
    let evidence = text!(
        "스레드와 비교해 16바이트 {small:.1}배, 1 MiB {large:.1}배",
        "compared with a thread: 16 bytes {small:.1}×, 1 MiB {large:.1}×"
    );
    let option = match large / small {
        ratio if ratio >= ALIKE => 1,
        ratio if ratio <= 1.0 / ALIKE => 0,
        _ => 2,
    };
    Ok((option, evidence))
}

#[cfg(test)]
mod tests {
    use lab::report::Unit;
    use lab::trace::{Lane, Trace};

    use super::*;

    #[test]
    fn five_bars_prove_something_only_beside_the_number_of_cores() {
        let lanes = (0..5).map(|n| Lane::of(Text::same("p"), State::Running, n, 100)).collect();
        let report = Report { traces: vec![Trace::new(Text::default(), lanes)], ..Report::default() };
        assert_eq!(bars_and_cores(&report, 2).unwrap().0, 1);
        assert!(bars_and_cores(&report, 8).is_err());
    }

    #[test]
    fn the_factors_are_those_of_the_run() {
        let cpu = |factors: [f64; 3]| {
            let mut report = Report::default();
            for (id, factor) in ["start", "ipc.small", "ipc.large"].into_iter().zip(factors) {
                for (who, ns) in [("process", factor * 100.0), ("thread", 100.0)] {
                    report.measures.push(Measure::new(format!("{id}.{who}"), Text::default(), Unit::Ns, vec![ns]));
                }
            }
            report
        };
        let option = |outcome: Outcome| outcome.unwrap().0;
        assert_eq!([1.0, 5.0, 50.0, 500.0].map(|times| option(start(&cpu([times, 1.0, 1.0])))), [0, 1, 2, 3]);
        assert_eq!([(9.0, 1.0), (2.0, 20.0), (2.0, 2.1)].map(|(s, l)| option(messages(&cpu([1.0, s, l])))), [0, 1, 2]);
        assert!(start(&Report::default()).is_err());
    }
}
