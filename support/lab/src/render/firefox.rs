//! The Firefox Profiler's format, so that our lanes and those of CPython's sampling profiler open in one viewer.
//!
//! A processed profile of version 57, which the viewer upgrades to its own: the version that CPython 3.15 writes. Its documentation is
//! its type, <https://github.com/firefox-devtools/profiler/blob/main/src/types/profile.ts>, as
//! `docs-developer/processed-profile-format.md` there says.

use serde_json::{Value, json};

use super::state_style::name;
use crate::lang::Lang;
use crate::trace::{Lane, State, Trace};

/// The version of the format.
const VERSION: u32 = 57;
/// The type of all markers, described in the profile itself.
const MARKER: &str = "LaneState";
/// `MarkerPhase`: a moment, and a period.
const INSTANT: u32 = 0;
const INTERVAL: u32 = 1;

/// A processed profile: a process a trace, a thread a lane, a marker a span. Times are ms from the start of the first trace.
pub fn profile(traces: &[Trace], lang: Lang) -> Value {
    let zero = traces.iter().map(Trace::start).min().unwrap_or(0);
    let threads = traces.iter().zip(1..).flat_map(|(trace, pid)| {
        let lanes = trace.lanes.iter().zip(0..);
        lanes.map(move |(lane, tid): (&Lane, u32)| thread(trace, pid, lane, tid, zero, lang)).collect::<Vec<_>>()
    });
    // "Other" must be there: what has no category gets it.
    let other = json!({"name": "Other", "color": "grey", "subcategories": ["Other"]});
    let mut categories = vec![other];
    categories.extend(
        State::ALL.map(|state| json!({"name": name(state, lang), "color": color(state), "subcategories": ["Other"]})),
    );
    json!({
        "meta": {
            "version": 32,
            "preprocessedProfileVersion": VERSION,
            // Where the first trace begins on its clock, in ms.
            "startTime": ms(zero),
            // There are no samples that it could be the distance of.
            "interval": 1,
            "processType": 0,
            "product": env!("CARGO_PKG_NAME"),
            "importedFrom": env!("CARGO_PKG_NAME"),
            "stackwalk": 0,
            "symbolicated": true,
            "categories": categories,
            "markerSchema": [{
                "name": MARKER,
                "display": ["marker-chart", "marker-table", "timeline-overview"],
                "tooltipLabel": "{marker.name}",
                "tableLabel": "{marker.name}",
                "chartLabel": "{marker.name}",
                "fields": [],
            }],
            "extensions": {"id": [], "name": [], "baseURL": [], "length": 0},
        },
        "libs": [],
        "pages": [],
        "threads": threads.collect::<Vec<_>>(),
        "shared": {
            "stringArray": State::ALL.map(|state| name(state, lang)),
            "sources": {"length": 0, "uuid": [], "filename": []},
        },
    })
}

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

fn thread(trace: &Trace, pid: u32, lane: &Lane, tid: u32, zero: u64, lang: Lang) -> Value {
    let spans = || lane.spans.iter();
    json!({
        "name": lane.name.get(lang),
        "isMainThread": tid == 0,
        "processName": trace.title.get(lang),
        "processType": "default",
        "pid": pid.to_string(),
        "tid": tid,
        "processStartupTime": ms(trace.start() - zero),
        "processShutdownTime": ms(trace.end().saturating_sub(zero)),
        "registerTime": ms(trace.start() - zero),
        "unregisterTime": ms(trace.end().saturating_sub(zero)),
        "pausedRanges": [],
        "showMarkersInTimeline": true,
        "samples": {"stack": [], "time": [], "weight": null, "weightType": "samples", "length": 0},
        "stackTable": empty(&["frame", "prefix", "category", "subcategory"]),
        "frameTable": empty(&[
            "address", "inlineDepth", "category", "subcategory", "func", "nativeSymbol", "innerWindowID", "implementation",
            "line", "column",
        ]),
        "funcTable": empty(&[
            "name", "isJS", "relevantForJS", "resource", "fileName", "source", "lineNumber", "columnNumber",
        ]),
        "resourceTable": empty(&["lib", "name", "host", "type"]),
        "nativeSymbols": empty(&["libIndex", "address", "name", "functionSize"]),
        "markers": {
            "name": spans().map(|span| index(span.state)).collect::<Vec<_>>(),
            "startTime": spans().map(|span| ms(span.start - zero)).collect::<Vec<_>>(),
            "endTime": spans().map(|span| (!span.state.is_mark()).then(|| ms(span.end - zero))).collect::<Vec<_>>(),
            "phase": spans().map(|span| if span.state.is_mark() { INSTANT } else { INTERVAL }).collect::<Vec<_>>(),
            // After "Other".
            "category": spans().map(|span| index(span.state) + 1).collect::<Vec<_>>(),
            "data": spans().map(|_| json!({"type": MARKER})).collect::<Vec<_>>(),
            "length": lane.spans.len(),
        },
    })
}

/// A table with these columns and no rows.
fn empty(columns: &[&str]) -> Value {
    let columns = columns.iter().map(|column| ((*column).to_owned(), json!([])));
    columns.chain([("length".to_owned(), json!(0))]).collect::<serde_json::Map<_, _>>().into()
}

/// The place of a state in the strings of the profile, and in its categories but for "Other".
fn index(state: State) -> usize {
    State::ALL.iter().position(|s| *s == state).expect("ALL holds every state")
}

/// One of the colors that the format knows.
fn color(state: State) -> &'static str {
    match state {
        State::Running => "green",
        State::WaitingForLock => "orange",
        State::Requesting => "brown",
        State::WaitingForIo => "lightblue",
        State::Native => "blue",
        State::Ready => "yellow",
        State::Idle => "transparent",
        State::Failed => "red",
        State::Cancelled => "magenta",
        State::Killed => "purple",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    fn traces() -> [Trace; 2] {
        [1_000_000, 3_000_000].map(|start| {
            let lane = |n| Lane::of(text!("스레드 {n}", "thread {n}"), State::Running, start, start + 500_000);
            let lanes = vec![lane(0), lane(1).ended(State::Failed, start + 600_000)];
            Trace::new(text!("제목", "title"), lanes)
        })
    }

    /// What is wrong with a profile, by the type that documents the format: fields that must be there, columns of equal length, indices
    /// within their tables, times in ms and in order.
    fn fault(profile: &Value) -> Option<String> {
        let list = |value: &Value| value.as_array().cloned();
        let meta = &profile["meta"];
        for field in ["version", "preprocessedProfileVersion", "startTime", "interval", "processType", "stackwalk"] {
            if !meta[field].is_number() {
                return Some(format!("meta.{field}"));
            }
        }
        let (Some(categories), Some(strings), Some(threads), Some(schemas)) = (
            list(&meta["categories"]),
            list(&profile["shared"]["stringArray"]),
            list(&profile["threads"]),
            list(&meta["markerSchema"]),
        ) else {
            return Some("a list is missing".into());
        };
        if !categories.iter().any(|category| category["color"] == "grey") {
            return Some("no grey category".into());
        }
        let known = |kind: &Value| schemas.iter().any(|schema| schema["name"] == *kind);
        for thread in &threads {
            if !thread["pid"].is_string() || !thread["name"].is_string() || !thread["isMainThread"].is_boolean() {
                return Some("a thread's identity".into());
            }
            for table in
                ["samples", "stackTable", "frameTable", "funcTable", "resourceTable", "nativeSymbols", "markers"]
            {
                let Some(columns) = thread[table].as_object() else { return Some(format!("no {table}")) };
                let length = columns.get("length").and_then(Value::as_u64);
                let lists = columns.values().filter_map(Value::as_array);
                if length.is_none() || lists.into_iter().any(|column| Some(column.len() as u64) != length) {
                    return Some(format!("columns of {table}"));
                }
            }
            let column = |name: &str| list(&thread["markers"][name]);
            let (Some(names), Some(starts), Some(ends), Some(phases), Some(kinds), Some(data)) = (
                column("name"),
                column("startTime"),
                column("endTime"),
                column("phase"),
                column("category"),
                column("data"),
            ) else {
                return Some("a column of markers is missing".into());
            };
            let within = |index: &Value, table: &[Value]| index.as_u64().is_some_and(|n| n < table.len() as u64);
            for n in 0..names.len() {
                if !within(&names[n], &strings) || !within(&kinds[n], &categories) || !known(&data[n]["type"]) {
                    return Some("an index out of range".into());
                }
                let times = match (phases[n].as_u64(), starts[n].as_f64(), ends[n].as_f64()) {
                    (Some(0), Some(start), None) => start >= 0.0,
                    (Some(1), Some(start), Some(end)) => 0.0 <= start && start <= end,
                    _ => false,
                };
                if !times {
                    return Some("times that do not fit their phase".into());
                }
            }
        }
        None
    }

    #[test]
    fn a_profile_is_as_its_documentation_says() {
        for lang in [Lang::Ko, Lang::En] {
            let profile = profile(&traces(), lang);
            assert_eq!(fault(&profile), None);
            let threads = profile["threads"].as_array().unwrap();
            assert_eq!(threads.len(), 4, "a thread a lane");
            let markers = &threads[3]["markers"];
            assert_eq!(
                (&markers["startTime"], &markers["endTime"]),
                (&json!([2.0, 2.6]), &json!([2.5, null])),
                "in ms"
            );
            let shown =
                |n: usize| profile["shared"]["stringArray"][markers["name"][n].as_u64().unwrap() as usize].clone();
            assert_eq!([shown(0), shown(1)], [name(State::Running, lang), name(State::Failed, lang)]);
            assert_ne!(threads[0]["pid"], threads[3]["pid"], "a process a trace");
            assert_eq!(profile["meta"]["startTime"], json!(1.0));
        }
        assert_eq!(fault(&profile(&[], Lang::En)), None, "no lanes, and still a profile");
    }

    #[test]
    fn a_wrong_profile_is_noticed() {
        let wrong: [(&str, Value); 9] = [
            ("/meta/startTime", json!("now")),
            ("/meta/categories", json!([])),
            ("/shared/stringArray", json!(["one"])),
            ("/threads/1/markers/name/0", json!(99)),
            ("/threads/1/markers/category/0", json!(99)),
            ("/threads/1/markers/endTime", json!([1.0])),
            ("/threads/1/markers/endTime/0", json!(-1.0)),
            ("/threads/1/markers/phase/0", json!(0)),
            ("/threads/0/pid", json!(1)),
        ];
        for (place, value) in wrong {
            let mut profile = profile(&traces(), Lang::En);
            *profile.pointer_mut(place).unwrap() = value;
            assert!(fault(&profile).is_some(), "{place}");
        }
    }
}
