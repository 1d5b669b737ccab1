//! The judge of lab 04. The driver says which facts there are.

use kit::Recorded;
use lab::text;

use crate::explored::every_end;
use crate::promise::{Broken, ensure, fact};

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "atomic" | "mutex" => nothing_lost(run),
        "own" => nothing_lost(run).and_then(|()| nothing_shared(run)),
        "short" => short(run),
        "at_once" => at_once(run),
        _ => Err(Broken::without(promise)),
    }
}

fn nothing_lost(run: &Recorded) -> Result<(), Broken> {
    let expected: u64 = fact(run, "expected")?;
    if let Some(counted) = run.fact::<i64>("counted")
        && u64::try_from(counted) != Ok(expected)
    {
        return Err(Broken::seen(text!(
            "상자에는 모두 {expected}표가 있는데, 아래 인터리빙에서는 {counted}표가 됩니다.",
            "the boxes hold {expected} votes, and this interleaving counts {counted}."
        )));
    }
    every_end(run)?;
    // Each box by a thread that was started for it.
    let readers: Vec<Vec<usize>> = fact(run, "readers")?;
    ensure(!readers.is_empty() && readers.iter().all(|by| by.len() == 1 && by[0] != 0), || {
        Broken::seen(text!(
            "상자마다 자기 스레드가 세지 않았습니다. 상자별로 읽은 스레드: {readers:?} (0은 호출한 스레드).",
            "not every box was counted by a thread of its own. The threads that read each box: {readers:?} (0 is the caller)."
        ))
    })
}

fn nothing_shared(run: &Recorded) -> Result<(), Broken> {
    let (locks, atomics): (u64, u64) = (fact(run, "locks")?, fact(run, "atomics")?);
    ensure(locks + atomics == 0, || {
        Broken::seen(text!(
            "세는 스레드들이 공유하는 것을 썼습니다: 락 {locks}번, 원자적 연산 {atomics}번.",
            "the counting threads used what they share: {locks} times a lock, {atomics} times an atomic."
        ))
    })
}

fn short(run: &Recorded) -> Result<(), Broken> {
    let under: u64 = fact(run, "mutex_under_lock")?;
    ensure(under == 0, || {
        Broken::seen(text!(
            "뮤텍스를 가진 채로 {under}표를 읽었습니다. 그동안 다른 스레드는 모두 기다렸습니다.",
            "{under} votes were read while the mutex was held, and all others waited meanwhile."
        ))
    })
}

fn at_once(run: &Recorded) -> Result<(), Broken> {
    let names = [
        ("atomic", text!("첫째 함수", "the first function")),
        ("mutex", text!("뮤텍스를 쓰는 함수", "the function with a mutex")),
        ("own", text!("공유하지 않는 함수", "the function that shares nothing")),
    ];
    for (way, name) in names {
        let spawned: u64 = fact(run, &format!("{way}_spawned"))?;
        let early: u64 = fact(run, &format!("{way}_early_joins"))?;
        ensure(spawned >= 3, || {
            Broken::seen(text!(
                "{name}: 상자 3개에 스레드를 {spawned}개만 시작했습니다.",
                "{name} started {spawned} threads for 3 boxes."
            ))
        })?;
        ensure(early == 0, || {
            Broken::seen(text!(
                "{name}: 모든 스레드를 시작하기 전에 {early}번 join했습니다.",
                "{name} joined {early} times before all threads were started."
            ))
        })?;
    }
    Ok(())
}
