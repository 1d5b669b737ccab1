//! The judge of lab 05. The driver says which facts there are.

use std::collections::BTreeSet;

use kit::{Recorded, Text};
use lab::text;

use crate::explored::every_end;
use crate::promise::{Broken, ensure, fact};

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    match promise {
        "money" => money(run),
        "ends" => balances(run).and_then(|()| refused(run)).and_then(|()| explored(run)),
        "order" => order(run),
        "livelock" => every_end(run).and_then(|()| came_to_its_end(run)),
        "both" => both(run),
        "apart" => apart(run),
        "itself" => itself(run),
        _ => Err(Broken::without(promise)),
    }
}

/// Every interleaving came to its end, and there were some.
fn explored(run: &Recorded) -> Result<(), Broken> {
    every_end(run)?;
    let executions: u64 = fact(run, "executions")?;
    ensure(executions > 1, || {
        Broken::seen(text!("시험한 인터리빙이 {executions}개뿐입니다.", "only {executions} interleavings were tried."))
    })
}

fn money(run: &Recorded) -> Result<(), Broken> {
    if let Some(moved) = run.fact::<i64>("moved") {
        return Err(Broken::seen(text!(
            "잔액은 송금 한 번만큼인데, 아래 인터리빙에서는 둘 가운데 {moved}번이 이루어집니다.",
            "there is cover for one transfer, and in this interleaving {moved} of two are made."
        )));
    }
    balances(run)?;
    explored(run)
}

fn balances(run: &Recorded) -> Result<(), Broken> {
    let (Some(seen), Some(allowed)) = (run.fact::<Vec<i64>>("balances"), run.fact::<Vec<i64>>("allowed")) else {
        return Ok(());
    };
    ensure(seen == allowed, || {
        Broken::seen(text!("잔액이 {allowed:?}이어야 하는데 {seen:?}입니다.", "the balances are {seen:?} instead of {allowed:?}."))
    })
}

fn refused(run: &Recorded) -> Result<(), Broken> {
    ensure(run.fact::<bool>("refused").is_none(), || {
        Broken::seen(text!(
            "잔액이 충분한 송금이, 다른 송금과 마주쳤다는 이유로 거절되었습니다.",
            "a transfer with cover was refused because it met another one."
        ))
    })
}

fn came_to_its_end(run: &Recorded) -> Result<(), Broken> {
    fact::<Vec<u64>>(run, "steps").map(drop)
}

/// Nobody may hold b and ask for a, if another held a and asked for b, on whatever way round.
fn order(run: &Recorded) -> Result<(), Broken> {
    let pairs: Vec<(Text, Text)> = fact(run, "order")?;
    let Some(circle) = circle(&pairs) else { return Ok(()) };
    let (ko, en): (Vec<_>, Vec<_>) = circle.into_iter().map(|lock| (lock.ko, lock.en)).unzip();
    let (ko, en) = (ko.join(" → "), en.join(" → "));
    Err(Broken::seen(text!(
        "락을 가진 채로 다음 락을 요청한 순서가 원을 이룹니다: {ko}. 이 송금들이 동시에 일어나면 서로를 기다립니다.",
        "the order in which locks are taken while others are held is a circle: {en}. If these transfers happen at once, each waits for the other."
    )))
}

fn circle(pairs: &[(Text, Text)]) -> Option<Vec<Text>> {
    let names: BTreeSet<&Text> = pairs.iter().map(|(held, _)| held).collect();
    // The shortest one, so that it is read at a glance.
    names.into_iter().filter_map(|start| back_to(start, pairs)).min_by_key(Vec::len)
}

fn back_to(start: &Text, pairs: &[(Text, Text)]) -> Option<Vec<Text>> {
    let mut ways = vec![vec![start.clone()]];
    let mut seen: BTreeSet<&Text> = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in &ways {
            for (_, next) in pairs.iter().filter(|(held, _)| Some(held) == way.last()) {
                let on = || way.iter().chain([next]).cloned().collect();
                if next == start {
                    return Some(on());
                }
                if seen.insert(next) {
                    longer.push(on());
                }
            }
        }
        ways = longer;
    }
    None
}

fn both(run: &Recorded) -> Result<(), Broken> {
    let held: Vec<usize> = fact(run, "held")?;
    let moved: usize = fact(run, "moved")?;
    let balances: Vec<i64> = fact(run, "balances")?;
    ensure(balances == [900, 1_000, 1_000, 1_100] && moved == 60, || {
        Broken::seen(text!(
            "송금 60번 가운데 {moved}번이 이루어졌다고 하고, 잔액은 {balances:?}입니다.",
            "{moved} of 60 transfers are said to be made, and the balances are {balances:?}."
        ))
    })?;
    let alone = held.iter().filter(|&&most| most < 2).count();
    ensure(alone == 0 && held.len() == moved, || {
        Broken::seen(text!(
            "송금 {moved}번 가운데 {alone}번은 두 계좌의 락을 함께 가진 적이 없습니다. 그 사이에 돈은 어느 계좌에도 없습니다.",
            "{alone} of {moved} transfers never held the locks of both accounts at once: meanwhile the money is in neither."
        ))
    })
}

fn apart(run: &Recorded) -> Result<(), Broken> {
    every_end(run)?;
    let (common, locked): (Vec<usize>, usize) = (fact(run, "common")?, fact(run, "locked")?);
    ensure(locked >= 2, || {
        Broken::seen(text!(
            "송금 하나가 락을 {locked}개만 썼습니다. 계좌는 둘입니다.",
            "a transfer took {locked} locks, and there are two accounts."
        ))
    })?;
    let Some(&first) = common.first() else { return Ok(()) };
    let first = if first < 5 { text!("계좌 {first}", "account {first}") } else { text!("또 다른 락", "something else") };
    Err(Broken::seen(text!(
        "1에서 2로, 3에서 4로 보내는 두 송금이 모두 {first}의 락을 씁니다. 그래서 함께 진행되지 못합니다.",
        "the transfers 1 to 2 and 3 to 4 both take the lock of {first}, so they cannot go on together."
    )))
}

fn itself(run: &Recorded) -> Result<(), Broken> {
    balances(run)?;
    every_end(run)?;
    let moved: Vec<bool> = fact(run, "moved")?;
    ensure(moved == [true, false], || {
        Broken::seen(text!(
            "잔액 100인 계좌에서 자기 자신에게 40과 101을 보내면 [true, false]여야 하는데 {moved:?}입니다.",
            "from an account with 100 to itself, 40 and then 101: {moved:?} instead of [true, false]."
        ))
    })
}
