//! The steps of a thread, and whether a round of them can be repeated.

use lab::text;
use toml::de::DeValue;

use super::values::{FOREVER, Parsed, Value, duration, wrong};
use crate::sim::Step;

/// Reads the steps of a round. `locks` holds the names of all locks so far.
pub(super) fn steps(does: &Value<'_>, locks: &mut Vec<String>) -> Parsed<Vec<Step>> {
    let DeValue::Array(steps) = does.get_ref() else {
        return Err(wrong(does, text!("단계의 배열이 와야 합니다", "expected an array of steps")));
    };
    let steps = steps.iter().map(|value| step(value, locks)).collect::<Parsed<Vec<_>>>()?;
    if steps.is_empty() {
        return Err(wrong(does, text!("단계가 하나 이상 있어야 합니다", "expected at least one step")));
    }
    balanced(does, &steps)?;
    if !steps.iter().any(takes_time) {
        return Err(wrong(
            does,
            text!(
                "한 번 반복하는 데 시간이 걸려야 합니다. 0보다 긴 단계를 하나 이상 넣으십시오",
                "a round must take time: give it a step longer than 0"
            ),
        ));
    }
    Ok(steps)
}

/// A thread whose rounds take no time would repeat them for ever at one moment of virtual time. A peer's
/// answer and a sleep take time even at a duration of 0.
fn takes_time(step: &Step) -> bool {
    match step {
        Step::Run(ns) | Step::Native(ns) | Step::NativeHeld(ns) => *ns > 0,
        Step::Wait(_) | Step::Echo(_) => true,
        Step::Lock(_) | Step::Unlock(_) => false,
    }
}

/// A thread that ends a round with a lock held would wait for itself in the next.
fn balanced(does: &Value<'_>, steps: &[Step]) -> Parsed<()> {
    let mut held: Vec<usize> = Vec::new();
    for step in steps {
        match step {
            Step::Lock(n) if held.contains(n) => {
                return Err(wrong(
                    does,
                    text!("이미 쥔 락을 다시 획득하려 합니다", "a lock that is already held is locked again"),
                ));
            }
            Step::Lock(n) => held.push(*n),
            Step::Unlock(n) if !held.contains(n) => {
                return Err(wrong(
                    does,
                    text!("쥐지 않은 락을 해제하려 합니다", "a lock that is not held is unlocked"),
                ));
            }
            Step::Unlock(n) => held.retain(|h| h != n),
            _ => {}
        }
    }
    if held.is_empty() {
        return Ok(());
    }
    Err(wrong(does, text!("끝까지 해제하지 않은 락이 있습니다", "a lock is still held at the end")))
}

fn step(value: &Value<'_>, locks: &mut Vec<String>) -> Parsed<Step> {
    let expected = || {
        wrong(
            value,
            text!(
                "run, wait, native, native-held, echo 뒤에 시간(예: \"run 5ms\"), 또는 lock, unlock 뒤에 이름이 와야 합니다",
                "expected run, wait, native, native-held or echo with a duration, as \"run 5ms\", or lock, unlock with a name"
            ),
        )
    };
    let DeValue::String(words) = value.get_ref() else { return Err(expected()) };
    let (verb, rest) = words.trim().split_once(' ').ok_or_else(expected)?;
    let rest = rest.trim();
    let ns = || {
        duration(rest).ok_or_else(|| {
            wrong(
                value,
                text!(
                    "'{rest}': 시간은 200us, 5ms, 1.5s처럼 쓰고, 한 시간을 넘을 수 없습니다",
                    "'{rest}': write a duration as 200us, 5ms or 1.5s, at most an hour"
                ),
            )
        })
    };
    let mut lock = |name: &str| match locks.iter().position(|l| l == name) {
        Some(at) => at,
        None => {
            locks.push(name.to_owned());
            locks.len() - 1
        }
    };
    Ok(match verb {
        "run" if rest == "forever" => Step::Run(FOREVER),
        "run" => Step::Run(ns()?),
        "wait" => Step::Wait(ns()?),
        "native" => Step::Native(ns()?),
        "native-held" => Step::NativeHeld(ns()?),
        "echo" => Step::Echo(ns()?),
        "lock" => Step::Lock(lock(rest)),
        "unlock" => Step::Unlock(lock(rest)),
        _ => return Err(expected()),
    })
}
