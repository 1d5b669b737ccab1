//! What `gather` promises, and what is seen when it does not hold.

use kit::{Recorded, State};
use lab::lang::Text;
use lab::text;

use crate::promise::{Broken, ensure, fact};

/// Timers of some systems count in milliseconds.
const ROUNDING: u64 = 1_000_000;

/// More is polling.
const WAKES: u64 = 1;

/// Whether the promise was kept in this run.
pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "together" => together(run),
        "in-order" => in_order(run),
        "fail-fast" => fail_fast(run),
        "no-polling" => no_polling(run),
        "one-limit" => one_limit(run),
        "failed-leaves-nobody" => failed(run).and_then(|()| nobody_left(run)),
        "late-leaves-nobody" => late(run).and_then(|()| nobody_left(run)),
        "cancelled-leaves-nobody" => cancelled(run),
        _ => Err(Broken::without(promise)),
    }
}

fn together(run: &Recorded) -> Result<(), Broken> {
    let jobs: usize = fact(run, "jobs")?;
    let peak = run.trace.peak_in_flight(&[State::WaitingForIo]);
    ensure(peak == jobs, || {
        let seen = text!(
            "작업 {jobs}개 가운데 한꺼번에 진행된 것은 최대 {peak}개였습니다. 누군가 끝난 뒤에야 시작된 작업이 있습니다.",
            "of {jobs} jobs at most {peak} were in flight at the same time: some job started only after another had ended."
        );
        at_the_last_start(run, seen)
    })
}

/// The job that started last.
fn at_the_last_start(run: &Recorded, seen: Text) -> Broken {
    let starts = run.trace.lanes.iter().enumerate().filter_map(|(lane, l)| Some((l.spans.first()?, lane)));
    match starts.max_by_key(|(span, _)| span.start) {
        Some((span, lane)) => Broken::at(seen, lane, span.start, span.end),
        None => Broken::seen(seen),
    }
}

fn in_order(run: &Recorded) -> Result<(), Broken> {
    let (values, ended): (Vec<u64>, String) = (fact(run, "values")?, fact(run, "ended")?);
    if ended != "results" {
        return Err(ended_otherwise(run, &text!("결과", "results")));
    }
    let results: Vec<Option<u64>> = run.fact("results").unwrap_or_default();
    ensure(results == values.iter().copied().map(Some).collect::<Vec<_>>(), || {
        let results: Vec<String> = results.iter().map(|r| r.map_or("?".to_owned(), |r| r.to_string())).collect();
        let results = results.join(", ");
        Broken::seen(text!(
            "작업의 값은 {values:?}인데 돌려준 것은 [{results}]입니다.",
            "the jobs ended with {values:?}, and what came back is [{results}].",
            values = values
        ))
    })
}

fn fail_fast(run: &Recorded) -> Result<(), Broken> {
    failed(run)?;
    let (opened, failing): (Vec<usize>, usize) = (fact(run, "opened")?, fact(run, "failing")?);
    let after: Vec<usize> = opened.iter().copied().skip_while(|&job| job != failing).skip(1).collect();
    ensure(after.is_empty(), || {
        let after = numbers(&after);
        at_the_mark(
            run,
            failing,
            text!(
                "{failing}번 작업이 실패한 뒤에도 gather가 계속 기다려서, 다른 작업({after})에도 신호를 주고 나서야 끝났습니다.",
                "after job {failing} had failed, gather went on waiting: it ended only after other jobs ({after}) had got their signals too."
            ),
        )
    })?;
    ensure(opened == [failing], || {
        let before = numbers(&opened[..opened.len() - 1]);
        Broken::seen(text!(
            "다른 작업({before})이 끝난 뒤에야 {failing}번 작업이 시작되었습니다.",
            "job {failing} only started after other jobs ({before}) had ended."
        ))
    })
}

fn no_polling(run: &Recorded) -> Result<(), Broken> {
    let wakes: u64 = fact(run, "wakes")?;
    ensure(wakes <= WAKES, || {
        Broken::seen(text!(
            "0.3초 동안 아무 일도 없었는데 gather가 {wakes}번 깨어났습니다.",
            "for 0.3 s nothing happened, and gather woke up {wakes} times."
        ))
    })
}

/// The place of the failure.
fn at_the_mark(run: &Recorded, lane: usize, seen: Text) -> Broken {
    let end = run.trace.end();
    match run.trace.lanes.get(lane).and_then(|lane| lane.spans.last()) {
        Some(span) => Broken::at(seen, lane, span.end, end),
        None => Broken::seen(seen),
    }
}

fn failed(run: &Recorded) -> Result<(), Broken> {
    let (error, ended): (String, String) = (fact(run, "error")?, fact(run, "ended")?);
    if ended != "error" {
        return Err(ended_otherwise(run, &text!("오류 {error}", "error {error}")));
    }
    let said: String = fact(run, "said")?;
    ensure(said == error, || {
        Broken::seen(text!(
            "작업의 오류는 '{error}'인데 gather의 오류는 '{said}'입니다.",
            "the job failed with '{error}', and gather with '{said}'."
        ))
    })
}

fn late(run: &Recorded) -> Result<(), Broken> {
    let ended: String = fact(run, "ended")?;
    ensure(ended == "time limit", || ended_otherwise(run, &text!("시간 제한", "time limit")))
}

fn one_limit(run: &Recorded) -> Result<(), Broken> {
    late(run)?;
    let (elapsed, limit): (u64, u64) = (fact(run, "elapsed_ns")?, fact(run, "limit_ns")?);
    ensure(elapsed + ROUNDING >= limit, || {
        let (elapsed, limit) = (elapsed / 1_000_000, limit / 1_000_000);
        Broken::seen(text!(
            "제한 시간은 {limit} ms인데 {elapsed} ms 만에 포기했습니다.",
            "the limit is {limit} ms, and gather gave up after {elapsed} ms."
        ))
    })
}

fn cancelled(run: &Recorded) -> Result<(), Broken> {
    let opened: Vec<usize> = fact(run, "opened")?;
    ensure(opened.is_empty(), || {
        Broken::seen(text!(
            "취소된 뒤에도 gather가 끝나지 않고 계속 기다렸습니다.",
            "gather did not end when it was cancelled, but went on waiting."
        ))
    })?;
    nobody_left(run)
}

/// Nobody was running at the moment when `gather` had ended.
fn nobody_left(run: &Recorded) -> Result<(), Broken> {
    let (alive, returned): (Vec<usize>, u64) = (fact(run, "alive")?, fact(run, "returned_at")?);
    ensure(alive.is_empty(), || {
        let (lane, jobs) = (alive[0], numbers(&alive));
        let end = run.trace.lanes.get(lane).and_then(|lane| lane.spans.last()).map_or(returned, |span| span.end);
        let seen = text!(
            "gather가 끝난 순간에 아직 실행 중이던 작업: {jobs}.",
            "still running at the moment when gather had ended: job {jobs}."
        );
        Broken::at(seen, lane, returned, end.max(returned))
    })
}

fn ended_otherwise(run: &Recorded, wanted: &Text) -> Broken {
    let ended: String = run.fact("ended").unwrap_or_default();
    let seen = match ended.as_str() {
        "results" => text!("결과", "results"),
        "time limit" => text!("시간 제한", "time limit"),
        "cancelled" => text!("취소", "cancellation"),
        _ => {
            let said: String = run.fact("said").unwrap_or_default();
            text!("오류 {said}", "error {said}")
        }
    };
    Broken::seen(Text {
        ko: format!("gather는 이렇게 끝나야 했습니다: {}. 실제로는 이렇게 끝났습니다: {}.", wanted.ko, seen.ko),
        en: format!("gather should have ended with: {}; it ended with: {}.", wanted.en, seen.en),
    })
}

fn numbers(jobs: &[usize]) -> String {
    jobs.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}
