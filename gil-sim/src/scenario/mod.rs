//! Scenario files: which threads do what under which lock.
//!
//! ```toml
//! title = { ko = "호송", en = "the convoy" }
//! seconds = 2
//!
//! [gil]
//! version = "3.12"
//! interval = "5ms"
//!
//! [[threads]]
//! name = "cpu"
//! does = ["run forever"]
//!
//! [[threads]]
//! name = "io"
//! does = ["echo 1ms"]
//! ```
//!
//! A step is a word and a duration: `run` holds the GIL, `wait` and `native` let it go, `native-held` is native code that keeps it,
//! `echo` sends a message to a peer process and receives its answer after so long, `lock` and `unlock` name a lock of the
//! program's own. `run forever` computes to the end.

use std::path::{Path, PathBuf};

use lab::lang::Text;
use lab::{Error, Result, text};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::input_file::{self, place};
use crate::interpreters::{NEWEST, lock_named};
use crate::sim::{Group, Kind, Setup, Step};

/// The longest that `run forever` and a whole scenario may last, in ns: an hour.
pub const FOREVER: u64 = 3_600_000_000_000;
/// The most threads of a scenario.
const MOST_THREADS: u64 = 10_000;

/// A scenario, as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// What it is called.
    pub title: Text,
    /// The version whose lock it is about: `2.7`, `3.0` to `3.15`, `free`.
    pub version: String,
    /// Cores; None: as many as the machine has.
    pub cores: Option<usize>,
    /// What the simulator is given.
    pub setup: Setup,
}

/// The file of a scenario: as given, or one that comes with the program, by its name.
pub fn file_of(given: &Path) -> PathBuf {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(given).with_extension("toml");
    if given.components().count() == 1 && !given.exists() && shipped.exists() { shipped } else { given.to_owned() }
}

/// Reads a scenario file. What is wrong in it is told with line and column.
pub fn read(path: &Path) -> Result<Scenario> {
    let name = path.display();
    let words = input_file::read(path)?;
    parse(&words).map_err(|wrong| {
        let (line, column) = place(&words, wrong.at);
        let Text { ko, en } = wrong.what;
        Error::usage(Text { ko: format!("{name}:{line}:{column}: {ko}"), en: format!("{name}:{line}:{column}: {en}") })
    })
}

/// What is wrong, and where, as an offset in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// Offset in bytes.
    pub at: usize,
    /// What was expected there.
    pub what: Text,
}

type Parsed<T> = Result<T, Wrong>;
type Value<'a> = Spanned<DeValue<'a>>;

/// Reads a scenario.
pub fn parse(words: &str) -> Parsed<Scenario> {
    let whole = DeTable::parse(words).map_err(|e| {
        let (at, why) = (e.span().map_or(0, |span| span.start), e.message().to_owned());
        Wrong { at, what: text!("TOML 문법에 맞지 않습니다 ({why})", "this is not TOML ({why})") }
    })?;
    let end = words.len();
    let top = whole.get_ref();
    only(top, &["title", "seconds", "cores", "seed", "gil", "threads"])?;
    let gil = table(needed(top, "gil", end)?)?;
    only(gil, &["version", "interval"])?;
    let (version, kind) = version(needed(gil, "version", whole.span().start)?)?;
    let interval = match (gil.get("interval"), kind) {
        (Some(value), Kind::Ticks) => whole_number(value, 1, 1_000_000_000)?,
        (Some(value), _) => duration_value(value)?,
        (None, Kind::Ticks) => 100,
        (None, _) => 5_000_000,
    };
    let list = needed(top, "threads", end)?;
    let DeValue::Array(list) = list.get_ref() else {
        return Err(wrong(list, text!("[[threads]] 표가 와야 합니다", "expected [[threads]] tables")));
    };
    let mut locks = Vec::new();
    let groups = list.iter().map(|value| group(value, &mut locks)).collect::<Parsed<Vec<_>>>()?;
    let all: usize = groups.iter().map(|g| g.count).sum();
    if all == 0 || all as u64 > MOST_THREADS {
        return Err(Wrong {
            at: end,
            what: text!(
                "스레드는 1개부터 {MOST_THREADS}개까지여야 합니다. 여기는 {all}개입니다",
                "expected 1 to {MOST_THREADS} threads; here are {all}"
            ),
        });
    }
    let end_ns = match top.get("seconds") {
        Some(value) => (seconds(value)? * 1e9) as u64,
        None => 1_000_000_000,
    };
    let cores = top.get("cores").map(|value| whole_number(value, 1, 1024)).transpose()?;
    Ok(Scenario {
        title: top.get("title").map_or(Ok(Text::default()), text_of)?,
        version,
        cores: cores.map(|n| n as usize),
        setup: Setup {
            kind,
            interval,
            groups,
            end: end_ns,
            keep: 0,
            seed: top.get("seed").map_or(Ok(1), |value| whole_number(value, 0, u64::MAX >> 1))?,
        },
    })
}

fn group(value: &Value<'_>, locks: &mut Vec<String>) -> Parsed<Group> {
    let inner = table(value)?;
    only(inner, &["name", "count", "times", "interpreter", "does"])?;
    let does = needed(inner, "does", value.span().start)?;
    let DeValue::Array(steps) = does.get_ref() else {
        return Err(wrong(does, text!("단계의 배열이 와야 합니다", "expected an array of steps")));
    };
    let steps = steps.iter().map(|step| self::step(step, locks)).collect::<Parsed<Vec<_>>>()?;
    if steps.is_empty() {
        return Err(wrong(does, text!("단계가 하나는 있어야 합니다", "expected at least one step")));
    }
    balanced(does, &steps)?;
    if !steps.iter().any(takes_time) {
        return Err(wrong(
            does,
            text!(
                "한 바퀴에 시간이 들어야 합니다. 0보다 긴 단계를 하나는 두십시오",
                "a round must take time: give it a step longer than 0"
            ),
        ));
    }
    let number = |key, least, most, default| inner.get(key).map_or(Ok(default), |v| whole_number(v, least, most));
    Ok(Group {
        name: inner.get("name").map_or_else(|| Ok(text!("스레드", "thread")), text_of)?,
        count: number("count", 1, MOST_THREADS, 1)? as usize,
        interpreter: number("interpreter", 0, 63, 0)? as usize,
        times: inner.get("times").map(|v| whole_number(v, 1, 1_000_000_000)).transpose()?,
        steps,
    })
}

/// A thread whose rounds took no time would make one after another for ever, and the virtual clock would stand still. A peer's
/// answer and a sleep take theirs even if they ask for none.
fn takes_time(step: &Step) -> bool {
    match step {
        Step::Run(ns) | Step::Native(ns) | Step::NativeHeld(ns) => *ns > 0,
        Step::Wait(_) | Step::Echo(_) => true,
        Step::Lock(_) | Step::Unlock(_) => false,
    }
}

/// A thread that ends a round with a lock in its hands would wait for itself in the next.
fn balanced(does: &Value<'_>, steps: &[Step]) -> Parsed<()> {
    let mut held: Vec<usize> = Vec::new();
    for step in steps {
        match step {
            Step::Lock(n) if held.contains(n) => {
                return Err(wrong(does, text!("쥔 락을 다시 쥐려 합니다", "a lock that is held is taken again")));
            }
            Step::Lock(n) => held.push(*n),
            Step::Unlock(n) if !held.contains(n) => {
                return Err(wrong(does, text!("쥐지 않은 락을 놓으려 합니다", "a lock that is not held is let go")));
            }
            Step::Unlock(n) => held.retain(|h| h != n),
            _ => {}
        }
    }
    if held.is_empty() {
        return Ok(());
    }
    Err(wrong(does, text!("마지막까지 놓지 않은 락이 있습니다", "a lock is still held at the end")))
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
                    "'{rest}': write a duration as 200us, 5ms or 1.5s, of an hour at the most"
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

/// `200us`, `5ms`, `1.5s`, in ns.
fn duration(words: &str) -> Option<u64> {
    let unit_at = words.find(|c: char| c.is_ascii_alphabetic() || c == 'µ')?;
    let (number, unit) = words.split_at(unit_at);
    let scale = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    let ns = number.trim().parse::<f64>().ok()? * scale;
    (0.0..=FOREVER as f64).contains(&ns).then_some(ns as u64)
}

fn duration_value(value: &Value<'_>) -> Parsed<u64> {
    let words = match value.get_ref() {
        DeValue::String(words) => duration(words),
        _ => None,
    };
    words
        .filter(|ns| *ns > 0)
        .ok_or_else(|| wrong(value, text!("\"5ms\"처럼 쓴 시간이 와야 합니다", "expected a duration such as \"5ms\"")))
}

fn version(value: &Value<'_>) -> Parsed<(String, Kind)> {
    let words = match value.get_ref() {
        DeValue::String(words) => words.to_string(),
        _ => String::new(),
    };
    let kind = lock_named(&words).ok_or_else(|| {
        wrong(
            value,
            text!(
                "\"2.7\", \"3.0\"부터 \"3.{NEWEST}\", \"free\" 가운데 하나가 와야 합니다",
                "expected \"2.7\", one of \"3.0\" to \"3.{NEWEST}\", or \"free\""
            ),
        )
    })?;
    Ok((words, kind))
}

fn text_of(value: &Value<'_>) -> Parsed<Text> {
    match value.get_ref() {
        DeValue::String(words) => Ok(Text::same(words.to_string())),
        DeValue::Table(both) => {
            only(both, &["ko", "en"])?;
            let word = |key| match needed(both, key, value.span().start)?.get_ref() {
                DeValue::String(words) => Ok(words.to_string()),
                _ => Err(wrong(value, text!("글이 와야 합니다", "expected a text"))),
            };
            Ok(Text { ko: word("ko")?, en: word("en")? })
        }
        _ => Err(wrong(
            value,
            text!("글이나 {{ ko = …, en = … }}가 와야 합니다", "expected a text, or {{ ko = …, en = … }}"),
        )),
    }
}

fn seconds(value: &Value<'_>) -> Parsed<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(n) => n.as_str().parse::<f64>().ok(),
        DeValue::Float(n) => n.as_str().parse::<f64>().ok(),
        _ => None,
    };
    let most = FOREVER as f64 / 1e9;
    number.filter(|n| (1e-6..=most).contains(n)).ok_or_else(|| {
        wrong(value, text!("0.000001부터 {most}까지의 초가 와야 합니다", "expected seconds from 0.000001 to {most}"))
    })
}

fn whole_number(value: &Value<'_>, least: u64, most: u64) -> Parsed<u64> {
    let number = match value.get_ref() {
        DeValue::Integer(n) => u64::from_str_radix(n.as_str(), n.radix()).ok(),
        _ => None,
    };
    number.filter(|n| (least..=most).contains(n)).ok_or_else(|| {
        wrong(
            value,
            text!("{least}부터 {most}까지의 정수가 와야 합니다", "expected a whole number from {least} to {most}"),
        )
    })
}

fn table<'a, 'b>(value: &'a Value<'b>) -> Parsed<&'a DeTable<'b>> {
    match value.get_ref() {
        DeValue::Table(inner) => Ok(inner),
        _ => Err(wrong(value, text!("표가 와야 합니다", "expected a table"))),
    }
}

fn needed<'a, 'b>(table: &'a DeTable<'b>, key: &str, at: usize) -> Parsed<&'a Value<'b>> {
    table
        .get(key)
        .ok_or_else(|| Wrong { at, what: text!("'{key}' 항목이 있어야 합니다", "'{key}' is missing") })
}

fn only(table: &DeTable<'_>, known: &[&str]) -> Parsed<()> {
    match table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
        None => Ok(()),
        Some(key) => {
            let (name, list) = (key.get_ref(), known.join(", "));
            let what = text!(
                "'{name}'이라는 항목은 없습니다. 쓸 수 있는 항목: {list}",
                "there is no '{name}' here. There are: {list}"
            );
            Err(Wrong { at: key.span().start, what })
        }
    }
}

fn wrong(value: &Value<'_>, what: Text) -> Wrong {
    Wrong { at: value.span().start, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONVOY: &str = include_str!("../../scenarios/convoy.toml");

    #[test]
    fn every_shipped_scenario_is_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut n = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let scenario = read(&path).unwrap_or_else(|e| panic!("{e}"));
            assert!(lab::lang::has_hangul(&scenario.title.ko), "{}: a title in both languages", path.display());
            assert!(!lab::lang::has_hangul(&scenario.title.en));
            n += 1;
        }
        assert!(n >= 6, "{n} scenarios");
    }

    #[track_caller]
    fn complains(change: (&str, &str), line: usize, about: &str) {
        assert!(CONVOY.contains(change.0), "the scenario has changed");
        let words = CONVOY.replacen(change.0, change.1, 1);
        let wrong = parse(&words).expect_err("it must be refused");
        assert_eq!(place(&words, wrong.at).0, line, "{wrong:?}");
        assert!(wrong.what.en.contains(about), "{wrong:?}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let line = |of: &str| CONVOY.lines().position(|l| l.contains(of)).unwrap() + 1;
        complains(("version = \"3.12\"", "version = \"3.16\""), line("version"), "2.7");
        complains(("version = \"3.12\"", "version = \"1.5\""), line("version"), "3.15");
        complains(("version = \"3.12\"", "version = 3.12"), line("version"), "2.7");
        complains(("interval =", "intervall ="), line("interval ="), "There are: version, interval");
        complains(("\"5ms\"", "5"), line("interval ="), "duration");
        complains(("echo 1ms", "echo 1"), line("echo"), "write a duration");
        complains(("echo 1ms", "echo -1ms"), line("echo"), "write a duration");
        complains(("echo 1ms", "echo 9999999s"), line("echo"), "write a duration");
        complains(("echo 1ms", "sing 1ms"), line("echo"), "expected run");
        complains(("echo 1ms", "lock a"), line("echo"), "still held");
        complains(("echo 1ms", "unlock a"), line("echo"), "not held");
        for timeless in ["run 0s", "run 0.4ns", "native 0ms", "native-held 0s", "lock a\", \"unlock a"] {
            complains(("echo 1ms", timeless), line("echo"), "must take time");
        }
        complains(("seconds = 2", "seconds = 0"), line("seconds"), "seconds from");
        complains(("seconds = 2", "seconds = nan"), line("seconds"), "seconds from");
        complains(("seconds = 2", "seconds ="), line("seconds"), "not TOML");
        complains(("[gil]", "[gill]"), line("[gil]"), "no 'gill'");
        complains(("does = [\"run forever\"]", "count = 1"), line("[[threads]]"), "'does' is missing");
    }

    #[test]
    fn the_column_counts_characters() {
        let words = "title = { ko = \"호송\", en = 1 }\n";
        let wrong =
            parse(&format!("{words}[gil]\nversion = \"3.12\"\n[[threads]]\ndoes = [\"run 1s\"]\n")).unwrap_err();
        assert_eq!(place(words, wrong.at), (1, 9), "where the value begins");
    }

    #[test]
    fn durations() {
        assert_eq!(duration("200us"), Some(200_000));
        assert_eq!(duration("1.5s"), Some(1_500_000_000));
        assert_eq!(duration("5 ms"), Some(5_000_000));
        for bad in ["", "5", "ms", "-1ms", "1h", "nanms", "infs", "3601s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }
}
