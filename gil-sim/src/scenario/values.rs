//! Values of a scenario file, each with what was expected in its place.

use lab::lang::Text;
use lab::text;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The longest that `run forever` and a whole scenario may last, in ns: an hour.
pub const FOREVER: u64 = 3_600_000_000_000;

/// What is wrong, and where, as an offset in bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrong {
    /// Offset in bytes.
    pub at: usize,
    /// What was expected there.
    pub what: Text,
}

pub type Parsed<T> = Result<T, Wrong>;
pub(super) type Value<'a> = Spanned<DeValue<'a>>;

/// `200us`, `5ms`, `1.5s`, in ns.
pub(super) fn duration(words: &str) -> Option<u64> {
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

pub(super) fn duration_value(value: &Value<'_>) -> Parsed<u64> {
    let words = match value.get_ref() {
        DeValue::String(words) => duration(words),
        _ => None,
    };
    words
        .filter(|ns| *ns > 0)
        .ok_or_else(|| wrong(value, text!("\"5ms\"처럼 쓴 시간이 와야 합니다", "expected a duration such as \"5ms\"")))
}

pub(super) fn text_of(value: &Value<'_>) -> Parsed<Text> {
    match value.get_ref() {
        DeValue::String(words) => Ok(Text::same(words.to_string())),
        DeValue::Table(both) => {
            only(both, &["ko", "en"])?;
            let word = |key| match needed(both, key, value.span().start)?.get_ref() {
                DeValue::String(words) => Ok(words.to_string()),
                _ => Err(wrong(value, text!("문자열이 와야 합니다", "expected a string"))),
            };
            Ok(Text { ko: word("ko")?, en: word("en")? })
        }
        _ => Err(wrong(
            value,
            text!("문자열이나 {{ ko = …, en = … }}가 와야 합니다", "expected a string, or {{ ko = …, en = … }}"),
        )),
    }
}

pub(super) fn seconds(value: &Value<'_>) -> Parsed<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(n) => n.as_str().parse::<f64>().ok(),
        DeValue::Float(n) => n.as_str().parse::<f64>().ok(),
        _ => None,
    };
    let most = FOREVER as f64 / 1e9;
    number.filter(|n| (1e-6..=most).contains(n)).ok_or_else(|| {
        wrong(
            value,
            text!("0.000001초부터 {most}초까지의 값이 와야 합니다", "expected seconds from 0.000001 to {most}"),
        )
    })
}

pub(super) fn whole_number(value: &Value<'_>, least: u64, most: u64) -> Parsed<u64> {
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

pub(super) fn table<'a, 'b>(value: &'a Value<'b>) -> Parsed<&'a DeTable<'b>> {
    match value.get_ref() {
        DeValue::Table(inner) => Ok(inner),
        _ => Err(wrong(value, text!("테이블이 와야 합니다", "expected a table"))),
    }
}

pub(super) fn needed<'a, 'b>(table: &'a DeTable<'b>, key: &str, at: usize) -> Parsed<&'a Value<'b>> {
    table.get(key).ok_or_else(|| Wrong { at, what: text!("'{key}' 키가 있어야 합니다", "'{key}' is missing") })
}

pub(super) fn only(table: &DeTable<'_>, known: &[&str]) -> Parsed<()> {
    match table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
        None => Ok(()),
        Some(key) => {
            let (name, list) = (key.get_ref(), known.join(", "));
            let what = text!(
                "'{name}'이라는 키는 없습니다. 쓸 수 있는 키: {list}",
                "there is no key '{name}' here. The keys are: {list}"
            );
            Err(Wrong { at: key.span().start, what })
        }
    }
}

pub(super) fn wrong(value: &Value<'_>, what: Text) -> Wrong {
    Wrong { at: value.span().start, what }
}

#[cfg(test)]
mod tests {
    use super::*;

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
