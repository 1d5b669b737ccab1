//! The judge of lab 06. The driver says which facts there are.

use kit::Recorded;
use lab::text;

use crate::explored::every_end;
use crate::promise::{Broken, ensure, fact};

/// Steps that a thread may need in a call of which most is a wait: both ends of the call, locks, one wait, its signal.
const FEW: u64 = 16;

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "wake" | "spurious" => every_item(run).and_then(|()| every_end(run)),
        "bound" => bound(run),
        "waits" => waits(run),
        "order" => order(run),
        _ => Err(Broken::without(promise)),
    }
}

/// Where the driver saw other items come out than went in, it says which.
fn every_item(run: &Recorded) -> Result<(), Broken> {
    let (Some(put), Some(got)) = (run.fact::<Vec<u32>>("put"), run.fact::<Vec<u32>>("got")) else { return Ok(()) };
    ensure(put == got, || {
        Broken::seen(text!(
            "넣은 것은 {put:?}인데 꺼낸 것은 {got:?}입니다.",
            "{put:?} was put in, and {got:?} came out."
        ))
    })
}

fn bound(run: &Recorded) -> Result<(), Broken> {
    every_item(run)?;
    ensure(run.fact::<u64>("had_room").is_some(), || {
        Broken::seen(text!(
            "크기가 3인 빈 버퍼에 세 개를 넣는데 기다립니다.",
            "a buffer with room for three waits before three are in it."
        ))
    })?;
    every_end(run)?;
    let inside: u64 = fact(run, "inside")?;
    ensure(inside == 3, || {
        Broken::seen(text!(
            "크기가 3인 버퍼에 아무도 꺼내지 않는 동안 {inside}개가 들어갔습니다.",
            "{inside} items went into a buffer with room for three while nobody took one."
        ))
    })
}

fn waits(run: &Recorded) -> Result<(), Broken> {
    every_end(run)?;
    let who = [("consumer", text!("소비자", "the consumer")), ("producer", text!("생산자", "the producer"))];
    for (name, who) in who {
        let steps: u64 = fact(run, &format!("{name}_steps"))?;
        let sleeps: u64 = fact(run, &format!("{name}_sleeps"))?;
        ensure(sleeps == 0, || {
            Broken::seen(text!(
                "할 일이 없는 {who}가 {sleeps}번 잤다가 깨어 확인합니다. 신호를 기다리지 않습니다.",
                "with nothing to do, {who} slept {sleeps} times and looked again; it does not wait for a signal."
            ))
        })?;
        ensure(steps <= FEW, || {
            Broken::seen(text!(
                "할 일이 없는 {who}가 한 번의 호출에서 {steps}단계를 실행했습니다. 기다리지 않고 거듭 확인합니다.",
                "with nothing to do, {who} made {steps} steps in one call: it looks again and again instead of waiting."
            ))
        })?;
    }
    Ok(())
}

fn order(run: &Recorded) -> Result<(), Broken> {
    let (put, got): (Vec<u32>, Vec<u32>) = (fact(run, "put")?, fact(run, "got")?);
    ensure(put == got, || {
        Broken::seen(text!(
            "넣은 순서는 {put:?}인데 꺼낸 순서는 {got:?}입니다.",
            "they went in as {put:?} and came out as {got:?}."
        ))
    })
}
