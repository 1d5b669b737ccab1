//! Native code that released the GIL and calls Python in between: for the callback it takes the GIL again.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p native -- callback`. Python twin: `python/callback.py`.

use std::thread;

use gil_sim::{Gil, SWITCH_INTERVAL, ThreadId};
use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter, by};
use lab::report::{Measure, Report, Unit, unit};
use lab::trace::{LaneRecorder, Recorder, State, Trace};
use lab::{Error, Result, text, twin_script};

use crate::interpreters;
use crate::kernel;
use crate::overlap;

/// Native code must have the GIL to call Python.
pub const CALLBACK: &str = "native-callback-takes-gil";

/// `native callback`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about =
        text!("네이티브 부분 하나와 콜백 하나가 세는 횟수", "iterations of each native part and of each callback");
    let iterations = options.count("iterations", 1_000..=1_000_000_000, 20_000_000, about);
    let about = text!("네이티브 부분과 콜백을 반복하는 횟수", "how often a native part and a callback alternate");
    let rounds = options.size("rounds", 1..=100, 4, about);
    let about =
        text!("네이티브 코드가 파이썬을 호출하면: GIL을 다시 획득", "native code calls Python: it takes the GIL again");
    Experiment::new("callback", about, options, move |a| run(a.get(iterations), a.get(rounds), a.pythons()))
}

/// Two threads of native code with callbacks, under our lock and on every interpreter.
pub fn run(iterations: u64, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("native/callback");
    let ours = ours(iterations, rounds)?;
    report.verdicts.push(verdict(Text::same("Rust + GIL"), &ours));
    report.measures.extend(measures("rust", &Text::same("Rust + GIL"), &ours));
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        report.verdicts.push(Verdict::not_measured(CALLBACK, "CPython", why));
    }
    let args = [iterations.to_string(), rounds.to_string()];
    for python in pythons {
        match interpreters::ask(python, twin_script!("callback"), &args) {
            Ok(twin) => {
                for trace in twin.traces {
                    report.verdicts.push(match python.why_no_gil() {
                        Some(why) => Verdict::not_measured(CALLBACK, python.to_string(), why),
                        None => verdict(Text::same(python.to_string()), &trace),
                    });
                    report.measures.extend(measures(&python.id(), &Text::same(python.to_string()), &trace));
                    report.traces.push(Trace { title: by(python, &trace.title), ..trace });
                }
            }
            Err(why) => report.verdicts.push(Verdict::not_measured(CALLBACK, python.to_string(), why)),
        }
    }
    report.traces.push(ours);
    report.shows = shows(report.traces.first());
    report.notes.push(text!(
        "네이티브 부분(▚)은 GIL 없이, 콜백(█)은 GIL을 쥐고 각각 {iterations}번 셉니다. 그 사이는 GIL을 다시 획득하기까지 기다린 시간(░)입니다. 콜백이 잦으면 GIL을 해제한 보람이 없습니다. 파이썬 함수를 자주 부르는 라이브러리는 GIL을 해제해도 병렬로 실행되지 않습니다.",
        "A native part (▚) counts to {iterations} without the GIL, a callback (█) with it; between them the thread waits to get the GIL again (░). Frequent callbacks undo what releasing the GIL gains: a library that keeps calling Python functions is not parallel, whatever it releases."
    ));
    Ok(report)
}

/// The same under our own lock: a thread outside it takes it for the callback.
fn ours(iterations: u64, rounds: usize) -> Result<Trace> {
    let (gil, recorder) = (Gil::new(SWITCH_INTERVAL), Recorder::new());
    thread::scope(|scope| {
        for i in 0..2 {
            let lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let (gil, me) = (&gil, ThreadId(i as u64 + 1));
            let thread = thread::Builder::new().spawn_scoped(scope, move || live(gil, me, lane, iterations, rounds));
            thread.map_err(|e| Error::no_thread(&e))?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(recorder.finish(text!("Rust + GIL: 콜백이 있는 네이티브 코드", "Rust + GIL: native code with a callback")))
}

fn live(gil: &Gil, me: ThreadId, mut lane: LaneRecorder, iterations: u64, rounds: usize) {
    for _ in 0..rounds {
        lane.enter(State::Native);
        kernel::count(iterations);
        lane.enter(State::WaitingForLock);
        let held = gil.acquire(me);
        lane.enter(State::Running);
        kernel::count(iterations);
        // The span ends before the lock is free, so that two spans under it never share an instant.
        lane.enter(State::Native);
        drop(held);
    }
    lane.leave();
}

fn verdict(on: Text, trace: &Trace) -> Verdict {
    let shown = overlap::shown(overlap::share(trace, State::Running));
    let evidence = text!("두 스레드의 콜백이 {shown} 겹침", "the callbacks of two threads overlap by {shown}");
    Verdict::seen(CALLBACK, on, trace.is_serial(State::Running), evidence)
}

fn measures(id: &str, on: &Text, trace: &Trace) -> Vec<Measure> {
    let callbacks = overlap::share(trace, State::Running);
    let waited: u64 = trace.lanes.iter().map(|lane| lane.time_in(State::WaitingForLock)).sum();
    let (ko, en) = (&on.ko, &on.en);
    vec![
        Measure::new(
            format!("overlap.{id}"),
            text!("{ko}: 콜백이 겹친 비율", "{en}: overlap of the callbacks"),
            Unit::Share,
            vec![callbacks],
        ),
        Measure::new(
            format!("waited.{id}"),
            text!("{ko}: 콜백을 위해 GIL을 기다린 시간", "{en}: time waited for the GIL before callbacks"),
            Unit::Ns,
            vec![waited as f64],
        ),
    ]
}

fn shows(first: Option<&Trace>) -> Text {
    let Some(trace) = first else { return Text::default() };
    let overlap = overlap::shown(overlap::share(trace, State::Running));
    let waited: u64 = trace.lanes.iter().map(|lane| lane.time_in(State::WaitingForLock)).sum();
    let waited = unit::duration(waited as f64);
    text!(
        "GIL을 해제한 네이티브 코드도 파이썬 함수를 부르려면 GIL을 다시 획득해야 합니다. 두 스레드의 콜백은 {overlap} 겹치고, 두 스레드가 GIL을 기다린 시간은 모두 {waited}입니다.",
        "Native code that has released the GIL must take it again to call a Python function: the callbacks of two threads overlap by {overlap}, and the threads waited for the GIL for {waited} in total."
    )
}

#[cfg(test)]
mod tests {
    use lab::claims::Outcome;
    use lab::trace::{Lane, Span};

    use super::*;

    #[test]
    fn callbacks_under_our_lock_are_serial() {
        let trace = ours(200_000, 5).unwrap();
        assert_eq!(trace.lanes.iter().map(|lane| lane.spans.len()).min().map(|spans| spans >= 15), Some(true));
        assert_eq!(verdict(Text::default(), &trace).outcome, Outcome::Holds);
    }

    #[test]
    fn callbacks_that_share_an_instant_are_noticed() {
        let lane = |start, end| Lane { name: Text::default(), spans: vec![Span { state: State::Running, start, end }] };
        let trace = Trace::new(Text::default(), vec![lane(0, 10), lane(9, 20)]);
        assert_eq!(verdict(Text::default(), &trace).outcome, Outcome::DoesNotHold);
    }
}
