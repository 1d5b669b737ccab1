//! What `serve` promises, and what is seen when it does not hold.

use kit::Recorded;
use lab::lang::Text;
use lab::text;

use crate::promise::{Broken, ensure, fact};

/// Whether the promise was kept in this run.
pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "frames-whole" => frames(run),
        "commands-all" => commands(run),
        "prompt" => prompt(run),
        "no-polling" => no_polling(run),
        "burst" => frames(run).and_then(|()| prompt(run)),
        "commands-end" => frames(run).and_then(|()| commands(run)).and_then(|()| ended_well(run)),
        "truncated" => truncated(run),
        _ => Err(Broken::without(promise)),
    }
}

fn frames(run: &Recorded) -> Result<(), Broken> {
    let (sent, got): (Vec<String>, Vec<String>) = (fact(run, "frames_sent")?, fact(run, "frames_got")?);
    ensure(sent == got, || {
        let same = sent.iter().zip(&got).take_while(|(sent, got)| sent == got).count();
        let cut = run.fact::<Vec<usize>>("cuts").and_then(|cuts| cuts.get(same).copied()).unwrap_or(0);
        let (number, all) = (same, sent.len());
        let seen = match (sent.get(same), got.get(same), cut) {
            (Some(_), _, 1..) => text!(
                "{number}번 프레임을 잃었습니다. 이 프레임의 {cut}바이트가 온 다음에 명령이 왔습니다. 프레임 {all}개 가운데 온전한 것은 처음 {number}개입니다.",
                "frame {number} is lost: a command came after {cut} of its bytes. Of {all} frames the first {number} are whole."
            ),
            (Some(sent), Some(got), _) => text!(
                "{number}번 프레임의 내용은 {sent}인데 전달된 내용은 {got}입니다(16진수).",
                "the content of frame {number} is {sent}, and {got} was handed on (hexadecimal)."
            ),
            (Some(_), None, _) => {
                text!("{number}번 프레임이 전달되지 않았습니다.", "frame {number} was not handed on.")
            }
            (None, _, _) => text!(
                "프레임은 {all}개인데 그보다 많이 전달되었습니다.",
                "there were {all} frames, and more were handed on."
            ),
        };
        at_lane(run, &format!("frame {number}"), seen)
    })
}

fn commands(run: &Recorded) -> Result<(), Broken> {
    let (sent, got): (Vec<u32>, Vec<u32>) = (fact(run, "commands_sent")?, fact(run, "commands_got")?);
    ensure(sent == got, || {
        let number = sent.iter().zip(&got).take_while(|(sent, got)| sent == got).count();
        let (all, some) = (sent.len(), got.len());
        let seen = text!(
            "명령 {all}개 가운데 {some}개가 처리되었습니다. 처음 어긋난 것은 {number}번 명령입니다.",
            "of {all} commands {some} were obeyed. The first one that is missing or wrong is command {number}."
        );
        at_lane(run, &format!("command {number}"), seen)
    })
}

fn prompt(run: &Recorded) -> Result<(), Broken> {
    let (late, cuts): (Vec<String>, Vec<usize>) = (fact(run, "late")?, fact(run, "cuts")?);
    // Whether a frame survives a command is another promise. Behind the first such frame nothing is known of the others.
    let uncut = cuts.iter().take_while(|&&cut| cut == 0).count();
    let number = |late: &String| late.rsplit(' ').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
    let Some(first) = late.iter().find(|late| !late.starts_with("frame") || number(late) < uncut) else {
        return Ok(());
    };
    let number = number(first);
    let seen = if first.starts_with("frame") {
        text!(
            "{number}번 프레임은 다 도착했는데, 다음 것이 올 때까지 전달되지 않았습니다.",
            "frame {number} was complete, and was not handed on until the next thing came."
        )
    } else {
        text!(
            "{number}번 명령은 도착했는데, 다음 것이 올 때까지 처리되지 않았습니다.",
            "command {number} was there, and was not obeyed until the next thing came."
        )
    };
    Err(at_lane(run, first, seen))
}

/// The whole lane with this English name.
fn at_lane(run: &Recorded, name: &str, seen: Text) -> Broken {
    let lane = run.trace.lanes.iter().position(|lane| lane.name.en == name);
    match lane {
        Some(lane) => Broken::in_lane(seen, run, lane),
        None => Broken::seen(seen),
    }
}

fn no_polling(run: &Recorded) -> Result<(), Broken> {
    let (runs, allowed): (Vec<u64>, u64) = (fact(run, "runs")?, fact(run, "runs_allowed")?);
    let most = runs.into_iter().max().unwrap_or(0);
    ensure(most <= allowed, || {
        Broken::seen(text!(
            "아무것도 오지 않는 동안 serve가 {allowed}번 넘게 다시 실행되었습니다.",
            "while nothing came, serve was run again more than {allowed} times."
        ))
    })
}

fn ended_well(run: &Recorded) -> Result<(), Broken> {
    let ended: String = fact(run, "ended")?;
    ensure(ended == "ok", || {
        Broken::seen(match ended.as_str() {
            "error" => {
                let said: String = run.fact("said").unwrap_or_default();
                text!("serve가 오류로 끝났습니다: '{said}'.", "serve ended with the error '{said}'.")
            }
            _ => text!("스트림이 끝났는데 serve가 끝나지 않았습니다.", "the stream ended, and serve did not."),
        })
    })
}

fn truncated(run: &Recorded) -> Result<(), Broken> {
    frames(run)?;
    let ended: String = fact(run, "ended")?;
    ensure(ended == "error", || {
        Broken::seen(if ended == "ok" {
            text!(
                "프레임의 4바이트까지만 오고 스트림이 끝났는데 serve가 Ok로 끝났습니다.",
                "the stream ended after four bytes of a frame, and serve ended with Ok."
            )
        } else {
            text!("스트림이 끝났는데 serve가 끝나지 않았습니다.", "the stream ended, and serve did not.")
        })
    })
}
