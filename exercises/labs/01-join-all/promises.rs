//! The judge of lab 01. The driver says which facts there are.

use kit::{Recorded, State};
use lab::text;
use serde::Deserialize;

use crate::promise::{Broken, ensure, fact};

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "together" => together(run),
        "in_order" => in_order(run),
        "reported" => reported(run),
        "joined" => joined(run),
        _ => Err(Broken::without(promise)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Ok(Vec<u32>),
    Err(String),
}

fn together(run: &Recorded) -> Result<(), Broken> {
    let (peak, all) = (run.trace.peak_in_flight(&[State::WaitingForIo]), run.trace.lanes.len());
    ensure(peak == all && all > 0, || {
        let seen = text!(
            "같은 시각에 기다린 작업은 많아야 {all}개 가운데 {peak}개입니다.",
            "at most {peak} of {all} jobs waited at the same time."
        );
        // The first wait: nobody came to join it.
        let first = run.trace.lanes.iter().enumerate().find_map(|(n, lane)| Some((n, lane.spans.first()?)));
        first.map_or_else(|| Broken::seen(seen.clone()), |(n, span)| Broken::at(seen.clone(), n, span.start, span.end))
    })
}

fn in_order(run: &Recorded) -> Result<(), Broken> {
    let values: Vec<u32> = fact(run, "values")?;
    match fact(run, "result")? {
        Outcome::Ok(numbers) if numbers == values => Ok(()),
        Outcome::Ok(numbers) => Err(Broken::seen(text!(
            "작업의 결과는 {values:?}인데 run_all의 결과는 {numbers:?}입니다.",
            "the jobs had {values:?}, and {numbers:?} was returned."
        ))),
        Outcome::Err(message) => Err(Broken::seen(text!(
            "실패한 작업이 없는데 run_all이 오류로 끝났습니다: '{message}'.",
            "no job failed, and run_all failed with '{message}'."
        ))),
    }
}

fn reported(run: &Recorded) -> Result<(), Broken> {
    let message: String = fact(run, "message")?;
    let fails: usize = fact(run, "fails")?;
    match fact(run, "result")? {
        Outcome::Err(said) if said.contains(&message) => Ok(()),
        Outcome::Err(said) => Err(Broken::seen(text!(
            "작업 {fails}의 오류는 '{message}'인데 run_all의 오류는 '{said}'입니다.",
            "job {fails} failed with '{message}', and run_all with '{said}'."
        ))),
        Outcome::Ok(numbers) => Err(Broken::seen(text!(
            "작업 {fails}의 오류는 '{message}'인데 run_all은 실패하지 않았고, 그 결과는 {numbers:?}입니다.",
            "job {fails} failed with '{message}', and run_all returned {numbers:?}."
        ))),
    }
}

fn joined(run: &Recorded) -> Result<(), Broken> {
    let returned: u64 = fact(run, "returned_at")?;
    for (n, lane) in run.trace.lanes.iter().enumerate() {
        let Some(last) = lane.spans.last() else {
            return Err(Broken::seen(text!(
                "run_all이 돌아올 때까지 작업 {n}은 시작도 하지 않았습니다.",
                "job {n} had not even begun when run_all returned."
            )));
        };
        if last.end > returned {
            let seen = text!(
                "작업 {n}이 끝나기 전에 run_all이 돌아왔습니다. 표시한 곳은 그 뒤에 실행된 부분입니다.",
                "run_all returned before job {n} had ended. What ran afterwards is marked."
            );
            return Err(Broken::at(seen, n, returned, last.end));
        }
    }
    Ok(())
}
