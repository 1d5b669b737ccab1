//! Traces and charts as one SVG picture.

use svg::Document;
use svg::node::element::{Group, Rectangle, Text as SvgText, Title};

use super::state_style::{fill, name};
use super::{chart, shown};
use crate::lang::Lang;
use crate::report::{Chart, unit};
use crate::trace::{State, Trace};

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
        group = group.add(label(&shown(&trace.title, lang), 0, 14).set("font-weight", "bold"));
        for (row, lane) in (1..).zip(&trace.lanes) {
            group = group.add(label(&shown(&lane.name, lang), 0, row * ROW + 14));
            for span in &lane.spans {
                let per_ns = BAR as f64 / trace.duration().max(1) as f64;
                let title = format!("{} {}", name(span.state, lang), unit::duration((span.end - span.start) as f64));
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
        let whole = unit::duration(trace.duration() as f64);
        group = group.add(label("0", LABEL, foot));
        group = group.add(label(&whole, LABEL + BAR, foot).set("text-anchor", "end"));
        group = group.add(legend(trace, lang, foot + ROW));
        document = document.add(group);
        y += foot + 2 * ROW;
    }
    let width = LABEL + BAR + 20;
    for chart in charts {
        let (group, height) = chart::picture(chart, width as f64 - 20.0, lang);
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
            group = group.add(label(name(state, lang), x + 18, y));
            x += 150;
        }
    }
    group
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
    fn svg_escapes_what_readers_wrote() {
        let picture = svg(&traces(), &[], Lang::Ko).to_string();
        assert!(picture.contains("스레드 &lt;0&gt;"), "{picture}");
        assert!(!picture.contains("스레드 <0>"));
        assert_eq!(picture.matches("<title>").count(), 2);
    }
}
