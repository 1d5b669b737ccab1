//! The promises of lab 03.

use kit::compute::TOGETHER;
use kit::{Recorded, State};
use lab::text;
use serde::Deserialize;

use crate::promise::{Broken, ensure, fact};

/// A part is in progress while it computes, or waits for the GIL, a core or the other parts.
const IN_PROGRESS: [State; 3] = [State::Running, State::Ready, State::WaitingForLock];

/// One call of the submission.
#[derive(Deserialize)]
struct Call {
    length: usize,
    threads: usize,
    sum: u64,
    /// `None` if it is no number.
    result: Option<u64>,
    /// Which numbers each call of `add` was given, by their places; `None` for a number that is not in the list.
    parts: Vec<Vec<Option<usize>>>,
    /// Parts that were still being added when the submission returned.
    unfinished: usize,
}

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    let calls: Vec<Call> = fact(run, "calls")?;
    match promise {
        "result" => calls.iter().try_for_each(result),
        "parts" => calls.iter().try_for_each(parts),
        "overlap" => calls.iter().try_for_each(|call| overlap(run, call)),
        "parallel" => parallel(run),
        "joined" => calls.iter().try_for_each(|call| joined(run, call)),
        other => Err(Broken::without(other)),
    }
}

fn result(call: &Call) -> Result<(), Broken> {
    let Call { length, threads, sum, .. } = call;
    ensure(call.result == Some(*sum), || {
        let got = call.result.map_or("?".to_owned(), |got| got.to_string());
        Broken::seen(text!(
            "수 {length}개, 스레드 {threads}개: 합은 {sum}인데 돌려받은 값은 {got}입니다.",
            "length {length}, threads {threads}: the sum is {sum}, and {got} came back."
        ))
    })
}

fn parts(call: &Call) -> Result<(), Broken> {
    let Call { length, threads, .. } = call;
    let mut times = vec![0; *length];
    for place in call.parts.iter().flatten().flatten() {
        times[*place] += 1;
    }
    let mut lengths: Vec<usize> = call.parts.iter().map(Vec::len).filter(|length| *length > 0).collect();
    let told = lengths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let seen = |what: lab::lang::Text| {
        let (ko, en) = (&what.ko, &what.en);
        Broken::seen(text!(
            "수 {length}개, 스레드 {threads}개: add가 받은 부분의 길이는 [{told}]입니다. {ko}",
            "length {length}, threads {threads}: the lengths of the parts that add was given are [{told}]. {en}"
        ))
    };
    if let Some(number) = times.iter().position(|times| *times != 1) {
        let times = times[number];
        return Err(seen(text!(
            "{number}번째 수는 {times}번 전달되었습니다.",
            "The number at {number} was given to it {times} times."
        )));
    }
    // Who has nothing to add need not call it.
    let given = lengths.len();
    lengths.resize(given.max(*threads), 0);
    let (least, most) = (lengths.iter().min().unwrap_or(&0), lengths.iter().max().unwrap_or(&0));
    ensure(given <= *threads && most - least <= 1, || {
        seen(text!(
            "부분은 {threads}개이고 길이는 최대 1만큼 달라야 합니다.",
            "There should be {threads} of them, and they should differ by one at most."
        ))
    })
}

fn overlap(run: &Recorded, call: &Call) -> Result<(), Broken> {
    let threads = call.threads;
    let peak = run.trace.peak_in_flight(&IN_PROGRESS);
    ensure(peak >= threads, || {
        let seen = text!(
            "부분 {threads}개 중 동시에 진행된 것은 가장 많을 때 {peak}개였습니다.",
            "of {threads} parts, at most {peak} were in progress at the same time."
        );
        // The first one that began when it was too late.
        Broken::in_lane(seen, run, peak)
    })
}

fn parallel(run: &Recorded) -> Result<(), Broken> {
    let (cores, clock_fine): (usize, bool) = (fact(run, "cores")?, fact(run, "clock_fine")?);
    if cores < 2 || !clock_fine {
        return Ok(()); // one core computes one thing at a time, and a coarse clock cannot tell
    }
    let spans = || {
        let lanes = run.trace.lanes.iter().enumerate();
        lanes.flat_map(|(i, lane)| lane.spans.iter().filter(|span| span.state == State::Running).map(move |s| (i, s)))
    };
    let together = spans()
        .any(|(a, x)| spans().any(|(b, y)| a < b && x.end.min(y.end).saturating_sub(x.start.max(y.start)) >= TOGETHER));
    ensure(together, || {
        Broken::seen(text!(
            "코어가 {cores}개인데 두 부분이 같은 순간에 계산한 적이 없습니다.",
            "there are {cores} cores, and no two parts were ever computing at the same instant."
        ))
    })
}

fn joined(run: &Recorded, call: &Call) -> Result<(), Broken> {
    let unfinished = call.unfinished;
    ensure(unfinished == 0 && call.result == Some(call.sum), || {
        let seen = if unfinished > 0 {
            text!(
                "합을 돌려주었을 때 부분 {unfinished}개가 아직 끝나지 않았습니다.",
                "when the sum came back, parts that were not done: {unfinished}."
            )
        } else {
            text!("가장 늦게 끝난 부분이 합에 없습니다.", "the part that was done last is missing in the sum.")
        };
        let ends = run.trace.lanes.iter().enumerate().filter_map(|(i, lane)| Some((i, lane.spans.last()?)));
        match ends.max_by_key(|(_, span)| span.end) {
            Some((lane, span)) => Broken::at(seen, lane, span.start, span.end),
            None => Broken::seen(seen),
        }
    })
}
