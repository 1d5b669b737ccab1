//! A report as a page for a browser: one file that loads nothing, in both languages, light and dark.
//!
//! `compare report` and `choose --html` write such pages. [`content`] makes a part of a page out of a report, [`frame`] a page out of
//! parts; `lanes` draws traces. `.ci/report.mjs` looks at pages in a browser.

#![forbid(unsafe_code)]

mod lanes;

use askama::Template;
use lab::lang::{Lang, Text};
use lab::render::svg::svg;
use lab::report::{Chart, Measure, Report, Table, unit};
use lab::trace::Trace;
use lab::{Error, Result, stats, text};

use lanes::{HEIGHT, TraceView};

/// What stands around the parts. These are HTML already: made by a template, which has escaped its words.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The title of the window.
    pub title: Text,
    /// The heading.
    pub heading: Text,
    /// HTML below the heading and the language switch.
    pub header: String,
    /// HTML of the page.
    pub main: String,
}

#[derive(Template)]
#[template(path = "frame.html")]
struct FrameView<'a> {
    /// Escaped by nobody: ours, and without a word from outside.
    style: &'static str,
    script: &'static str,
    lang: &'static str,
    title: &'a Text,
    heading: &'a Text,
    header: &'a str,
    main: &'a str,
}

/// The page. It has both languages and opens in `lang`.
pub fn frame(frame: &Frame, lang: Lang) -> Result<String> {
    let Frame { title, heading, header, main } = frame;
    let (style, script) = (include_str!("../templates/page.css"), include_str!("../templates/page.js"));
    made(&FrameView { style, script, lang: lang.code(), title, heading, header, main })
}

#[derive(Template)]
#[template(path = "content.html")]
struct Content<'a> {
    id: &'a str,
    report: &'a Report,
    tables: &'a [&'a Table],
    traces: Vec<TraceView>,
    charts: Vec<ChartView<'a>>,
    measures: Vec<[Text; 5]>,
}

struct ChartView<'a> {
    chart: &'a Chart,
    /// By lab's own library, which escapes; a picture has words, so there is one for each language.
    ko: String,
    en: String,
    /// Curve, x, y.
    points: Vec<[Text; 3]>,
}

/// All that a report has, with its tables in this order. `id` begins the ids of its elements; `{id}-title` must be its heading.
pub fn content(id: &str, report: &Report, tables: &[&Table]) -> Result<String> {
    // All traces of an experiment have one scale, as in the terminal.
    let width = report.traces.iter().map(Trace::duration).max().unwrap_or(0);
    made(&Content {
        id,
        report,
        tables,
        traces: report.traces.iter().map(|trace| lanes::view(trace, width)).collect(),
        charts: report.charts.iter().map(chart).collect(),
        measures: report.measures.iter().map(measure).collect(),
    })
}

fn measure(measure: &Measure) -> [Text; 5] {
    let shown = |value: f64| Text::same(unit::value(value, measure.unit));
    let (least, most) = stats::range(&measure.samples).unwrap_or((f64::NAN, f64::NAN));
    [
        measure.name.clone(),
        shown(measure.median()),
        shown(least),
        shown(most),
        Text::same(measure.samples.len().to_string()),
    ]
}

fn chart(chart: &Chart) -> ChartView<'_> {
    let drawn = |lang| svg(&[], &[chart], lang).set("aria-hidden", "true").to_string();
    let point = |name: &Text, (x, y): (f64, f64)| {
        [name.clone(), Text::same(unit::value(x, chart.x)), Text::same(unit::value(y, chart.y))]
    };
    let points = chart.curves.iter().flat_map(|curve| curve.points.iter().map(|p| point(&curve.name, *p)));
    ChartView { chart, ko: drawn(Lang::Ko), en: drawn(Lang::En), points: points.collect() }
}

#[derive(Template)]
#[template(path = "keys.html")]
struct Keys;

/// How lanes are read and zoomed: every page with lanes has it once.
pub fn keys_help() -> Result<String> {
    made(&Keys)
}

#[derive(Template)]
#[template(source = "{%- import \"words.html\" as w -%}{{ w::both(ko, en) }}", ext = "html")]
struct Both<'a> {
    ko: &'a str,
    en: &'a str,
}

/// Words in both languages, escaped, of which the page shows one.
pub fn both(ko: &str, en: &str) -> String {
    made(&Both { ko, en }).unwrap_or_default()
}

#[derive(Template)]
#[template(source = "{%- import \"words.html\" as w -%}{{ w::t(text) }}", ext = "html")]
struct Words<'a> {
    text: &'a Text,
}

/// The same; once, if both languages say the same.
pub fn words(text: &Text) -> String {
    made(&Words { text }).unwrap_or_default()
}

fn made(template: &impl Template) -> Result<String> {
    template.render().map_err(|e| Error::failed(text!("페이지를 만들 수 없습니다: {e}", "cannot make the page: {e}")))
}

#[cfg(test)]
mod tests {
    use lab::claims::Verdict;
    use lab::trace::{Lane, State};

    use super::*;

    fn page(word: &Text, lang: Lang) -> String {
        let mut report = Report::new("mutex/counter");
        report.shows = word.clone();
        report.traces.push(Trace::new(word.clone(), vec![Lane::of(word.clone(), State::Running, 5, 9)]));
        report.tables.push(Table { title: word.clone(), head: vec![word.clone()], rows: vec![vec![word.clone()]] });
        report.verdicts.push(Verdict::seen("cpython-has-gil", word.clone(), true, word.clone()));
        report.notes.push(word.clone());
        let tables: Vec<&Table> = report.tables.iter().collect();
        let main = keys_help().unwrap() + &content("a", &report, &tables).unwrap();
        frame(&Frame { title: word.clone(), heading: word.clone(), header: words(word), main }, lang).unwrap()
    }

    #[test]
    fn nothing_from_a_report_becomes_a_part_of_the_page() {
        let page = page(&text!("가<script>alert(1)</script>\"'", "a<script>alert(1)</script>\"'"), Lang::Ko);
        assert!(!page.contains("<script>alert"), "a name has become a script");
        // Title (three times), heading, header; the sentence, the trace, the lane (twice), the table's three, the note.
        assert!(page.matches("alert(1)").count() >= 2 * 10, "each of them is there, in both languages");
    }

    #[test]
    fn the_page_loads_nothing() {
        let page = page(&text!("가", "a"), Lang::En);
        let loads = ["src=", "href=\"http", "@import", "url(", "fetch(", "XMLHttpRequest", "<link"];
        for load in loads {
            assert!(!page.contains(load), "{load}");
        }
        assert!(page.contains("<html lang=\"en\""));
    }
}
