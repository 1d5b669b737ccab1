//! The judge of lab 07. The driver says which facts there are.

use kit::Recorded;
use lab::text;

use crate::explored::every_end;
use crate::promise::{Broken, ensure, fact};

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "exclusive" => every_end(run),
        "request" => request(run),
        "fresh" => too_early(run).and_then(|()| every_end(run)),
        "forced" => forced(run),
        "switches" => switches(run),
        _ => Err(Broken::without(promise)),
    }
}

fn broke(run: &Recorded, what: &str) -> bool {
    run.fact::<String>("broke").as_deref() == Some(what)
}

/// The holder was asked, and nobody had waited a whole interval for it.
fn too_early(run: &Recorded) -> Result<(), Broken> {
    ensure(!broke(run, "request"), || {
        Broken::seen(text!(
            "아래 인터리빙에서 GIL을 가진 스레드가 요청을 받았는데, 그 스레드가 GIL을 잡은 뒤로 한 간격을 다 기다린 스레드가 없습니다.",
            "in this interleaving the holder is asked, though nobody has waited for a whole interval since it took the GIL."
        ))
    })
}

fn request(run: &Recorded) -> Result<(), Broken> {
    too_early(run)?;
    ensure(run.fact::<u64>("asked").is_some(), || match every_end(run) {
        Err(other) => other,
        Ok(()) => Broken::seen(text!(
            "대기하던 스레드의 시간이 다 된 인터리빙이 있는데, GIL을 가진 스레드는 한 번도 요청을 받지 않았습니다.",
            "there are interleavings in which a waiter's time is up, and the holder was never asked."
        )),
    })
}

fn forced(run: &Recorded) -> Result<(), Broken> {
    ensure(!broke(run, "forced"), || {
        Broken::seen(text!(
            "아래 인터리빙에서, 요청을 받고 놓은 스레드가 아무도 잡기 전에 스스로 다시 잡았습니다.",
            "in this interleaving a thread lets go on request, and is the first to come back."
        ))
    })?;
    every_end(run)?;
    ensure(run.fact::<u64>("switched").is_some(), || {
        Broken::seen(text!(
            "요청을 받고 놓은 스레드가 하나도 없습니다.",
            "no thread ever let go on request."
        ))
    })
}

fn switches(run: &Recorded) -> Result<(), Broken> {
    let came: u64 = fact(run, "came")?;
    ensure(came >= 3, || {
        Broken::seen(text!(
            "첫째 스레드가 계산하는 동안 둘째 스레드는 {came}번 들어왔습니다. 적어도 세 번이어야 합니다.",
            "while the first thread computed, the second got in {came} times; it should be three times or more."
        ))
    })
}
