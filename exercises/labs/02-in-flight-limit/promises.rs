//! The promises of lab 02.

use kit::{Recorded, State};
use lab::text;
use serde::Deserialize;

use crate::promise::{Broken, ensure, fact};

/// One call of the submission.
#[derive(Deserialize)]
struct Call {
    limit: usize,
    values: Vec<u32>,
    /// `None` if it is no list of numbers.
    results: Option<Vec<u32>>,
    /// How often each job ran.
    runs: Vec<usize>,
}

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    let calls: Vec<Call> = fact(run, "calls")?;
    match promise {
        "limit" => calls.iter().try_for_each(|call| limit(run, call.limit)),
        "full" => calls.iter().try_for_each(|call| full(run, call.limit)),
        "refill" => refill(run, &calls),
        "order" => calls.iter().try_for_each(order),
        "all" => calls.iter().try_for_each(all),
        other => Err(Broken::without(other)),
    }
}

fn limit(run: &Recorded, limit: usize) -> Result<(), Broken> {
    let peak = run.trace.peak_in_flight(&[State::WaitingForIo]);
    ensure(peak <= limit, || {
        let seen = text!(
            "limit이 {limit}인데 작업 {peak}개가 동시에 진행되었습니다.",
            "the limit is {limit}, and {peak} jobs were in flight at the same time."
        );
        nth_in_flight(run, seen, limit + 1)
    })
}

fn full(run: &Recorded, limit: usize) -> Result<(), Broken> {
    let peak = run.trace.peak_in_flight(&[State::WaitingForIo]);
    ensure(peak >= limit, || {
        let seen = text!(
            "limit이 {limit}인데 동시에 진행된 작업은 가장 많을 때 {peak}개였습니다.",
            "the limit is {limit}, and at most {peak} of the jobs were in flight at the same time."
        );
        // What came next, although there was room.
        match run.trace.lanes.get(peak).and_then(|lane| lane.spans.first()) {
            Some(span) => Broken::at(seen, peak, span.start, span.end),
            None => Broken::seen(seen),
        }
    })
}

/// The place is the job with which there were so many in flight.
fn nth_in_flight(run: &Recorded, seen: lab::lang::Text, nth: usize) -> Broken {
    let spans =
        || run.trace.lanes.iter().enumerate().flat_map(|(i, lane)| lane.spans.iter().map(move |span| (i, span)));
    let too_many = |start: u64| spans().filter(|(_, span)| span.start <= start && start < span.end).count() >= nth;
    match spans().filter(|(_, span)| too_many(span.start)).min_by_key(|(_, span)| span.start) {
        Some((lane, span)) => Broken::at(seen, lane, span.start, span.end),
        None => Broken::seen(seen),
    }
}

fn refill(run: &Recorded, calls: &[Call]) -> Result<(), Broken> {
    let others = calls.first().map_or(0, |call| call.values.len().saturating_sub(1));
    let done: usize = fact(run, "done_beside_the_slow_one")?;
    ensure(done == others, || {
        let seen = text!(
            "느린 작업이 진행되는 동안 나머지 {others}개 중 {done}개만 끝났습니다. 나머지는 느린 작업이 끝나기를 기다렸습니다.",
            "while the slow job was in flight, {done} of the {others} others were done. The rest waited for the slow one."
        );
        match run.trace.lanes.first().and_then(|lane| lane.spans.first()) {
            Some(slow) => Broken::at(seen, 0, slow.start, slow.end),
            None => Broken::seen(seen),
        }
    })
}

fn order(call: &Call) -> Result<(), Broken> {
    let got = results(call)?;
    ensure(*got == call.values, || {
        let place = |value: &u32| call.values.iter().position(|one| one == value);
        let order = got
            .iter()
            .map(|value| place(value).map_or("?".to_owned(), |i| i.to_string()))
            .collect::<Vec<_>>()
            .join(", ");
        Broken::seen(text!(
            "돌려받은 결과는 작업 {order}의 순서였습니다.",
            "the results that came back were those of the jobs {order}, in this order."
        ))
    })
}

fn all(call: &Call) -> Result<(), Broken> {
    let (jobs, limit) = (call.values.len(), call.limit);
    if let Some((job, runs)) = call.runs.iter().enumerate().find(|(_, runs)| **runs != 1) {
        return Err(Broken::seen(text!(
            "작업 {jobs}개, limit {limit}: {job}번 작업은 한 번이 아니라 {runs}번 실행되었습니다.",
            "number of jobs {jobs}, limit {limit}: job {job} ran {runs} times instead of once."
        )));
    }
    let got = results(call)?;
    let wanted = call.values.iter().all(|value| got.contains(value));
    ensure(wanted && got.len() == jobs, || {
        let number = got.len();
        Broken::seen(text!(
            "작업 {jobs}개, limit {limit}: 작업마다 하나씩이어야 할 결과가 {number}개이거나 다른 값입니다.",
            "number of jobs {jobs}, limit {limit}: {number} results came back, and they are not one for each job."
        ))
    })
}

fn results(call: &Call) -> Result<&Vec<u32>, Broken> {
    call.results.as_ref().ok_or_else(|| {
        Broken::seen(text!("돌려받은 것이 수의 목록이 아닙니다.", "what came back is no list of numbers."))
    })
}
