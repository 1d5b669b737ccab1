//! What `compute` promises, and what is seen when it does not hold.

use kit::{Recorded, State};
use lab::lang::Text;
use lab::text;

use crate::promise::{Broken, ensure, fact};

/// Whether the promise was kept in this run.
pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "progress" => progress(run),
        "no-polling" => no_polling(run),
        "result" => result(run),
        "two-at-once" => two_at_once(run),
        "failure" => failure(run),
        _ => Err(Broken::without(promise)),
    }
}

fn progress(run: &Recorded) -> Result<(), Broken> {
    let wanted: u64 = fact(run, "turns_wanted")?;
    let (turns, on_loop): (Vec<u64>, bool) = (fact(run, "turns")?, fact(run, "on_loop")?);
    let least = turns.iter().copied().min().unwrap_or(0);
    ensure(least >= wanted, || {
        let seen = if on_loop {
            text!(
                "계산이 루프의 스레드에서 실행되었습니다. 그동안 다른 태스크는 차례를 {least}번 얻었습니다.",
                "the work ran on the loop's own thread. Meanwhile another task got {least} turns."
            )
        } else {
            text!(
                "계산은 다른 스레드에서 실행되었지만 루프가 멈추어 있었습니다. 그동안 다른 태스크는 차례를 {least}번 얻었습니다.",
                "the work ran on another thread, but the loop stood still. Meanwhile another task got {least} turns."
            )
        };
        at_the_work(run, seen)
    })
}

/// The lane of the work is the last one.
fn at_the_work(run: &Recorded, seen: Text) -> Broken {
    Broken::in_lane(seen, run, run.trace.lanes.len().saturating_sub(1))
}

fn no_polling(run: &Recorded) -> Result<(), Broken> {
    let (wakes, allowed): (u64, u64) = (fact(run, "wakes")?, fact(run, "wakes_allowed")?);
    ensure(wakes <= allowed, || {
        let seen = text!(
            "계산이 아직 끝나지 않았는데 compute가 {wakes}번 실행되었습니다. 처음 한 번을 빼면 할 일이 없었습니다.",
            "compute was run {wakes} times before the work had ended. After the first time it had nothing to do."
        );
        at_the_work(run, seen)
    })
}

fn result(run: &Recorded) -> Result<(), Broken> {
    let (value, ended): (u64, String) = (fact(run, "value")?, fact(run, "ended")?);
    ensure(ended == "result", || {
        let said: String = run.fact("said").unwrap_or_default();
        Broken::seen(text!(
            "계산의 결과는 {value}인데 compute는 오류로 끝났습니다: '{said}'.",
            "the work ended with {value}, and compute with the error '{said}'."
        ))
    })?;
    let result: Option<u64> = run.fact("result");
    ensure(result == Some(value), || {
        let result = result.map_or("?".to_owned(), |result| result.to_string());
        Broken::seen(if run.fact("work_ended") == Some(true) {
            text!(
                "계산의 결과는 {value}인데 compute의 결과는 {result}입니다.",
                "the work ended with {value}, and compute returned {result}."
            )
        } else {
            text!(
                "계산이 끝나기 전에 compute가 돌아왔습니다. 그 결과는 {result}입니다.",
                "compute returned {result} before the work had ended."
            )
        })
    })
}

fn two_at_once(run: &Recorded) -> Result<(), Broken> {
    let stuck = run.trace.lanes.iter().position(|lane| !lane.spans.is_empty()).filter(|_| !run.finished);
    if let (Some(lane), true) = (stuck, run.trace.lanes.iter().any(|lane| lane.spans.is_empty())) {
        let seen = text!(
            "한 계산은 끝났지만 다른 계산은 시작되지 않았고, 루프의 스레드가 돌아오지 않습니다. 두 번째 호출이 이 스레드를 막고 있습니다. guard를 쥔 채 await하는 락이 있습니까?",
            "one work has ended and the other has not begun, and the loop's thread does not come back: the second call blocks it. Is there a lock whose guard is held over an await?"
        );
        let span = &run.trace.lanes[lane].spans[0];
        return Err(Broken::at(seen, lane, span.start, span.end));
    }
    let both = run.trace.lanes.len() == 2 && run.trace.lanes.iter().all(|lane| !lane.spans.is_empty());
    ensure(both, || Broken::seen(text!("두 계산이 모두 실행되지는 않았습니다.", "not both works were done.")))?;
    ensure(run.trace.overlap(0, 1, State::Running) > 0, || {
        let first = |lane: usize| &run.trace.lanes[lane].spans[0];
        let later = if first(0).start > first(1).start { 0 } else { 1 };
        let seen = text!(
            "한 계산이 끝난 뒤에야 다른 계산이 시작되었습니다.",
            "one work only started after the other had ended."
        );
        Broken::at(seen, later, first(later).start, first(later).end)
    })
}

fn failure(run: &Recorded) -> Result<(), Broken> {
    let (error, ended): (String, String) = (fact(run, "error")?, fact(run, "ended")?);
    ensure(ended == "error", || {
        let result = run.fact::<u64>("result").map_or("?".to_owned(), |result| result.to_string());
        Broken::seen(text!(
            "계산의 오류는 '{error}'인데 compute는 실패하지 않았고, 그 결과는 {result}입니다.",
            "the work failed with '{error}', and compute returned {result}."
        ))
    })?;
    let said: String = fact(run, "said")?;
    ensure(said == error, || {
        Broken::seen(text!(
            "계산의 오류는 '{error}'인데 compute의 오류는 '{said}'입니다.",
            "the work failed with '{error}', and compute with '{said}'."
        ))
    })
}
