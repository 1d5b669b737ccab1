//! Chrome's trace format, which Perfetto opens.

use serde_json::{Value, json};

use super::state_style::name;
use crate::lang::Lang;
use crate::trace::Trace;

/// Chrome's trace event format, JSON object form: a process a trace, a thread a lane, a complete event (`"ph": "X"`) a span, an
/// instant event (`"i"`) what failed, was cancelled or killed.
/// Times are µs from the start of the first trace. Format: "Trace Event Format", Google, 2016.
pub fn chrome(traces: &[Trace], lang: Lang) -> Value {
    let zero = traces.iter().map(Trace::start).min().unwrap_or(0);
    let us = |ns: u64| ns as f64 / 1e3;
    let mut events = Vec::new();
    for (pid, trace) in (1..).zip(traces) {
        events.push(json!({"ph": "M", "name": "process_name", "pid": pid, "args": {"name": trace.title.get(lang)}}));
        for (tid, lane) in (1..).zip(&trace.lanes) {
            let lane_name = lane.name.get(lang);
            events.push(json!({"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": lane_name}}));
            events.push(
                json!({"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid}}),
            );
            for mark in lane.spans.iter().filter(|span| span.state.is_mark()) {
                let (name, ts) = (name(mark.state, lang), us(mark.start - zero));
                events.push(json!({"ph": "i", "s": "t", "name": name, "pid": pid, "tid": tid, "ts": ts}));
            }
            for span in lane.spans.iter().filter(|span| !span.state.is_mark()) {
                events.push(json!({
                    "ph": "X",
                    "name": name(span.state, lang),
                    "cat": span.state,
                    "pid": pid,
                    "tid": tid,
                    "ts": us(span.start - zero),
                    "dur": us(span.end - span.start),
                }));
            }
        }
    }
    json!({"displayTimeUnit": "ms", "traceEvents": events})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;
    use crate::trace::{Lane, State};

    fn traces() -> [Trace; 2] {
        [1_000, 3_000].map(|start| {
            let lanes = vec![Lane::of(text!("스레드 <0>", "thread <0>"), State::Running, start, start + 500)];
            Trace::new(text!("제목 & 값", "title & value"), lanes)
        })
    }

    #[test]
    fn a_mark_is_an_instant() {
        let mut traces = traces();
        traces[1].lanes = traces[1].lanes.drain(..).map(|lane| lane.ended(State::Failed, 3_500)).collect();
        let json = chrome(&traces, Lang::En);
        let of = |ph: &str| json["traceEvents"].as_array().unwrap().iter().filter(|e| e["ph"] == ph).count();
        assert_eq!((of("X"), of("i")), (2, 1));
    }

    #[test]
    fn chrome_events_are_complete_and_in_microseconds() {
        let json = chrome(&traces(), Lang::Ko);
        let events = json["traceEvents"].as_array().unwrap();
        let spans: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
        assert_eq!(spans.len(), 2);
        assert_eq!((&spans[0]["ts"], &spans[0]["dur"]), (&json!(0.0), &json!(0.5)));
        assert_eq!(spans[1]["ts"], json!(2.0), "all traces are on one time axis");
        for span in spans {
            let named = |event: &&Value| {
                event["name"] == "thread_name" && event["pid"] == span["pid"] && event["tid"] == span["tid"]
            };
            assert!(events.iter().any(|event| named(&event)), "every span's thread has a name");
        }
    }
}
