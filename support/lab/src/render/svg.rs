//! Traces and charts as one SVG picture, for a page 480 units wide: readable on a phone, light and dark.

use svg::Document;
use svg::node::element::{Group, Line, Path, Rectangle, Style, Text as SvgText, Title};
use unicode_width::UnicodeWidthStr;

use super::chart;
use super::lanes::{entries, tick_step};
use super::layout::{fit, shown, wrap};
use super::state_style::{fill, glyph, name};
use crate::lang::Lang;
use crate::report::{Chart, unit};
use crate::trace::{Lane, State, Trace};

/// All in units of the picture; a letter is [`FONT`] high.
const WIDTH: u64 = 480;
const MARGIN: u64 = 8;
const ROW: u64 = 20;
const LABEL: u64 = 116;
const BAR: u64 = WIDTH - 2 * MARGIN - LABEL;
const FONT: u64 = 13;
/// The average width of a terminal's column: half a Hangul syllable.
const COLUMN: f64 = 6.8;
/// A span of at least this width has a border, so that two units of work that touch remain visible as two.
const BORDERED: f64 = 3.0;
/// Follows the light or dark mode of the reader's system.
const STYLE: &str = ".paper{fill:#fff}text{fill:#1b1d23}.rule{stroke:#b8bcc6}.border{stroke:#fff}\
@media(prefers-color-scheme:dark){.paper{fill:#161923}text{fill:#d8dbe3}.rule{stroke:#59606f}.border{stroke:#161923}}";

/// All traces and charts in one SVG picture, one below the other. All traces have the same time scale. Hovering over a span shows
/// its state and length.
pub fn svg(traces: &[&Trace], charts: &[&Chart], lang: Lang) -> Document {
    let paper = Rectangle::new().set("width", "100%").set("height", "100%").set("class", "paper");
    let mut document = Document::new().add(Style::new(STYLE)).add(paper);
    let mut y = MARGIN;
    let duration = traces.iter().map(|trace| trace.duration()).max().unwrap_or(0);
    for trace in traces {
        let (group, height) = picture(trace, duration, lang);
        document = document.add(group.set("transform", format!("translate({MARGIN},{y})")));
        y += height + ROW;
    }
    for chart in charts {
        let (group, height) = chart::picture(chart, (WIDTH - 2 * MARGIN) as f64, lang);
        document = document.add(group.set("transform", format!("translate({MARGIN},{y})")));
        y += height;
    }
    document
        .set("viewBox", (0, 0, WIDTH, y))
        .set("width", WIDTH * 3 / 2)
        .set("height", y * 3 / 2)
        .set("font-family", "sans-serif")
        .set("font-size", FONT)
        .set("role", "img")
}

/// Draws one trace; a full bar is `duration` ns. Returns the height too.
fn picture(trace: &Trace, duration: u64, lang: Lang) -> (Group, u64) {
    let mut group = Group::new();
    let mut y = 0;
    for line in wrap("", &shown(&trace.title, lang), columns(WIDTH - 2 * MARGIN)).lines() {
        y += ROW;
        group = group.add(label(line, 0, y - 6).set("font-weight", "bold"));
    }
    for lane in &trace.lanes {
        group = group.add(label(fit(&shown(&lane.name, lang), columns(LABEL)).trim_end(), 0, y + 14));
        for bar in bars(lane, trace.start(), duration, lang) {
            group = group.add(bar.set("y", y + 1).set("height", ROW - 4));
        }
        for mark in lane.spans.iter().filter(|span| span.state.is_mark()) {
            let x = LABEL as f64 + (mark.start - trace.start()) as f64 * BAR as f64 / duration.max(1) as f64;
            group = group.add(marked(mark.state, x, (y + 9) as f64).add(Title::new(name(mark.state, lang))));
        }
        y += ROW;
    }
    let step = tick_step(duration, columns(BAR));
    group = group.add(rule(LABEL, y, LABEL + BAR, y));
    for n in 0..=duration.checked_div(step).unwrap_or(0) {
        let time = n * step;
        let x = LABEL + (u128::from(time) * u128::from(BAR) / u128::from(duration.max(1))) as u64;
        let number = unit::duration(time as f64);
        let number = if time == 0 { "0" } else { number.as_str() };
        group = group.add(rule(x, y, x, y + 4)).add(centred(number, x, y + 17));
    }
    y += ROW;
    let (legend, lines) = legend(&trace.lanes, y + 14, lang);
    (group.add(legend), y + lines * ROW)
}

/// One rectangle for each span; the caller sets y and height.
fn bars(lane: &Lane, start: u64, duration: u64, lang: Lang) -> impl Iterator<Item = Rectangle> {
    let per_ns = BAR as f64 / duration.max(1) as f64;
    lane.spans.iter().filter(|span| !span.state.is_mark()).map(move |span| {
        let length = span.end - span.start;
        let width = (length as f64 * per_ns).max(0.5);
        let bar = Rectangle::new()
            .set("x", format!("{:.2}", LABEL as f64 + (span.start - start) as f64 * per_ns))
            .set("width", format!("{width:.2}"))
            .set("fill", fill(span.state))
            .add(Title::new(format!("{} {}", name(span.state, lang), unit::duration(length as f64))));
        if width >= BORDERED { bar.set("class", "border") } else { bar }
    })
}

fn columns(units: u64) -> usize {
    (units as f64 / COLUMN) as usize
}

fn label(words: &str, x: u64, y: u64) -> SvgText {
    SvgText::new(words).set("x", x).set("y", y)
}

/// Text centred at `x`, moved to the left if it would leave the picture.
fn centred(words: &str, x: u64, y: u64) -> SvgText {
    let half = (words.width() as f64 * COLUMN / 2.0) as u64;
    let x = x.min((LABEL + BAR).saturating_sub(half));
    label(words, x, y).set("text-anchor", "middle").set("font-size", FONT - 2)
}

fn rule(x1: u64, y1: u64, x2: u64, y2: u64) -> Line {
    Line::new().set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2).set("class", "rule")
}

/// A cross or a dagger around this point, drawn and not written: not every font has them.
fn marked(state: State, x: f64, y: f64) -> Path {
    const HALF: f64 = 5.0;
    let strokes = match glyph(state) {
        '†' => [(0.0, -1.3, 0.0, 1.3), (-0.7, -0.5, 0.7, -0.5)],
        _ => [(-1.0, -1.0, 1.0, 1.0), (-1.0, 1.0, 1.0, -1.0)],
    };
    let stroke = |(x1, y1, x2, y2): (f64, f64, f64, f64)| {
        format!("M{:.2} {:.2}L{:.2} {:.2}", x + HALF * x1, y + HALF * y1, x + HALF * x2, y + HALF * y2)
    };
    Path::new().set("d", strokes.map(stroke).concat()).set("stroke", fill(state)).set("stroke-width", 2.5)
}

/// The states that occur, and how many lines they take.
fn legend(lanes: &[Lane], top: u64, lang: Lang) -> (Group, u64) {
    let mut group = Group::new();
    let (mut x, mut lines) = (LABEL, 0);
    for (state, name) in entries(lanes, lang) {
        let wide = 18 + (name.width() as f64 * COLUMN) as u64 + 14;
        if lines == 0 || x + wide > LABEL + BAR {
            (x, lines) = (LABEL, lines + 1);
        }
        let y = top + (lines - 1) * ROW;
        group = if state.is_mark() {
            group.add(marked(state, (x + 6) as f64, (y - 5) as f64))
        } else {
            let square = Rectangle::new().set("x", x).set("y", y - 11).set("width", 12).set("height", 12);
            group.add(square.set("fill", fill(state)))
        };
        group = group.add(label(&name, x + 18, y));
        x += wide;
    }
    (group, lines)
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
    fn svg_escapes_names() {
        let picture = svg(&traces().each_ref(), &[], Lang::Ko).to_string();
        assert!(picture.contains("스레드 &lt;0&gt;"), "{picture}");
        assert!(!picture.contains("스레드 <0>"));
        assert_eq!(picture.matches("<title>").count(), 2);
    }

    #[test]
    fn traces_have_one_scale() {
        let mut traces = traces();
        traces[1].lanes[0].spans[0].end += 500;
        let picture = svg(&traces.each_ref(), &[], Lang::En).to_string();
        let width = |units: f64| format!("width=\"{units:.2}\"");
        assert!(picture.contains(&width(BAR as f64)) && picture.contains(&width(BAR as f64 / 2.0)), "{picture}");
    }

    #[test]
    fn what_failed_is_crossed_and_what_was_killed_has_a_dagger() {
        let strokes = |mark: Option<State>| {
            let mut traces = traces();
            traces[0].lanes =
                traces[0].lanes.drain(..).map(|lane| mark.iter().fold(lane, |l, m| l.ended(*m, 1_500))).collect();
            let picture = svg(&traces.each_ref(), &[], Lang::En).to_string();
            (picture.matches("<path").count(), mark.is_none_or(|mark| picture.contains(name(mark, Lang::En))))
        };
        // One at its place, one in the legend.
        for mark in [State::Failed, State::Cancelled, State::Killed] {
            assert_eq!(strokes(Some(mark)), (2, true));
        }
        assert_eq!(strokes(None), (0, true), "what ended well has no mark");
    }

    #[test]
    fn nothing_can_be_drawn() {
        assert!(svg(&[&Trace::default()], &[], Lang::Ko).to_string().starts_with("<svg"));
    }
}
