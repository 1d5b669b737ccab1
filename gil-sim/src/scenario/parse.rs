//! A scenario file, read as tables.

use lab::lang::Text;
use lab::text;
use toml::de::{DeTable, DeValue};

use super::steps::steps;
use super::values::{Parsed, Value, Wrong, duration_value, needed, only, seconds, table, text_of, whole_number, wrong};
use crate::interpreters::{NEWEST, lock_named};
use crate::sim::{Group, Kind, Setup};

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

/// Reads a scenario from the text of a file.
pub fn parse(words: &str) -> Parsed<Scenario> {
    let whole = DeTable::parse(words).map_err(|e| {
        let (at, why) = (e.span().map_or(0, |span| span.start), e.message().to_owned());
        Wrong { at, what: text!("TOML 문법에 맞지 않습니다 ({why})", "this is not TOML ({why})") }
    })?;
    let end = words.len();
    let top = whole.get_ref();
    only(top, &["title", "seconds", "cores", "seed", "gil", "threads"])?;
    let (version, kind, interval) = lock(needed(top, "gil", end)?, whole.span().start)?;
    let groups = groups(needed(top, "threads", end)?, end)?;
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

/// The version, its lock, and the switch interval in what the lock counts: ns, or ticks.
fn lock(value: &Value<'_>, at: usize) -> Parsed<(String, Kind, u64)> {
    let gil = table(value)?;
    only(gil, &["version", "interval"])?;
    let (version, kind) = version(needed(gil, "version", at)?)?;
    let interval = match (gil.get("interval"), kind) {
        (Some(value), Kind::Ticks) => whole_number(value, 1, 1_000_000_000)?,
        (Some(value), _) => duration_value(value)?,
        (None, Kind::Ticks) => 100,
        (None, _) => 5_000_000,
    };
    Ok((version, kind, interval))
}

fn groups(list: &Value<'_>, end: usize) -> Parsed<Vec<Group>> {
    let DeValue::Array(tables) = list.get_ref() else {
        return Err(wrong(list, text!("[[threads]] 테이블이 와야 합니다", "expected [[threads]] tables")));
    };
    let mut locks = Vec::new();
    let groups = tables.iter().map(|value| group(value, &mut locks)).collect::<Parsed<Vec<_>>>()?;
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
    Ok(groups)
}

fn group(value: &Value<'_>, locks: &mut Vec<String>) -> Parsed<Group> {
    let inner = table(value)?;
    only(inner, &["name", "count", "times", "interpreter", "does"])?;
    let does = needed(inner, "does", value.span().start)?;
    let steps = steps(does, locks)?;
    let number = |key, least, most, default| inner.get(key).map_or(Ok(default), |v| whole_number(v, least, most));
    Ok(Group {
        name: inner.get("name").map_or_else(|| Ok(text!("스레드", "thread")), text_of)?,
        count: number("count", 1, MOST_THREADS, 1)? as usize,
        interpreter: number("interpreter", 0, 63, 0)? as usize,
        times: inner.get("times").map(|v| whole_number(v, 1, 1_000_000_000)).transpose()?,
        steps,
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input_file::place;

    const CONVOY: &str = include_str!("../../scenarios/convoy.toml");

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
        complains(("interval =", "intervall ="), line("interval ="), "The keys are: version, interval");
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
        complains(("[gil]", "[gill]"), line("[gil]"), "no key 'gill'");
        complains(("does = [\"run forever\"]", "count = 1"), line("[[threads]]"), "'does' is missing");
    }

    #[test]
    fn the_column_counts_characters() {
        let words = "title = { ko = \"호위\", en = 1 }\n";
        let wrong =
            parse(&format!("{words}[gil]\nversion = \"3.12\"\n[[threads]]\ndoes = [\"run 1s\"]\n")).unwrap_err();
        assert_eq!(place(words, wrong.at), (1, 9), "where the value begins");
    }
}
