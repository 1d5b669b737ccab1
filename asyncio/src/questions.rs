//! The three questions of the book's page, for `--ask`.

use std::time::Duration;

use lab::ask::{self, Outcome, Question};
use lab::claims;
use lab::lang::Text;
use lab::report::{Report, unit};
use lab::text;

use crate::event_loop;
use crate::overlap::{CLAIM, ThreadModel};
use crate::programs::PROGRAMS;

/// All three; `pause` is how long a task waits in the first.
pub fn all(pause: Duration) -> Vec<Question> {
    let mut all = vec![sooner(pause)];
    all.extend(of_runtimes().map(|(words, options, outcome)| {
        Question::with_run(words, options, &["runtimes"], move |_, runtimes| outcome(runtimes))
    }));
    all
}

/// Those that `runtimes` answers.
pub fn for_runtimes() -> Vec<Question> {
    of_runtimes().map(|(words, options, outcome)| Question::new(words, options, outcome)).into()
}

fn sooner(pause: Duration) -> Question {
    Question::new(
        text!(
            "2초씩 기다리는 태스크 다섯은 스레드 다섯보다 빨리 끝날까요?",
            "Do five tasks that wait two seconds each finish sooner than five threads?"
        ),
        vec![
            text!("예, 한 번 기다리는 시간보다 빨리 끝납니다", "yes, sooner than one wait"),
            text!("아니요, 스레드처럼 한 번 기다리는 시간쯤입니다", "no, about the time of one wait, as threads"),
            text!("더 늦습니다. 스레드가 하나라 차례로 기다립니다", "later: on one thread they wait in turn"),
        ],
        move |report| whole(report, pause.as_nanos() as f64),
    )
}

/// No thread that waits is done before its wait is over, so that time is the limit for both.
fn whole(report: &Report, pause: f64) -> Outcome {
    let trace = report.traces.first().ok_or_else(|| ask::not_in_this_run("trace"))?;
    let tasks = event_loop::without_it(trace);
    let (lasted, all) = (tasks.duration() as f64, tasks.lanes.len() as f64);
    let (shown, wait) = (unit::duration(lasted), unit::duration(pause));
    let evidence = text!(
        "다섯 모두 {shown}, 한 번 기다리는 시간 {wait}. 기다리는 스레드도 그보다 빨리 끝나지 않습니다",
        "all in {shown}, one wait is {wait}; a thread that waits is not done sooner either"
    );
    match lasted / pause {
        waits if waits < 0.95 => Ok((0, evidence)),
        waits if waits < 1.5 => Ok((1, evidence)),
        waits if waits > 0.9 * all => Ok((2, evidence)),
        _ => Err(evidence),
    }
}

type OfRuntimes = (Text, Vec<Text>, fn(&Report) -> Outcome);

fn of_runtimes() -> [OfRuntimes; 2] {
    [
        (
            text!(
                "같은 태스크를 tokio, async-std, smol에서 실행할 때, 태스크가 스레드 하나에서만 실행되는 런타임은 어느 것일까요?",
                "When the same tasks run on tokio, async-std and smol, on which of them do they stay on a single thread?"
            ),
            vec![
                text!("모두", "on all of them"),
                text!("tokio current_thread와 smol LocalExecutor", "tokio current_thread and smol LocalExecutor"),
                text!("tokio뿐", "only on tokio"),
                text!("어느 것도 아님", "on none"),
            ],
            on_one_thread,
        ),
        (
            text!(
                "“태스크들은 스레드 하나에서 함께 기다린다”는 주장을 여러 스레드를 쓰는 런타임에 대해 `[맞지 않음]`으로 판정해야 할까요?",
                "The claim is “tasks wait together on a single thread”. Should the verdict for a runtime with several threads be that it does not hold?"
            ),
            vec![
                text!("예, `[맞지 않음]`입니다", "yes, it does not hold"),
                text!(
                    "아니요, 이 주장의 대상이 아니므로 `[측정하지 않음]`입니다",
                    "no: not measured, as the claim is not about it"
                ),
                text!("아니요, `[맞음]`입니다", "no, it holds"),
            ],
            verdict_on_pools,
        ),
    ]
}

/// A pool may use one thread by chance, and then this run says nothing.
fn on_one_thread(report: &Report) -> Outcome {
    let mut alone = Vec::new();
    let mut counts = Vec::new();
    for program in PROGRAMS {
        let threads = ask::measure(report, &format!("threads.{}", program.id))?;
        let most = threads.samples.iter().copied().fold(0.0, f64::max);
        counts.push(format!("{}: {most}", program.name));
        alone.extend((most <= 1.0).then_some(program.id));
    }
    let counts = counts.join(", ");
    let evidence = text!("태스크를 실행한 스레드의 수: {counts}", "threads that ran tasks: {counts}");
    let loops = ["tokio-current-thread", "smol"];
    match alone.as_slice() {
        [] => Ok((3, evidence)),
        ids if ids == loops => Ok((1, evidence)),
        ids if ids.iter().all(|id| id.starts_with("tokio")) => Ok((2, evidence)),
        ids if loops.iter().all(|id| ids.contains(id)) => {
            let Text { ko, en } = evidence;
            Err(text!(
                "스레드 풀이 이번에는 우연히 하나만 썼습니다. {ko}",
                "a pool happened to use only one this time. {en}"
            ))
        }
        _ => Err(evidence),
    }
}

fn verdict_on_pools(report: &Report) -> Outcome {
    let pools = PROGRAMS.iter().filter(|program| program.model == ThreadModel::Pool).map(|program| program.name);
    let mut seen = Vec::new();
    for name in pools {
        let verdict = report.verdicts.iter().find(|verdict| verdict.claim == CLAIM && verdict.on.en == name);
        let verdict = verdict.ok_or_else(|| ask::not_in_this_run(name))?;
        seen.push(match &verdict.outcome {
            claims::Outcome::DoesNotHold => (0, verdict.evidence.clone()),
            claims::Outcome::NotMeasured(why) => (1, why.clone()),
            claims::Outcome::Holds => (2, verdict.evidence.clone()),
        });
    }
    let (first, why) = seen.first().cloned().ok_or_else(|| ask::not_in_this_run(CLAIM))?;
    if seen.iter().all(|(option, _)| *option == first) { Ok((first, why)) } else { Err(why) }
}

#[cfg(test)]
mod tests {
    use lab::claims::Verdict;
    use lab::report::{Measure, Unit};
    use lab::trace::{Lane, State, Trace};

    use super::*;

    #[test]
    fn the_whole_is_compared_with_one_wait() {
        let option = |starts: [u64; 5]| {
            let lane = |start| Lane::of(Text::same("task"), State::WaitingForIo, start, start + 2_000);
            let traces = vec![Trace::new(Text::default(), starts.map(lane).into())];
            whole(&Report { traces, ..Report::default() }, 2_000.0).map(|(option, _)| option).ok()
        };
        assert_eq!(option([0, 1, 2, 3, 4]), Some(1));
        assert_eq!(option([0, 2_000, 4_000, 6_000, 8_000]), Some(2));
        assert_eq!(option([0, 1, 2, 2_000, 4_000]), None, "neither");
    }

    #[test]
    fn the_runtimes_decide() {
        let with_threads = |threads: [f64; 4]| {
            let measure = |(program, n): (crate::programs::Program, f64)| {
                Measure::new(format!("threads.{}", program.id), Text::default(), Unit::Count, vec![1.0, n])
            };
            Report { measures: PROGRAMS.into_iter().zip(threads).map(measure).collect(), ..Report::default() }
        };
        let option = |threads| on_one_thread(&with_threads(threads)).map(|(option, _)| option).ok();
        assert_eq!(option([1.0, 2.0, 2.0, 1.0]), Some(1));
        assert_eq!(option([2.0, 2.0, 2.0, 2.0]), Some(3));
        assert_eq!(option([1.0, 2.0, 2.0, 2.0]), Some(2));
        assert_eq!(option([1.0, 2.0, 1.0, 1.0]), None, "a pool by chance");
        let mut report = Report::default();
        assert!(verdict_on_pools(&report).is_err());
        for name in ["tokio multi_thread", "async-std"] {
            report.verdicts.push(Verdict::not_measured(CLAIM, name, text!("대상이 아닙니다", "not about it")));
        }
        assert_eq!(verdict_on_pools(&report).unwrap().0, 1);
    }
}
