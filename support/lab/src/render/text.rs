//! A report as text: lanes, measurements, tables, verdicts, and the sentence they come to.

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};

use super::{Canvas, chart, lanes, shown, wrap};
use crate::claims::{Outcome, Verdict};
use crate::lang::{Lang, Text};
use crate::report::unit::value;
use crate::report::{FAILURES_ON_PAGE, Measure, Report, Table};
use crate::stats;
use crate::terminal::escape_controls;
use crate::text;

/// The whole report, ready to print. The lines that the program printed are not in it: the reader has seen them.
pub fn report(report: &Report, canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mut parts: Vec<String> = report.traces.iter().map(|trace| lanes::draw(trace, canvas)).collect();
    if !report.measures.is_empty() && !report.measures_in_tables {
        parts.push(measures(&report.measures, canvas));
    }
    parts.extend(report.charts.iter().map(|chart| chart::draw(chart, canvas)));
    parts.extend(report.tables.iter().map(|t| table(t, canvas)));
    if !report.verdicts.is_empty() {
        parts.push(report.verdicts.iter().map(|v| verdict(v, canvas)).collect());
    }
    if !report.notes.is_empty() {
        parts.push(report.notes.iter().map(|note| wrap("- ", &shown(note, lang), canvas.width)).collect());
    }
    if !report.failures.is_empty() {
        parts.push(failures(&report.failures, canvas));
    }
    parts.push(wrap("⇒ ", &shown(&report.shows, lang), canvas.width));
    let mut out = String::from("\n");
    out.push_str(&parts.join("\n"));
    out
}

/// The first failures, and how many more there are.
fn failures(failures: &[Text], canvas: Canvas) -> String {
    let more = failures.len().saturating_sub(FAILURES_ON_PAGE);
    let rest =
        (more > 0).then(|| text!("그 밖에 실패 {more}건. 전체 목록: --json", "{more} more failed; --json lists all"));
    let lines = failures.iter().take(FAILURES_ON_PAGE).chain(&rest);
    lines.map(|line| wrap("✗ ", &shown(line, canvas.lang), canvas.width)).collect()
}

fn grid(canvas: Canvas) -> Grid {
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_FULL_CONDENSED);
    grid.set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_width(u16::try_from(canvas.width).unwrap_or(u16::MAX));
    grid
}

fn measures(measures: &[Measure], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mut grid = grid(canvas);
    let head = [
        text!("측정", "measured"),
        text!("중앙값", "median"),
        text!("최소 – 최대", "min – max"),
        text!("횟수", "runs"),
    ];
    grid.set_header(head.iter().map(|t| t.get(lang)));
    for m in measures {
        let (least, most) = stats::range(&m.samples).unwrap_or((f64::NAN, f64::NAN));
        let spread = if m.samples.len() > 1 {
            format!("{} – {}", value(least, m.unit), value(most, m.unit))
        } else {
            "–".into()
        };
        grid.add_row([&shown(&m.name, lang), &value(m.median(), m.unit), &spread, &m.samples.len().to_string()]);
    }
    for column in 1..4 {
        if let Some(column) = grid.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{grid}\n")
}

fn table(table: &Table, canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mut grid = grid(canvas);
    grid.set_header(table.head.iter().map(|t| shown(t, lang)));
    for row in &table.rows {
        grid.add_row(row.iter().map(|t| shown(t, lang)));
    }
    format!("{}\n{grid}\n", shown(&table.title, lang))
}

fn verdict(verdict: &Verdict, canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mark = match (&verdict.outcome, lang) {
        (Outcome::Holds, Lang::Ko) => "[맞음]",
        (Outcome::Holds, Lang::En) => "[holds]",
        (Outcome::DoesNotHold, Lang::Ko) => "[맞지 않음]",
        (Outcome::DoesNotHold, Lang::En) => "[does not hold]",
        (Outcome::NotMeasured(_), Lang::Ko) => "[측정하지 않음]",
        (Outcome::NotMeasured(_), Lang::En) => "[not measured]",
    };
    let claim = verdict.about().map_or(verdict.claim.as_str(), |claim| match lang {
        Lang::Ko => &claim.ko,
        Lang::En => &claim.en,
    });
    let because = match &verdict.outcome {
        Outcome::NotMeasured(why) => why,
        _ => &verdict.evidence,
    };
    let on = escape_controls(&verdict.on);
    wrap(&format!("{mark} "), &format!("{on}: {claim} ({})", shown(because, lang)), canvas.width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims;
    use crate::render::svg::svg;
    use crate::report::{Chart, Curve, Unit};
    use crate::trace::{Lane, State, Trace};
    use unicode_width::UnicodeWidthStr;

    fn everything() -> Report {
        let mut all = Report::new("lab/test");
        let name = text!("다섯 스레드의 벽시계 시간, 처음부터 끝까지", "wall time of five threads, from first to last");
        all.measures.push(Measure::new("wall", name.clone(), Unit::Ns, vec![2.0e9, 1.0e9, 4.0e9]));
        all.tables.push(Table { title: name.clone(), head: vec![name.clone(); 4], rows: vec![vec![name.clone(); 4]] });
        let claim = &claims::ledger()[0].id;
        all.verdicts.push(Verdict::seen(claim, "Rust", true, name.clone()));
        all.verdicts.push(Verdict::not_measured(claim, "CPython", name.clone()));
        all.notes.push(name.clone());
        all.shows = name;
        all
    }

    #[test]
    fn every_line_fits_in_both_languages() {
        for lang in [Lang::Ko, Lang::En] {
            for width in [60, 80, 160] {
                let page = report(&everything(), Canvas { width, colour: false, lang });
                for line in page.lines() {
                    assert!(line.width() <= width, "{width}: {} {line}", line.width());
                }
            }
        }
    }

    #[test]
    fn nothing_from_outside_commands_the_terminal() {
        let hostile = text!("이름\u{1b}[2J\u{9b}31m\r\n\u{202e}gpj", "name\u{1b}[2J\u{9b}31m\r\n\u{202e}gpj");
        let mut all = Report::new("lab/test");
        all.measures.push(Measure::new("wall", hostile.clone(), Unit::Ns, vec![1.0e9]));
        all.tables.push(Table {
            title: hostile.clone(),
            head: vec![hostile.clone()],
            rows: vec![vec![hostile.clone()]],
        });
        let curves = vec![Curve { name: hostile.clone(), points: vec![(1.0, 1.0)] }];
        all.charts.push(Chart { title: hostile.clone(), x: Unit::Count, y: Unit::Count, curves });
        let lanes = vec![Lane::of(hostile.clone(), State::Running, 0, 1)];
        all.traces.push(Trace::new(hostile.clone(), lanes));
        all.verdicts.push(Verdict::seen(&claims::ledger()[0].id, hostile.en.clone(), true, hostile.clone()));
        all.verdicts.push(Verdict::not_measured(&claims::ledger()[0].id, hostile.en.clone(), hostile.clone()));
        all.notes.push(hostile.clone());
        all.shows = hostile;
        for lang in [Lang::Ko, Lang::En] {
            let page = report(&all, Canvas { width: 160, colour: false, lang });
            let raw: Vec<char> = page.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
            assert!(raw.is_empty(), "{raw:?} in {page:?}");
            assert_eq!(page.matches("\\u{1b}[2J").count(), 14, "each of them is there, and escaped: {page}");
            let picture = svg(&all.traces, &all.charts, lang).to_string();
            assert!(!picture.contains(['\u{1b}', '\u{9b}', '\r']), "no XML may hold these: {picture}");
        }
        assert!(all.to_json().contains("\\u001b[2J"), "a program gets the true name");
    }

    #[test]
    fn the_median_is_shown_with_its_spread() {
        let page = report(&everything(), Canvas { width: 100, colour: false, lang: Lang::En });
        assert!(page.contains("2.00 s") && page.contains("1.00 s – 4.00 s"), "{page}");
    }

    #[test]
    fn ten_failures_are_named_and_the_rest_is_counted() {
        let mut all = everything();
        (0..13).for_each(|n| all.fail(Text::same(format!("file-{n}"))));
        let page = report(&all, Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.contains("✗ file-9\n") && !page.contains("file-10") && page.contains("3 more failed"), "{page}");
        assert!(all.to_json().contains("file-12"));
    }
}
