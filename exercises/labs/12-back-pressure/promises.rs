//! What `run` promises, and what is seen when it does not hold.

use kit::{Recorded, State};
use lab::text;

use crate::promise::{Broken, ensure, fact};

/// Of ten samples, and of times that a thread came off its core between them: it may just have been on its way to sleep.
const STILL: u64 = 3;
/// Of a process whose threads all wait for 0.1 s: it was 0.04 ms.
const STILL_NS: u64 = 10_000_000;

/// Whether the promise was kept in this run.
pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "overlap" => overlap(run),
        "all-in-order" => all_in_order(run),
        "ends" => ends(run),
        "bound-before" => bounded(run, "before", 0),
        "bound-after" => bounded(run, "after", 1),
        "reads-ahead" => reads_ahead(run),
        "no-polling" => no_polling(run),
        "failure" => failure(run),
        "stops-reading" => stops_reading(run),
        "nobody-left" => nobody_left(run),
        _ => Err(Broken::without(promise)),
    }
}

fn overlap(run: &Recorded) -> Result<(), Broken> {
    let peak = run.trace.peak_in_flight(&[State::Running]);
    ensure(peak == 3, || {
        let seen = text!(
            "한꺼번에 진행 중인 단계는 최대 {peak}개였습니다. 읽기는 항목 2에서, 변환은 항목 1에서, 쓰기는 항목 0에서 서로를 기다렸지만 만나지 못했습니다.",
            "at most {peak} stages were in progress at once. Reading waited for the others at item 2, converting at item 1, writing at item 0; they did not meet."
        );
        let longest = |lane: &usize| run.trace.lanes[*lane].time_in(State::Running);
        match (0..run.trace.lanes.len()).max_by_key(longest) {
            Some(lane) => Broken::in_lane(seen, run, lane),
            None => Broken::seen(seen),
        }
    })
}

fn all_in_order(run: &Recorded) -> Result<(), Broken> {
    let (values, written): (Vec<u64>, Vec<u64>) = (fact(run, "values")?, fact(run, "written")?);
    // The last one may still be on its way: whether `run` waits for it is another promise.
    let same = values.iter().zip(&written).take_while(|(value, written)| value == written).count();
    ensure(same == written.len() && same + 1 >= values.len(), || {
        let (all, some) = (values.len(), written.len());
        Broken::seen(text!(
            "항목 {all}개 가운데 {some}개가 쓰였고, 처음 {same}개만 읽은 순서대로 올바른 값입니다.",
            "of {all} items {some} were written, and only the first {same} with the right value in the order of reading."
        ))
    })
}

fn ends(run: &Recorded) -> Result<(), Broken> {
    let items: usize = fact(run, "items")?;
    if !run.finished && run.fact("written_so_far") == Some(items) {
        let seen = text!(
            "항목 {items}개를 모두 썼는데 run이 반환하지 않습니다. 어떤 단계가 항목을 더 기다리고 있습니다. 그 채널의 sender가 어딘가에 남아 있습니다.",
            "all {items} items are written, and run does not return: some stage waits for one more item, because a sender of its channel is still there."
        );
        return Err(Broken::in_lane(seen, run, 2));
    }
    let (items, written): (usize, Vec<u64>) = (fact(run, "items")?, fact(run, "written")?);
    let written = written.len();
    ensure(written == items, || {
        let seen = text!(
            "run이 반환했을 때 항목 {items}개 가운데 {written}개만 쓰여 있었습니다.",
            "when run returned, {written} of {items} items were written."
        );
        Broken::in_lane(seen, run, 2)
    })?;
    let count: usize = fact(run, "count")?;
    ensure(count == items, || {
        Broken::seen(text!(
            "쓰인 항목은 {items}개인데 run이 돌려준 수는 {count}입니다.",
            "{items} items were written, and run returned {count}."
        ))
    })
}

fn bounded(run: &Recorded, side: &str, sender: usize) -> Result<(), Broken> {
    let (bound, between): (usize, usize) = (fact(run, "bound")?, fact(run, side)?);
    let most: usize = fact(run, &format!("most_{side}"))?;
    ensure(between <= bound + 1, || {
        let seen = text!(
            "쓰기가 멈추어 있는 동안 두 단계 사이에 항목이 {between}개 있었습니다. 큐에 {bound}개, 보내는 쪽에 1개까지만 있어야 합니다.",
            "while the writer stood still, {between} items were between the two stages. There may be {bound} in the queue and 1 being sent."
        );
        Broken::in_lane(seen, run, sender)
    })?;
    // While they move, the receiver may have one more in its hand, that it has taken and not begun.
    ensure(most <= bound + 2, || {
        let seen = text!(
            "두 단계 사이에 항목이 최대 {most}개 있었습니다. 큐에 {bound}개, 보내는 쪽과 받는 쪽에 1개씩까지만 있어야 합니다.",
            "at most {most} items were between the two stages. There may be {bound} in the queue, 1 being sent and 1 just received."
        );
        Broken::in_lane(seen, run, sender)
    })
}

fn reads_ahead(run: &Recorded) -> Result<(), Broken> {
    let full: bool = fact(run, "full")?;
    let (bound, before, after): (usize, usize, usize) =
        (fact(run, "bound")?, fact(run, "before")?, fact(run, "after")?);
    ensure(full, || {
        let seen = text!(
            "쓰기가 멈추어 있는 동안 변환 앞에는 항목이 {before}개, 쓰기 앞에는 {after}개 있었습니다. 두 곳 모두 큐에 {bound}개, 보내는 쪽에 1개가 있어야 합니다.",
            "while the writer stood still, {before} items were before the converter and {after} before the writer. Both should have {bound} in the queue and 1 being sent."
        );
        Broken::in_lane(seen, run, 0)
    })
}

fn no_polling(run: &Recorded) -> Result<(), Broken> {
    if let (Some(switches), Some(running)) = (run.fact::<u64>("switches"), run.fact::<u64>("running")) {
        return ensure(switches <= STILL && running <= STILL, || {
            Broken::seen(text!(
                "아무도 진행할 수 없는 0.1초 동안 앞 단계의 한 스레드가 표본 10번 가운데 {running}번 실행 중이었고, {switches}번 코어에서 물러났습니다.",
                "in 0.1 s in which nobody could go on, a thread of the stages before was running in {running} of 10 samples, and came off its core {switches} times."
            ))
        });
    }
    // Null on a system that does not tell the CPU time of a process either: there this is not seen.
    let cpu = fact::<Option<u64>>(run, "cpu_ns")?.unwrap_or(0);
    ensure(cpu <= STILL_NS, || {
        let ms = cpu / 1_000_000;
        Broken::seen(text!(
            "아무도 진행할 수 없는 0.1초 동안 프로그램이 CPU 시간을 {ms} ms 썼습니다.",
            "in 0.1 s in which nobody could go on, the program used {ms} ms of CPU time."
        ))
    })
}

fn failure(run: &Recorded) -> Result<(), Broken> {
    let (error, failing): (String, usize) = (fact(run, "error")?, fact(run, "failing")?);
    let said: Option<String> = run.fact("said");
    ensure(said.as_ref() == Some(&error), || {
        Broken::seen(match said {
            Some(said) => text!(
                "변환의 오류는 '{error}'인데 run의 오류는 '{said}'입니다.",
                "converting failed with '{error}', and run with '{said}'."
            ),
            None => text!(
                "{failing}번 항목을 변환할 때의 오류는 '{error}'인데 run은 Ok를 돌려주었습니다.",
                "converting item {failing} failed with '{error}', and run returned Ok."
            ),
        })
    })?;
    let (values, written): (Vec<u64>, Vec<u64>) = (fact(run, "values")?, fact(run, "written")?);
    ensure(values[..failing] == written[..], || {
        let some = written.len();
        let seen = text!(
            "{failing}번 항목이 실패하기 전에 {failing}개가 변환되었는데 쓰인 것은 {some}개이거나 값이 다릅니다.",
            "before item {failing} failed, {failing} items were converted; {some} were written, or with other values."
        );
        Broken::in_lane(seen, run, 2)
    })
}

fn stops_reading(run: &Recorded) -> Result<(), Broken> {
    let (items, read, failing): (usize, usize, usize) =
        (fact(run, "items")?, fact(run, "read")?, fact(run, "failing")?);
    ensure(read < items, || {
        let seen = text!(
            "{failing}번 항목의 변환이 실패했는데 항목 {items}개를 끝까지 읽었습니다.",
            "converting item {failing} failed, and all {items} items were read."
        );
        Broken::in_lane(seen, run, 0)
    })
}

fn nobody_left(run: &Recorded) -> Result<(), Broken> {
    let left: usize = fact(run, "stages_left")?;
    ensure(left == 0, || {
        Broken::seen(text!(
            "run이 반환했을 때 단계 {left}개가 아직 남아 있었습니다.",
            "when run returned, {left} stages were still there."
        ))
    })
}
