//! Everything that the exported page may ask, as one script: `globalThis.workbenchExport = {…}`.

use std::collections::BTreeMap;

use lab::trace::State;
use lab::{Error, Result};
use serde::Serialize;
use serde_json::{Value, json};

use super::graph::{self, Counter, Play};
use crate::api::counter::{self, PROGRAMS, VERSIONS};
use crate::api::meta::{self, Meta};
use crate::api::play::SOLUTIONS;
use crate::api::simulate::simulate;
use crate::api::{kitchen, levels, scenario};
use crate::refused::Refused;
use crate::scheduler::level;

/// States of a level; a schedule beyond them needs the program.
const STATES: usize = 300;
/// Spans of a simulation: enough for a page, and small enough to load.
const SPANS: usize = 600;

#[derive(Serialize)]
pub struct Answers {
    meta: Meta,
    levels: levels::Levels,
    simulate: BTreeMap<String, Value>,
    kitchen: BTreeMap<&'static str, Value>,
    counter: BTreeMap<String, Counter>,
    play: BTreeMap<String, Play>,
}

impl Answers {
    pub fn compute() -> Result<Answers> {
        let mut meta = meta::answer(&[])?;
        meta.exported = true;
        Ok(Answers {
            simulate: simulated(&meta)?,
            kitchen: kitchens()?,
            counter: counters()?,
            play: plays(),
            levels: levels::answer(),
            meta,
        })
    }

    pub fn script(&self) -> String {
        let json = serde_json::to_string(self).expect("answers are plain data with text keys");
        // A JSON text is an expression of JavaScript.
        format!("globalThis.workbenchExport = {json};\n")
    }
}

fn failed(refused: Refused) -> Error {
    Error::failed(refused.text)
}

fn plain(answer: &impl Serialize) -> Value {
    packed(serde_json::to_value(answer).expect("answers are plain data with text keys"))
}

/// Every scenario under every lock, on so many cores, with every interval: `ID VERSION CORES INTERVAL`.
fn simulated(meta: &Meta) -> Result<BTreeMap<String, Value>> {
    let grid = &meta.grid;
    let mut answers = BTreeMap::new();
    for one in &meta.scenarios {
        for (version, cores) in grid.versions.iter().flat_map(|version| grid.cores.iter().map(move |n| (*version, *n)))
        {
            // Ticks, and no lock, have no interval.
            let intervals = if matches!(version, "2.7" | "free") { &["-"][..] } else { &grid.intervals[..] };
            for interval in intervals {
                let mut json = one.scenario.clone();
                json["cores"] = json!(cores);
                json["gil"] = match version {
                    "2.7" => json!({"version": version, "interval": 100}),
                    "free" => json!({"version": version}),
                    _ => json!({"version": version, "interval": interval}),
                };
                let given = scenario::read(&json).map_err(failed)?;
                let mut answer = simulate(&given, None).map_err(failed)?;
                (answer.trace, answer.trace_end) = crate::api::simulate::cut(answer.trace, answer.trace_end, SPANS);
                answers.insert(format!("{} {version} {cores} {interval}", one.id), plain(&answer));
            }
        }
    }
    Ok(answers)
}

fn kitchens() -> Result<BTreeMap<&'static str, Value>> {
    let of = |kitchen: ::kitchen::kitchens::Kitchen| {
        let question = kitchen::Question { kitchen: kitchen.id().into(), dishes: 3, minute_ms: 20 };
        Ok::<_, Error>((kitchen.id(), plain(&kitchen::answer(&question).map_err(failed)?)))
    };
    ::kitchen::kitchens::ALL.into_iter().map(of).collect()
}

/// One iteration of each thread: three have thousands of states.
fn counters() -> Result<BTreeMap<String, Counter>> {
    let mut all = BTreeMap::new();
    for ((program, _), (version, _)) in PROGRAMS.iter().flat_map(|program| VERSIONS.iter().map(move |v| (program, v))) {
        let [program, version] = [*program, *version].map(str::to_owned);
        let key = format!("{program} {version} 1");
        let question = counter::Question { program, version, iterations: 1, schedule: String::new() };
        all.insert(key, graph::counter(&question).map_err(failed)?);
    }
    Ok(all)
}

fn plays() -> BTreeMap<String, Play> {
    let of = |(level, known): (level::Level, &str)| {
        let graph = graph::play(&level, known, STATES);
        (level.id, graph)
    };
    level::all().into_iter().zip(SOLUTIONS).map(of).collect()
}

/// The same with the spans of each lane as one array of numbers: state, start, length.
fn packed(value: Value) -> Value {
    match value {
        Value::Array(all) => all.into_iter().map(packed).collect(),
        Value::Object(mut all) => {
            if let Some(Value::Array(spans)) = all.remove("spans") {
                all.insert("packed".into(), spans.iter().flat_map(numbers).collect());
            }
            Value::Object(
                all.into_iter()
                    .map(|(key, value)| if key == "packed" { (key, value) } else { (key, packed(value)) })
                    .collect(),
            )
        }
        other => other,
    }
}

fn numbers(span: &Value) -> [u64; 3] {
    let state: Option<State> = serde_json::from_value(span["state"].clone()).ok();
    let state = state.and_then(|state| State::ALL.iter().position(|other| *other == state));
    let [start, end] = ["start", "end"].map(|key| span[key].as_u64().unwrap_or_default());
    [state.unwrap_or_default() as u64, start, end - start]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_packed_and_nothing_else() {
        let trace = json!({"trace": {"title": {"ko": "x", "en": "x"}, "lanes": [{"name": "a", "spans": [
            {"state": "running", "start": 5, "end": 9}, {"state": "idle", "start": 9, "end": 10}]}]}, "n": [1, 2]});
        let expected = json!({"trace": {"title": {"ko": "x", "en": "x"}, "lanes": [{"name": "a", "packed": [0, 5, 4, 6, 9, 1]}]}, "n": [1, 2]});
        assert_eq!(packed(trace), expected);
    }
}
