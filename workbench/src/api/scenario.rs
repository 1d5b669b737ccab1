//! A scenario from the page: gil-sim's own form, as JSON. It is written as a scenario file and read by the parser of scenario files, so the
//! page and `gil-sim predict FILE` cannot mean different things.

use gil_sim::scenario::{self, Scenario};
use gil_sim::sim::Group;
use lab::lang::Text;
use lab::text;
use serde_json::{Map, Value};

use crate::limits;
use crate::refused::Refused;

/// A scenario, and the file that it is.
#[derive(Clone, Debug)]
pub struct Given {
    /// As gil-sim reads it.
    pub scenario: Scenario,
    /// The text of the file.
    pub toml: String,
}

/// Lines of a file, each with the place in the JSON that it comes from.
#[derive(Default)]
struct File {
    words: String,
    /// Where each line begins, and its place.
    lines: Vec<(usize, String)>,
}

impl File {
    fn line(&mut self, place: String, words: &str) {
        self.lines.push((self.words.len(), place));
        self.words.push_str(words);
        self.words.push('\n');
    }

    /// The place in the JSON of an offset.
    fn place(&self, at: usize) -> Option<String> {
        let line = self.lines.partition_point(|(start, _)| *start <= at).checked_sub(1)?;
        Some(self.lines[line].1.clone()).filter(|place| !place.is_empty())
    }
}

/// Reads a scenario from JSON, within the limits of the page.
pub fn read(json: &Value) -> Result<Given, Refused> {
    let Value::Object(top) = json else {
        return Err(Refused::scenario(text!("객체가 와야 합니다", "expected an object"), None));
    };
    let file = file(top)?;
    let scenario = scenario::parse(&file.words).map_err(|wrong| Refused::scenario(wrong.what, file.place(wrong.at)))?;
    within(&scenario)?;
    Ok(Given { scenario, toml: file.words })
}

fn file(top: &Map<String, Value>) -> Result<File, Refused> {
    let mut file = File::default();
    let is_table = |key: &str| matches!(key, "gil" | "threads");
    for (key, value) in top.iter().filter(|(key, _)| !is_table(key)) {
        file.line(key.clone(), &format!("{} = {}", name(key), toml(value, key)?));
    }
    // In front of tables that may be missing, so that what is missing is missing somewhere.
    match top.get("gil") {
        Some(Value::Object(gil)) => table(&mut file, "gil", "[gil]", gil)?,
        Some(other) => file.line("gil".into(), &format!("gil = {}", toml(other, "gil")?)),
        None => {}
    }
    match top.get("threads") {
        Some(Value::Array(groups)) if !groups.is_empty() && groups.iter().all(Value::is_object) => {
            for (n, group) in groups.iter().enumerate() {
                let Value::Object(group) = group else { continue };
                table(&mut file, &format!("threads[{n}]"), "[[threads]]", group)?;
            }
        }
        // After a table this would be a key of that table.
        Some(other) => {
            let words = std::mem::take(&mut file.words);
            let lines = std::mem::take(&mut file.lines);
            file.line("threads".into(), &format!("threads = {}", toml(other, "threads")?));
            let shift = file.words.len();
            file.words.push_str(&words);
            file.lines.extend(lines.into_iter().map(|(start, place)| (start + shift, place)));
        }
        None => {}
    }
    Ok(file)
}

fn table(file: &mut File, place: &str, head: &str, table: &Map<String, Value>) -> Result<(), Refused> {
    file.line(place.to_owned(), &format!("\n{head}"));
    for (key, value) in table {
        let place = format!("{place}.{key}");
        match value {
            Value::Array(steps) if key == "does" && !steps.is_empty() => {
                file.line(place.clone(), &format!("{} = [", name(key)));
                for (n, step) in steps.iter().enumerate() {
                    let place = format!("{place}[{n}]");
                    file.line(place.clone(), &format!("    {},", toml(step, &place)?));
                }
                file.line(place, "]");
            }
            _ => file.line(place.clone(), &format!("{} = {}", name(key), toml(value, &place)?)),
        }
    }
    Ok(())
}

/// A key: bare where it may be.
fn name(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { string(key) }
}

/// A string of JSON is one of TOML as well, but for one character.
fn string(words: &str) -> String {
    serde_json::to_string(words).expect("a string is plain data").replace('\u{7f}', "\\u007f")
}

/// A value in TOML.
fn toml(value: &Value, place: &str) -> Result<String, Refused> {
    Ok(match value {
        Value::Null => {
            return Err(Refused::scenario(text!("값이 있어야 합니다", "a value is missing"), Some(place.to_owned())));
        }
        Value::Bool(yes) => yes.to_string(),
        Value::Number(n) => n.to_string(),
        Value::String(words) => string(words),
        Value::Array(all) => {
            let all = all.iter().map(|one| toml(one, place)).collect::<Result<Vec<_>, _>>()?;
            format!("[{}]", all.join(", "))
        }
        Value::Object(all) => {
            let one = |(key, value): (&String, &Value)| Ok(format!("{} = {}", name(key), toml(value, place)?));
            let all = all.iter().map(one).collect::<Result<Vec<_>, Refused>>()?;
            format!("{{ {} }}", all.join(", "))
        }
    })
}

/// The page has narrower limits than a file.
fn within(scenario: &Scenario) -> Result<(), Refused> {
    let setup = &scenario.setup;
    let of_groups = |of: fn(&Group) -> usize| setup.groups.iter().map(of);
    let seconds = setup.end.div_ceil(1_000_000_000) as usize;
    let counted = [
        (of_groups(|group| group.count).sum(), limits::THREADS, "threads", text!("스레드", "threads")),
        (setup.groups.len(), limits::GROUPS, "threads", text!("스레드 그룹", "groups of threads")),
        (most(of_groups(|group| group.steps.len())), limits::STEPS, "threads", text!("단계", "steps")),
        (
            most(of_groups(|group| group.interpreter + 1)),
            limits::INTERPRETERS,
            "threads",
            text!("인터프리터", "interpreters"),
        ),
        (scenario.cores.unwrap_or(1), limits::CORES, "cores", text!("코어", "cores")),
        (seconds, limits::SECONDS as usize, "seconds", text!("가상 시간(초)", "seconds of virtual time")),
    ];
    let Some((n, most, path, Text { ko, en })) = counted.into_iter().find(|(n, most, ..)| n > most) else {
        return Ok(());
    };
    let what = text!("{ko}: {most}까지입니다. 여기는 {n}입니다", "at most {most} {en}; here: {n}");
    Err(Refused::scenario(what, Some(path.to_owned())))
}

fn most(numbers: impl Iterator<Item = usize>) -> usize {
    numbers.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn convoy() -> Value {
        json!({"title": {"ko": "호위", "en": "convoy"}, "seconds": 2, "cores": 2, "gil": {"version": "3.12", "interval": "5ms"},
            "threads": [{"name": "CPU", "does": ["run forever"]}, {"name": "I/O", "count": 2, "does": ["run 200us", "echo 1ms"]}]})
    }

    #[test]
    fn json_and_file_are_the_same_scenario() {
        let given = read(&convoy()).unwrap();
        assert_eq!(given.scenario.setup.groups.len(), 2);
        assert_eq!(given.scenario.setup.groups[1].steps.len(), 2);
        assert_eq!(scenario::parse(&given.toml).unwrap(), given.scenario, "{}", given.toml);
        assert!(given.toml.contains("[gil]\n") && given.toml.contains("[[threads]]\n"), "{}", given.toml);
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Value), path: &str, about: &str) {
        let mut json = convoy();
        change(&mut json);
        let refused = read(&json).expect_err("it must be refused");
        assert_eq!((refused.code, refused.path.as_deref()), ("scenario", Some(path)), "{refused:?}");
        assert!(refused.text.en.contains(about), "{refused:?}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place_in_the_json() {
        refused(|s| s["threads"][1]["does"][1] = json!("echo 1"), "threads[1].does[1]", "duration");
        refused(|s| s["threads"][0]["does"] = json!([]), "threads[0].does", "at least one");
        refused(|s| s["threads"][0]["counts"] = json!(2), "threads[0].counts", "no key");
        refused(|s| s["gil"]["version"] = json!("3.99"), "gil.version", "2.7");
        refused(|s| s["gil"]["interval"] = json!(null), "gil.interval", "value is missing");
        refused(|s| s["gil"] = json!(3), "gil", "table");
        refused(|s| s["threads"] = json!("none"), "threads", "threads");
        refused(|s| s["threads"] = json!([1]), "threads", "table");
        refused(|s| s["seconds"] = json!(-1), "seconds", "seconds from");
        refused(|s| s["seconds"] = json!(11), "seconds", "at most 10");
        refused(|s| s["cores"] = json!(65), "cores", "at most 64");
        refused(|s| s["threads"][0]["count"] = json!(65), "threads", "at most 64 threads");
        refused(|s| s["a\nb"] = json!(1), "a\nb", "no key");
    }
}
