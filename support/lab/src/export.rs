//! A trace for other programs: an SVG picture, and Chrome's trace format, which Perfetto opens.

use serde_json::{Value, json};
use svg::Document;
use svg::node::element::{Group, Rectangle, Text as SvgText, Title};

use crate::chart::Chart;
use crate::clock;
use crate::lanes;
use crate::lang::Lang;
use crate::trace::{State, Trace};

/// Chrome's trace event format, JSON object form: a process a trace, a thread a lane, a complete event (`"ph": "X"`) a span.
/// Times are µs from the start of the first trace. Format: "Trace Event Format", Google, 2016.
pub fn chrome(traces: &[Trace], lang: Lang) -> Value {
    let zero = traces.iter().map(Trace::start).min().unwrap_or(0);
    let us = |ns: u64| ns as f64 / 1e3;
    let mut events = Vec::new();
    for (pid, trace) in (1..).zip(traces) {
        events.push(json!({"ph": "M", "name": "process_name", "pid": pid, "args": {"name": trace.title.get(lang)}}));
        for (tid, lane) in (1..).zip(&trace.lanes) {
            let name = lane.name.get(lang);
            events.push(json!({"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}));
            events.push(
                json!({"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": {"sort_index": tid}}),
            );
            for span in &lane.spans {
                events.push(json!({
                    "ph": "X",
                    "name": lanes::name(span.state, lang),
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

const ROW: u64 = 22;
const LABEL: u64 = 210;
const BAR: u64 = 760;

/// All traces and charts under one another as one SVG picture. Hovering over a span tells its state and length.
pub fn svg(traces: &[Trace], charts: &[Chart], lang: Lang) -> Document {
    // White paper under everything: the text is black, and a viewer's own background may be too.
    let paper = Rectangle::new().set("width", "100%").set("height", "100%").set("fill", "#fff");
    let mut document = Document::new().add(paper);
    let mut y = 10;
    for trace in traces {
        let mut group = Group::new().set("transform", format!("translate(10,{y})"));
        group = group.add(label(trace.title.get(lang), 0, 14).set("font-weight", "bold"));
        for (row, lane) in (1..).zip(&trace.lanes) {
            group = group.add(label(lane.name.get(lang), 0, row * ROW + 14));
            for span in &lane.spans {
                let per_ns = BAR as f64 / trace.duration().max(1) as f64;
                let title =
                    format!("{} {}", lanes::name(span.state, lang), clock::human((span.end - span.start) as f64));
                let bar = Rectangle::new()
                    .set("x", LABEL as f64 + (span.start - trace.start()) as f64 * per_ns)
                    .set("y", row * ROW)
                    .set("width", ((span.end - span.start) as f64 * per_ns).max(0.5))
                    .set("height", ROW - 4)
                    .set("fill", fill(span.state))
                    .add(Title::new(title));
                group = group.add(bar);
            }
        }
        let foot = (trace.lanes.len() as u64 + 1) * ROW + 14;
        let whole = clock::human(trace.duration() as f64);
        group = group.add(label("0", LABEL, foot));
        group = group.add(label(&whole, LABEL + BAR, foot).set("text-anchor", "end"));
        group = group.add(legend(trace, lang, foot + ROW));
        document = document.add(group);
        y += foot + 2 * ROW;
    }
    let width = LABEL + BAR + 20;
    for chart in charts {
        let (group, height) = chart.picture(width as f64 - 20.0, lang);
        document = document.add(group.set("transform", format!("translate(10,{y})")));
        y += height;
    }
    document
        .set("viewBox", (0, 0, width, y))
        .set("width", width)
        .set("height", y)
        .set("font-family", "sans-serif")
        .set("font-size", 13)
}

fn label(words: &str, x: u64, y: u64) -> SvgText {
    SvgText::new(words).set("x", x).set("y", y)
}

fn legend(trace: &Trace, lang: Lang, y: u64) -> Group {
    let mut group = Group::new();
    let mut x = LABEL;
    for state in State::ALL {
        if trace.lanes.iter().any(|lane| lane.spans.iter().any(|span| span.state == state)) {
            let square = Rectangle::new().set("x", x).set("y", y - 11).set("width", 12).set("height", 12);
            group = group.add(square.set("fill", fill(state)));
            group = group.add(label(lanes::name(state, lang), x + 18, y));
            x += 150;
        }
    }
    group
}

/// Colours that stay apart for colour-blind readers (Okabe and Ito, 2008).
fn fill(state: State) -> &'static str {
    match state {
        State::Running => "#009e73",
        State::WaitingForLock => "#d55e00",
        State::Requesting => "#e69f00",
        State::WaitingForIo => "#56b4e9",
        State::Native => "#cc79a7",
        State::Ready => "#f0e442",
        State::Idle => "#dddddd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;
    use crate::trace::Lane;

    fn traces() -> [Trace; 2] {
        [1_000, 3_000].map(|start| {
            let lanes = vec![Lane::of(text!("스레드 <0>", "thread <0>"), State::Running, start, start + 500)];
            Trace::new(text!("제목 & 값", "title & value"), lanes)
        })
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

    #[test]
    fn svg_escapes_what_readers_wrote() {
        let picture = svg(&traces(), &[], Lang::Ko).to_string();
        assert!(picture.contains("스레드 &lt;0&gt;"), "{picture}");
        assert!(!picture.contains("스레드 <0>"));
        assert_eq!(picture.matches("<title>").count(), 2);
    }
}
