//! The data of the page, and its template: `templates/report.html`, with its style and script beside it.

use askama::Template;
use lab::claims::{Class, Outcome, Verdict, ledger};
use lab::lang::{Lang, Text};
use lab::render::svg::svg;
use lab::report::{Chart, Report, Table, unit};
use lab::{Error, Result, stats, text};

use super::lanes::{self, HEIGHT, TraceView};
use crate::survey::Survey;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    /// Escaped by nobody: ours, and without a word from outside.
    style: &'static str,
    script: &'static str,
    lang: &'static str,
    facts: Vec<(Text, Text)>,
    counts: [usize; 3],
    interrupted: bool,
    table: Option<Experiment<'a>>,
    experiments: Vec<Experiment<'a>>,
    missing: Vec<(&'a str, &'a Text)>,
    sections: Vec<Section<'a>>,
}

/// One experiment, with all that its report has.
struct Experiment<'a> {
    id: String,
    command: &'a str,
    report: &'a Report,
    tables: Vec<&'a Table>,
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

/// The claims of one section of the article.
struct Section<'a> {
    name: &'a str,
    claims: Vec<ClaimView>,
}

struct ClaimView {
    claim: &'static lab::claims::Claim,
    class: Text,
    verdicts: Vec<VerdictView>,
}

struct VerdictView {
    on: Text,
    /// The class of the style: `holds`, `refuted`, `open`.
    kind: &'static str,
    word: Text,
    evidence: Text,
}

/// The page, in both languages; it opens in `lang`.
pub fn page(survey: &Survey, lang: Lang) -> Result<String> {
    let (table, experiments) = survey
        .reports()
        .map(|(run, report)| experiment(&run.command, report))
        .partition(|e: &Experiment<'_>| e.report.experiment == "compare/table");
    let table: Vec<Experiment<'_>> = table;
    let page = Page {
        style: include_str!("../../../templates/report.css"),
        script: include_str!("../../../templates/report.js"),
        lang: lang.code(),
        facts: facts(survey),
        counts: survey.counts(),
        interrupted: survey.interrupted,
        table: table.into_iter().next(),
        experiments,
        missing: survey.runs.iter().filter_map(|run| Some((&*run.command, run.missing.as_ref()?))).collect(),
        sections: sections(survey),
    };
    page.render().map_err(|e| Error::failed(text!("보고서를 만들 수 없습니다: {e}", "cannot make the report: {e}")))
}

fn facts(survey: &Survey) -> Vec<(Text, Text)> {
    let (version, build) = (&survey.version, &survey.build);
    let pythons = survey.pythons.join(", ");
    let mut facts = vec![
        (text!("컴퓨터", "machine"), survey.machine.clone()),
        (text!("파이썬", "Python"), if pythons.is_empty() { text!("없음", "none") } else { Text::same(pythons) }),
        (text!("이 프로젝트", "this project"), text!("{version} ({build} 빌드)", "{version} ({build} build)")),
        (text!("측정한 때", "measured at"), Text::same(date(survey.at))),
    ];
    // The report of one program does not say where it was measured.
    facts.retain(|(_, value)| !value.en.is_empty());
    if survey.at == 0 {
        facts.clear();
        facts.push((text!("컴퓨터", "machine"), text!("보고서에 적혀 있지 않음", "the report does not say")));
    }
    facts
}

/// A time in UTC: "2026-11-30 03:14 UTC".
fn date(at: u64) -> String {
    // Days to a date of the Gregorian calendar, by Howard Hinnant's `civil_from_days`; years begin in March there.
    let days = at / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * march + 2) / 5 + 1, if march < 10 { march + 3 } else { march - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", at / 3600 % 24, at / 60 % 60)
}

fn experiment<'a>(command: &'a str, report: &'a Report) -> Experiment<'a> {
    // All traces of an experiment have one scale, as in the terminal.
    let width = report.traces.iter().map(lab::trace::Trace::duration).max().unwrap_or(0);
    let mut tables: Vec<&Table> = report.tables.iter().collect();
    // The table that the experiment puts last is its result: the article's table.
    if report.experiment == "compare/table" {
        tables.rotate_right(1);
    }
    Experiment {
        id: report.experiment.replace('/', "-"),
        command,
        report,
        tables,
        traces: report.traces.iter().map(|trace| lanes::view(trace, width)).collect(),
        charts: report.charts.iter().map(chart).collect(),
        measures: report.measures.iter().map(measure).collect(),
    }
}

fn measure(measure: &lab::report::Measure) -> [Text; 5] {
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

fn sections(survey: &Survey) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = Vec::new();
    for claim in ledger() {
        if sections.last().is_none_or(|section| section.name != claim.section) {
            sections.push(Section { name: &claim.section, claims: Vec::new() });
        }
        let class = match claim.class {
            Class::Always => text!("항상", "always"),
            Class::Sometimes => text!("때때로", "sometimes"),
            Class::Never => text!("결코", "never"),
        };
        let verdicts = survey.verdicts(claim).into_iter().map(verdict).collect();
        let section = sections.last_mut().expect("pushed above");
        section.claims.push(ClaimView { claim, class, verdicts });
    }
    sections
}

fn verdict(verdict: Verdict) -> VerdictView {
    let Verdict { on, outcome, evidence, .. } = verdict;
    match outcome {
        Outcome::Holds => VerdictView { on, kind: "holds", word: text!("맞음", "holds"), evidence },
        Outcome::DoesNotHold => {
            VerdictView { on, kind: "refuted", word: text!("맞지 않음", "does not hold"), evidence }
        }
        Outcome::NotMeasured(why) => {
            VerdictView { on, kind: "open", word: text!("측정하지 않음", "not measured"), evidence: why }
        }
    }
}

#[cfg(test)]
mod tests {
    use lab::trace::{Lane, State, Trace};

    use super::*;
    use crate::survey::Run;

    fn survey(word: &Text) -> Survey {
        let mut report = Report::new("mutex/counter");
        report.shows = word.clone();
        report.traces.push(Trace::new(word.clone(), vec![Lane::of(word.clone(), State::Running, 5, 9)]));
        report.tables.push(Table { title: word.clone(), head: vec![word.clone()], rows: vec![vec![word.clone()]] });
        report.verdicts.push(Verdict::seen("cpython-has-gil", word.clone(), true, word.clone()));
        report.notes.push(word.clone());
        let run = Run { command: "cargo run -p mutex".into(), report: Some(report), missing: None };
        Survey { runs: vec![run], at: 1_796_006_040, ..Survey::here(&[]) }
    }

    #[test]
    fn nothing_from_a_report_becomes_a_part_of_the_page() {
        let hostile = text!("가<script>alert(1)</script>\"'", "a<script>alert(1)</script>\"'");
        let page = page(&survey(&hostile), Lang::Ko).unwrap();
        assert!(!page.contains("<script>alert"), "a name has become a script");
        // The sentence, the title, the lane (twice: beside its bar and in the table of times), the table's three, the verdict's two, the note.
        assert!(page.matches("alert(1)").count() >= 2 * 9, "each of them is there, in both languages");
    }

    #[test]
    fn the_page_loads_nothing() {
        let page = page(&survey(&text!("가", "a")), Lang::En).unwrap();
        let loads = ["src=", "href=\"http", "@import", "url(", "fetch(", "XMLHttpRequest", "<link"];
        for load in loads {
            assert!(!page.contains(load), "{load}");
        }
        assert!(page.contains("<html lang=\"en\""));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0), "1970-01-01 00:00 UTC");
        assert_eq!(date(951_782_399), "2000-02-28 23:59 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00 UTC");
        assert_eq!(date(1_796_006_040), "2026-11-30 02:34 UTC");
    }
}
