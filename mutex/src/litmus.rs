//! The smallest race: two threads add 1 each to a counter at 0, many times over. What may come out is data, and is checked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use lab::lang::Text;
use lab::report::Table;
use lab::{Error, Result, clock, text};

use crate::together::{Meeting, together};
use crate::variant::Variant;

/// What it means to see an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What everybody expects.
    Acceptable,
    /// Allowed, and a surprise; on a calm machine it may never come.
    Interesting,
    /// A single one proves the program wrong.
    Forbidden,
}

/// One line of a table of outcomes.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The counter at the end; `None` is every value that no line before this one names.
    pub value: Option<u64>,
    /// What it means to see it.
    pub class: Class,
    /// Why.
    pub why: fn() -> Text,
}

const BOTH: Outcome =
    Outcome {
        value: Some(2), class: Class::Acceptable, why: || text!("둘 다 셈에 들었음", "both were counted")
    };
const NONSENSE: Outcome =
    Outcome {
        value: None, class: Class::Forbidden, why: || text!("어떤 순서로도 안 나옴", "no order ends like this")
    };

/// What may come out where nothing protects the counter.
pub const UNPROTECTED: &[Outcome] = &[
    BOTH,
    Outcome { value: Some(1), class: Class::Interesting, why: || text!("둘 다 0을 읽음", "both loaded 0") },
    NONSENSE,
];

/// What may come out behind a lock, or in one atomic step.
pub const PROTECTED: &[Outcome] = &[
    BOTH,
    Outcome {
        value: Some(1),
        class: Class::Forbidden,
        why: || text!("갱신 하나를 덮어씀", "an update was overwritten"),
    },
    NONSENSE,
];

/// The line of the table that a value belongs to.
pub fn classify(outcomes: &'static [Outcome], value: u64) -> &'static Outcome {
    let fits = |outcome: &&Outcome| outcome.value.is_none_or(|v| v == value);
    outcomes.iter().find(fits).expect("the last line of a table fits every value")
}

/// How often the counter ended at which value.
pub type Seen = BTreeMap<u64, u64>;

/// One variant may take this long, in ns: where the two must share a core with others, a round can take milliseconds.
const LIMIT: u64 = 2_000_000_000;
/// Rounds that one pair of threads plays. Two that the system put on the same core seldom collide; the next pair may be luckier.
const PAIR: u64 = 1_000;

/// Lets two threads add 1 each, `rounds` times, or fewer where the machine is too busy for them.
pub fn run(variant: &Variant, rounds: u64) -> Result<Seen> {
    let deadline = clock::now() + LIMIT;
    let mut seen = Seen::new();
    let mut left = rounds;
    while left > 0 && clock::now() < deadline {
        for value in pair(variant, left.min(PAIR), deadline)? {
            *seen.entry(value).or_default() += 1;
        }
        left = left.saturating_sub(PAIR);
    }
    Ok(seen)
}

/// Where the counter ended in the rounds of one pair of threads.
fn pair(variant: &Variant, rounds: u64, deadline: u64) -> Result<Vec<u64>> {
    let (meeting, over) = (Meeting::of(2), AtomicBool::new(false));
    let ends = together(2, |side| {
        let mut ends = Vec::new();
        for round in 1..=rounds {
            meeting.wait(2 * round - 1);
            if over.load(Ordering::Relaxed) {
                break;
            }
            variant.add(1);
            meeting.wait(2 * round);
            if side == 0 {
                ends.push(variant.take());
                over.store(clock::now() > deadline, Ordering::Relaxed);
            }
        }
        ends
    })?;
    Ok(ends.concat())
}

/// Nothing, or the failure that names the first forbidden outcome.
pub fn check(variant: &Variant, seen: &Seen) -> Result<()> {
    let mut lines = seen.iter().map(|(&value, &times)| (value, times, classify(variant.outcomes, value)));
    let Some((value, times, line)) = lines.find(|(_, _, line)| line.class == Class::Forbidden) else {
        return Ok(());
    };
    let (name, why) = (variant.name, (line.why)());
    Err(Error::failed(Text {
        ko: format!("{name}: 나와서는 안 되는 결과 {value}, {times}번 나왔습니다: {}.", why.ko),
        en: format!("{name}: the forbidden outcome {value} was seen {times} times: {}.", why.en),
    }))
}

/// All outcomes of all variants, and how often each was seen.
pub fn table<'a>(runs: impl IntoIterator<Item = (&'a Variant, &'a Seen)>) -> Table {
    let rows = runs.into_iter().flat_map(|(variant, seen)| {
        variant.outcomes.iter().map(move |line| {
            let mine = |value: u64| classify(variant.outcomes, value).value == line.value;
            let times: u64 = seen.iter().filter(|(value, _)| mine(**value)).map(|(_, times)| times).sum();
            let value = line.value.map_or(text!("그 밖", "other"), |v| Text::same(v.to_string()));
            vec![Text::same(variant.name), value, name(line.class), Text::same(times.to_string()), (line.why)()]
        })
    });
    let head = [
        text!("방식", "variant"),
        text!("결과", "outcome"),
        text!("분류", "class"),
        text!("횟수", "seen"),
        text!("이유", "why"),
    ];
    Table {
        title: text!(
            "0에서 시작해 두 스레드가 한 번씩 더한 결과",
            "two threads add 1 each to 0: where the counter ends"
        ),
        rows: rows.collect(),
        head: head.into(),
    }
}

/// What readers call a class.
pub fn name(class: Class) -> Text {
    match class {
        Class::Acceptable => text!("당연함", "acceptable"),
        Class::Interesting => text!("흥미로움", "interesting"),
        Class::Forbidden => text!("금지", "forbidden"),
    }
}
