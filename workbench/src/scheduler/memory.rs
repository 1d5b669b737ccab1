//! What the threads share, as rows: from `Debug`'s form of the lock, whose fields have the names that the source has.

use gil_sim::sim::letter;
use lab::lang::Text;
use lab::text;
use serde::Serialize;

/// A field of the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// `state.locked`
    pub name: String,
    /// What it holds, for the reader.
    pub value: Text,
}

/// All fields, in the order of the source.
pub fn rows(memory: &[(&'static str, String)]) -> Vec<Row> {
    let mut rows = Vec::new();
    memory.iter().for_each(|(name, value)| flatten((*name).to_owned(), value.trim(), &mut rows));
    rows
}

fn flatten(name: String, value: &str, rows: &mut Vec<Row>) {
    if let Some(fields) = value.strip_suffix(" }").and_then(|value| value.split_once(" { ")) {
        for field in parts(fields.1) {
            if let Some((field, value)) = field.split_once(": ") {
                let path = if name.is_empty() { field.to_owned() } else { format!("{name}.{field}") };
                flatten(path, value, rows);
            }
        }
        return;
    }
    let inner = value.strip_suffix(')').and_then(|value| value.split_once('('));
    match inner {
        Some(("Held", threads)) => {
            let (who, waits) = threads.split_once(", ").unwrap_or((threads, ""));
            let value = match waits {
                "" => text!("{who} 보유", "held by {who}"),
                _ => text!("{who} 보유, {waits} 대기", "held by {who}, {waits} waits"),
            };
            rows.push(Row { name, value });
        }
        Some(("Waiting", "")) => rows.push(Row { name, value: text!("대기 없음", "nobody waits") }),
        Some(("Waiting", who)) => rows.push(Row { name, value: text!("{who} 대기", "{who} waits") }),
        // A mutex that protects nothing but an order.
        Some(("", "")) => rows.push(Row { name, value: text!("비어 있음", "free") }),
        // A struct without names.
        Some((_, inner)) => flatten(name, inner, rows),
        None => {
            let value = leaf(&name, value);
            rows.push(Row { name, value });
        }
    }
}

/// A value that has no parts. Threads have numbers in CPython as well, and 0 is none.
fn leaf(name: &str, value: &str) -> Text {
    let thread = |n: u64| n.checked_sub(1).and_then(|n| letter(usize::try_from(n).ok()?));
    if name.ends_with("last_holder") || name.ends_with("asked") {
        return match value.parse() {
            Ok(0) => text!("없음", "nobody"),
            Ok(n) => thread(n).map_or_else(|| Text::same(value), |letter| Text::same(letter.to_string())),
            Err(_) => Text::same(value),
        };
    }
    Text::same(value)
}

/// The parts between commas that stand in no brackets.
fn parts(words: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in words.char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(words[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(words[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Vec<String> {
        rows(&[("", value.to_owned())]).into_iter().map(|row| format!("{}: {}", row.name, row.value.en)).collect()
    }

    #[test]
    fn fields_are_named_by_their_paths() {
        let gil = "Gil { state: State { locked: true, switch_number: 3 }, freed: Waiting(b c), switch: (), \
                   switched: Waiting(), drop_request: false, last_holder: 2, interval: 5ms }";
        let expected = [
            "state.locked: true",
            "state.switch_number: 3",
            "freed: b c waits",
            "switch: free",
            "switched: nobody waits",
            "drop_request: false",
            "last_holder: b",
            "interval: 5ms",
        ];
        assert_eq!(shown(gil), expected);
        let ticks = "Ticks { lock: SemaphoreLock(Semaphore { value: 0, asleep: Waiting(b) }), last_holder: 0 }";
        assert_eq!(shown(ticks), ["lock.value: 0", "lock.asleep: b waits", "last_holder: nobody"]);
        let buffer = "Buffer { capacity: 1, items: [1, 2], has_room: Waiting() }";
        assert_eq!(shown(buffer), ["capacity: 1", "items: [1, 2]", "has_room: nobody waits"]);
        let held = ["state: held by a", "switch: held by b, c waits"];
        assert_eq!(shown("Gil { state: Held(a, ), switch: Held(b, c) }"), held);
        assert_eq!(rows(&[("ending", "false".into())])[0].name, "ending");
    }
}
