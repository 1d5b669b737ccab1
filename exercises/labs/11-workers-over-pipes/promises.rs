//! What is promised in lab 11: the same questions for Rust and for Python.

use std::collections::BTreeMap;

use kit::{Recorded, State};
use lab::text;

use crate::promise::{Broken, ensure, fact};

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "whole" => whole(run),
        "together" => together(run),
        "moving" => moving(run),
        "killed" => killed(run),
        "once" => once(run),
        "closed" => closed(run),
        _ => Err(Broken::without(promise)),
    }
}

/// Every answer is the whole answer to some task.
fn whole(run: &Recorded) -> Result<(), Broken> {
    came_to_its_end(run)?;
    let (results, sizes): (Vec<i64>, Vec<Vec<usize>>) = (fact(run, "results")?, fact(run, "sizes")?);
    all_there(run, &results)?;
    match results.iter().position(|&task| task < 0) {
        None => Ok(()),
        Some(wrong) => {
            let (got, right) = sizes.get(wrong).and_then(|pair| Some((*pair.first()?, *pair.get(1)?))).unwrap_or_default();
            Err(Broken::seen(text!(
                "답 {wrong}번이 온전하지 않습니다. {right}바이트여야 하는데 {got}바이트가 왔거나 내용이 다릅니다.",
                "answer {wrong} is not whole: {got} bytes instead of {right}, or other bytes than the worker's."
            )))
        }
    }
}

/// At some moment every worker had a task.
fn together(run: &Recorded) -> Result<(), Broken> {
    let workers: usize = fact(run, "workers")?;
    let peak = run.trace.peak_in_flight(&[State::Running]);
    ensure(peak >= workers, || {
        let seen = text!(
            "동시에 작업을 가진 워커는 많아야 {peak}개였습니다. 워커는 {workers}개입니다.",
            "at most {peak} workers had a task at the same time, of {workers}."
        );
        match first(run, State::Running) {
            Some((lane, from, to)) => Broken::at(seen, lane, from, to),
            None => Broken::seen(seen),
        }
    })
}

/// With frames that no pipe can hold, the run comes to its end.
fn moving(run: &Recorded) -> Result<(), Broken> {
    came_to_its_end(run)?;
    all_there(run, &fact::<Vec<i64>>(run, "results")?)
}

/// A worker was killed, and yet there is an answer to each task.
fn killed(run: &Recorded) -> Result<(), Broken> {
    let [worker, task] = dead(run)?;
    let place = |seen| match first(run, State::Killed) {
        Some((lane, from, to)) => Broken::at(seen, lane, from, to),
        None => Broken::seen(seen),
    };
    if let Err(broken) = came_to_its_end(run) {
        return Err(place(broken.seen));
    }
    let results: Vec<i64> = fact(run, "results")?;
    ensure(results.contains(&task), || {
        place(text!(
            "{worker}번 워커가 {task}번 작업에 답하는 도중에 죽었고, 이 작업의 답은 결과에 없습니다.",
            "worker {worker} was killed in the middle of its answer to task {task}, and the results have no answer to task {task}."
        ))
    })
}

/// Each result is there once and in its place, came from a worker, and no task was given out after it had been answered.
fn once(run: &Recorded) -> Result<(), Broken> {
    let [_, lost] = dead(run)?;
    came_to_its_end(run)?;
    let tasks: i64 = fact(run, "tasks")?;
    let results: Vec<i64> = fact(run, "results")?;
    let mut given: BTreeMap<i64, usize> = BTreeMap::new();
    for pair in fact::<Vec<[i64; 2]>>(run, "sent").unwrap_or_default() {
        *given.entry(pair[1]).or_default() += 1;
    }
    for task in 0..tasks {
        let (times, most) = (given.get(&task).copied().unwrap_or(0), if task == lost { 2 } else { 1 });
        ensure(times > 0, || {
            Broken::seen(text!("{task}번 작업은 어느 워커에게도 가지 않았습니다.", "task {task} was not given to any worker."))
        })?;
        ensure(times <= most, || {
            Broken::seen(text!(
                "{task}번 작업을 {times}번 내주었습니다. 죽은 워커의 {lost}번 작업 말고는 한 번이어야 합니다.",
                "task {task} was given out {times} times; only task {lost}, which the dead worker had, may be given out twice."
            ))
        })?;
    }
    let expected: Vec<i64> = (0..tasks).collect();
    ensure(results == expected, || {
        Broken::seen(text!(
            "결과에 담긴 작업은 {results:?}입니다. 각 작업이 한 번씩, 순서대로 있어야 합니다.",
            "the results belong to the tasks {results:?}: each once and in order would be right."
        ))
    })
}

/// After `run` every worker ended by itself.
fn closed(run: &Recorded) -> Result<(), Broken> {
    came_to_its_end(run)?;
    let open: Vec<usize> = fact(run, "open")?;
    ensure(open.is_empty(), || {
        let lane = open.first().map_or(0, |worker| worker - 1);
        let end = run.trace.lanes.get(lane).and_then(|lane| lane.spans.last()).map_or(0, |span| span.end);
        Broken::at(
            text!(
                "run이 반환된 뒤에도 워커 {open:?}의 입력이 열려 있어, 워커가 끝나지 않았습니다.",
                "when run had returned, the input of the workers {open:?} was still open, and they did not end."
            ),
            lane,
            end,
            end,
        )
    })
}

fn dead(run: &Recorded) -> Result<[i64; 2], Broken> {
    run.fact("killed").ok_or_else(|| {
        Broken::seen(text!(
            "어느 워커에게도 답을 두 번 받지 않아, 죽일 워커가 없었습니다.",
            "no worker was asked for a second answer, so none could be killed in the middle of it."
        ))
    })
}

fn came_to_its_end(run: &Recorded) -> Result<(), Broken> {
    if let Some(why) = &run.failed {
        return Err(Broken::seen(text!("run이 오류로 끝났습니다: {why}", "run ended with an error: {why}")));
    }
    ensure(run.finished, || {
        let waits: Vec<_> = run.blocked.iter().map(|b| (&b.who, &b.waits_for)).collect();
        let ko: Vec<String> = waits.iter().map(|(who, what)| format!("{}의 대기 대상: {}", who.ko, what.ko)).collect();
        let en: Vec<String> = waits.iter().map(|(who, what)| format!("{} waits for {}", who.en, what.en)).collect();
        let (ko, en) = (ko.join("; "), en.join("; "));
        Broken::seen(text!("run이 끝나지 않았습니다. {ko}", "run did not end. {en}"))
    })
}

fn all_there(run: &Recorded, results: &[i64]) -> Result<(), Broken> {
    let (tasks, got): (usize, usize) = (fact(run, "tasks")?, results.len());
    ensure(got == tasks, || {
        Broken::seen(text!("작업은 {tasks}개인데 답은 {got}개입니다.", "there are {got} answers to {tasks} tasks."))
    })
}

fn first(run: &Recorded, state: State) -> Option<(usize, u64, u64)> {
    run.trace.lanes.iter().enumerate().find_map(|(number, lane)| {
        let span = lane.spans.iter().find(|span| span.state == state)?;
        Some((number, span.start, span.end))
    })
}
