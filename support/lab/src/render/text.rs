//! A report as text: the sentence it comes to, verdicts, lanes, measurements, tables. The first screen has the most important of
//! it, the full page everything.

use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};
use unicode_width::UnicodeWidthStr;

use super::chart;
use super::lanes::{self, Foot};
use super::layout::{Canvas, shown, wrap};
use crate::claims::{Outcome, Verdict};
use crate::lang::{Lang, Text};
use crate::report::unit::value;
use crate::report::{FAILURES_ON_PAGE, Front, Measure, Report, Table};
use crate::stats;
use crate::text;
use crate::trace::Trace;

/// A first screen has at most so many lines: those of the smallest usual terminal.
pub const FIRST_SCREEN: usize = 24;
/// A drawing of the first screen has at least so many lanes before the second drawing is left out.
const LEAST_LANES: usize = 2;

/// The whole report, ready to print. The lines that the program printed are not in it: the reader has seen them.
pub fn full(report: &Report, canvas: Canvas) -> String {
    let mut parts = said(report, FAILURES_ON_PAGE, canvas, verdict);
    let traces: Vec<&Trace> = report.traces.iter().collect();
    parts.extend(lanes::draw(&traces, lanes::MOST_LANES, Foot::Each, canvas));
    if !report.measures.is_empty() && !report.measures_in_tables {
        parts.push(measures(&report.measures, canvas));
    }
    parts.extend(report.charts.iter().map(|chart| chart::draw(chart, canvas)));
    parts.extend(report.tables.iter().map(|t| table(t, canvas)));
    if !report.notes.is_empty() {
        parts.push(report.notes.iter().map(|note| wrap("- ", &shown(note, canvas.lang), canvas.width)).collect());
    }
    format!("\n{}", parts.join("\n"))
}

/// The first screen: the sentence, the verdicts, one pair of drawings or one table, and what `--full` would add. At most
/// [`FIRST_SCREEN`] lines at 80 columns, unless the words alone take more.
pub fn brief(report: &Report, canvas: Canvas) -> String {
    const FAILURES: usize = 3;
    let mut parts = said(report, FAILURES, canvas, verdicts_together);
    let front = report.first_screen();
    let more = more(report, &front, canvas);
    let taken = |parts: &[String]| 1 + parts.iter().map(|part| 1 + part.lines().count()).sum::<usize>();
    let room = FIRST_SCREEN.saturating_sub(taken(&parts) + more.lines().count());
    parts.extend(drawings(report, &front, room, canvas));
    parts.push(more);
    parts.retain(|part| !part.is_empty());
    format!("\n{}", parts.join("\n"))
}

/// The sentence, the verdicts and the failures.
fn said(report: &Report, most: usize, canvas: Canvas, tell: fn(&[Verdict], Canvas) -> String) -> Vec<String> {
    let mut parts = Vec::new();
    let sentence = shown(&report.shows, canvas.lang);
    if !sentence.is_empty() {
        parts.push(wrap("⇒ ", &sentence, canvas.width));
    }
    if !report.failures.is_empty() {
        parts.push(failures(&report.failures, most, canvas));
    }
    if !report.verdicts.is_empty() {
        parts.push(tell(&report.verdicts, canvas));
    }
    parts
}

/// As much of the front as fits into so many lines; one drawing at least.
fn drawings(report: &Report, front: &[Front], room: usize, canvas: Canvas) -> Vec<String> {
    let traces: Vec<&Trace> =
        front.iter().filter_map(|part| if let Front::Trace(n) = part { report.traces.get(*n) } else { None }).collect();
    let lines = |pictures: &[String]| pictures.iter().map(|picture| 1 + picture.lines().count()).sum::<usize>();
    let mut parts = Vec::new();
    if !traces.is_empty() {
        let most = traces.iter().map(|trace| trace.lanes.len()).max().unwrap_or(0).min(lanes::MOST_LANES);
        let tries =
            (1..=traces.len()).rev().flat_map(|count| (LEAST_LANES.min(most)..=most).rev().map(move |n| (count, n)));
        let draw = |(count, n): (usize, usize)| lanes::draw(&traces[..count], n, Foot::Last, canvas);
        let fitting = tries.map(draw).find(|pictures| lines(pictures) <= room);
        parts.extend(fitting.unwrap_or_else(|| draw((1, LEAST_LANES))));
    }
    for part in front {
        let drawn = match *part {
            Front::Trace(_) => None,
            Front::Chart(n) => report.charts.get(n).map(|chart| chart::draw(chart, canvas)),
            Front::Table(n) => report.tables.get(n).map(|t| first_rows(t, room.saturating_sub(lines(&parts)), canvas)),
            Front::Measures => Some(measures(&report.measures, canvas)),
        };
        parts.extend(drawn);
    }
    parts
}

/// A table, or as many of its first rows as fit and how many more there are.
fn first_rows(table: &Table, room: usize, canvas: Canvas) -> String {
    let whole = self::table(table, canvas);
    if whole.lines().count() < room {
        return whole;
    }
    let cut = |rows: usize| {
        let some = Table { rows: table.rows[..rows].to_vec(), ..table.clone() };
        let left = table.rows.len() - rows;
        let more = text!("… 외 {left}줄", "… and {left} more rows");
        format!("{}{}\n", self::table(&some, canvas), more.get(canvas.lang))
    };
    let fits = |rows: &usize| cut(*rows).lines().count() < room;
    cut((1..table.rows.len()).rev().find(fits).unwrap_or(1).min(table.rows.len()))
}

/// What the first screen leaves out, and how to see it.
fn more(report: &Report, front: &[Front], canvas: Canvas) -> String {
    let left = |all: usize, is: fn(&Front) -> bool| all - front.iter().filter(|part| is(part)).count().min(all);
    let drawings = left(report.traces.len(), |part| matches!(part, Front::Trace(_)))
        + left(report.charts.len(), |part| matches!(part, Front::Chart(_)));
    let tables = left(report.tables.len(), |part| matches!(part, Front::Table(_)));
    let measures = if report.measures_in_tables { 0 } else { report.measures.len() };
    let measures = if front.contains(&Front::Measures) { 0 } else { measures };
    let parts = [
        (drawings, text!("그림 {drawings}개", "drawings ({drawings})")),
        (tables, text!("표 {tables}개", "tables ({tables})")),
        (measures, text!("측정값 {measures}개", "measurements ({measures})")),
        (report.notes.len(), text!("설명", "notes")),
        (report.verdicts.len(), text!("판정의 근거", "the evidence of the verdicts")),
    ];
    let named: Vec<&str> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(_, text)| text.get(canvas.lang)).collect();
    let list = named.join(", ");
    match (list.is_empty(), canvas.lang) {
        (true, _) => String::new(),
        (false, Lang::Ko) => wrap("", &format!("더 보기 --full: {list}"), canvas.width),
        (false, Lang::En) => wrap("", &format!("--full adds: {list}"), canvas.width),
    }
}

/// The first failures, and how many more there are.
fn failures(failures: &[Text], most: usize, canvas: Canvas) -> String {
    let more = failures.len().saturating_sub(most);
    let rest =
        (more > 0).then(|| text!("그 밖에 실패 {more}건. 전체 목록: --json", "{more} more failed; --json lists all"));
    let lines = failures.iter().take(most).chain(&rest);
    lines.map(|line| wrap("✗ ", &shown(line, canvas.lang), canvas.width)).collect()
}

/// Rows under heads as a grid. Where the terminal is too narrow for so many columns, each row becomes lines of its own.
fn columns(head: &[String], rows: &[Vec<String>], numbers: bool, canvas: Canvas) -> String {
    const LEAST_COLUMN: usize = 9;
    let mut grid = grid(canvas);
    grid.set_header(head);
    grid.add_rows(rows);
    if numbers {
        for column in 1..head.len() {
            if let Some(column) = grid.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let drawn = format!("{grid}\n");
    let squeezed = canvas.width < 60 && canvas.width < LEAST_COLUMN * head.len();
    if !squeezed && drawn.lines().all(|line| line.width() <= canvas.width) {
        return drawn;
    }
    let mut out = String::new();
    for row in rows {
        for (n, (head, cell)) in head.iter().zip(row).enumerate() {
            let indent = if n == 0 { "" } else { "  " };
            out.push_str(&wrap(indent, &format!("{head}: {cell}"), canvas.width));
        }
    }
    out
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
    let head = [
        text!("측정", "measured"),
        text!("중앙값", "median"),
        text!("최소 – 최대", "min – max"),
        text!("횟수", "runs"),
    ];
    let mut rows = Vec::new();
    for m in measures {
        let (least, most) = stats::range(&m.samples).unwrap_or((f64::NAN, f64::NAN));
        let spread = if m.samples.len() > 1 {
            format!("{} – {}", value(least, m.unit), value(most, m.unit))
        } else {
            "–".into()
        };
        rows.push(vec![shown(&m.name, lang), value(m.median(), m.unit), spread, m.samples.len().to_string()]);
    }
    columns(&head.map(|t| t.get(lang).to_owned()), &rows, true, canvas)
}

fn table(table: &Table, canvas: Canvas) -> String {
    let lang = canvas.lang;
    let cells = |row: &Vec<Text>| row.iter().map(|t| shown(t, lang)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = table.rows.iter().map(cells).collect();
    let title = wrap("", &shown(&table.title, lang), canvas.width);
    format!("{title}{}", columns(&cells(&table.head), &rows, false, canvas))
}

fn mark(outcome: &Outcome, lang: Lang) -> &'static str {
    match (outcome, lang) {
        (Outcome::Holds, Lang::Ko) => "[맞음]",
        (Outcome::Holds, Lang::En) => "[holds]",
        (Outcome::DoesNotHold, Lang::Ko) => "[맞지 않음]",
        (Outcome::DoesNotHold, Lang::En) => "[does not hold]",
        (Outcome::NotMeasured(_), Lang::Ko) => "[측정하지 않음]",
        (Outcome::NotMeasured(_), Lang::En) => "[not measured]",
    }
}

fn claim(verdict: &Verdict, lang: Lang) -> &str {
    verdict.about().map_or(verdict.claim.as_str(), |claim| match lang {
        Lang::Ko => &claim.ko,
        Lang::En => &claim.en,
    })
}

/// Each verdict with what was seen.
fn verdict(verdicts: &[Verdict], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let line = |verdict: &Verdict| {
        let because = match &verdict.outcome {
            Outcome::NotMeasured(why) => why,
            _ => &verdict.evidence,
        };
        let (on, claim) = (shown(&verdict.on, lang), claim(verdict, lang));
        wrap(
            &format!("{} ", mark(&verdict.outcome, lang)),
            &format!("{on}: {claim} ({})", shown(because, lang)),
            canvas.width,
        )
    };
    verdicts.iter().map(line).collect()
}

/// Each claim once for each outcome, and on what it was tried. Only a missing measurement keeps its reason.
fn verdicts_together(verdicts: &[Verdict], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mut out = String::new();
    for (n, verdict) in verdicts.iter().enumerate() {
        let alike = |other: &&Verdict| other.claim == verdict.claim && other.outcome == verdict.outcome;
        if verdicts[..n].iter().any(|earlier| alike(&earlier)) {
            continue;
        }
        let mut on: Vec<String> = verdicts.iter().filter(alike).map(|verdict| shown(&verdict.on, lang)).collect();
        on.dedup();
        let why = match &verdict.outcome {
            Outcome::NotMeasured(why) => format!(" ({})", shown(why, lang)),
            _ => String::new(),
        };
        let words = format!("{}: {}{why}", on.join("; "), claim(verdict, lang));
        out.push_str(&wrap(&format!("{} ", mark(&verdict.outcome, lang)), &words, canvas.width));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims;
    use crate::render::svg::svg;
    use crate::report::{Chart, Curve, Unit};
    use crate::trace::{Lane, State, Trace};

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
            for width in 20..=160 {
                for (all, show) in
                    [(everything(), full as fn(&Report, Canvas) -> String), (crowded(), full), (crowded(), brief)]
                {
                    let page = show(&all, Canvas { width, colour: false, lang });
                    for line in page.lines() {
                        assert!(line.width() <= width, "{width}: {} {line}", line.width());
                    }
                }
            }
        }
    }

    /// Two traces of many lanes, several claims on several judges, tables and notes.
    fn crowded() -> Report {
        let mut all = everything();
        for title in ["one", "two", "three"] {
            let lanes = (0..9).map(|n| Lane::of(Text::same(format!("lane {n}")), State::Running, n, n + 10)).collect();
            all.traces.push(Trace::new(Text::same(title), lanes));
        }
        for claim in &claims::ledger()[..2] {
            for on in ["Rust", "Rust + GIL", "CPython 3.11.7"] {
                all.verdicts.push(Verdict::seen(&claim.id, on, true, Text::same("seen")));
            }
        }
        all.notes.extend(vec![Text::same("a note of many words ".repeat(9)); 5]);
        all.notes.push(Text::same("https://example.org/".repeat(9)));
        let curves = vec![Curve { name: Text::same("a curve of long name"), points: vec![(1e3, 1e9), (1e6, 3e12)] }];
        all.charts.push(Chart { title: Text::same("a chart of some length"), x: Unit::Count, y: Unit::Bytes, curves });
        all.tables.push(Table {
            title: Text::same("wide"),
            head: vec![text!("머리글", "head"); 9],
            rows: vec![vec![text!("칸 하나", "a cell"); 9]; 2],
        });
        for state in State::ALL {
            all.traces[0].lanes.push(Lane::of(text!("긴 이름의 레인", "a lane of long name"), state, 0, 9));
        }
        all
    }

    #[test]
    fn the_first_screen_is_a_screen() {
        let mut tables = everything();
        tables.tables[0].rows = vec![tables.tables[0].rows[0].clone(); 40];
        for all in [everything(), crowded(), tables, Report::new("lab/test")] {
            for lang in [Lang::Ko, Lang::En] {
                let canvas = Canvas { width: 80, colour: false, lang };
                let page = brief(&all, canvas);
                assert!(page.lines().count() <= FIRST_SCREEN, "{} lines:\n{page}", page.lines().count());
                assert!(full(&all, canvas).lines().count() >= page.lines().count());
            }
        }
    }

    #[test]
    fn the_first_screen_says_what_it_leaves_out() {
        let page = brief(&crowded(), Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.starts_with("\n⇒ "), "the sentence comes first: {page}");
        assert!(page.contains("\none\n") && page.contains("\ntwo\n") && !page.contains("\nthree\n"), "{page}");
        assert!(page.contains("and ") && page.contains("--full adds: drawings (2)"), "{page}");
        assert!(page.contains("Rust; Rust + GIL; CPython 3.11.7: "), "a claim stands once for all: {page}");
        let mut chosen = crowded();
        chosen.front = vec![Front::Trace(2)];
        let page = brief(&chosen, Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.contains("\nthree\n") && !page.contains("\none\n"), "{page}");
    }

    #[test]
    fn the_first_screen_keeps_failures_and_what_could_not_be_measured() {
        let mut all = crowded();
        all.verdicts.push(Verdict::not_measured(&claims::ledger()[0].id, "PyPy", Text::same("no PyPy here")));
        (0..9).for_each(|n| all.fail(Text::same(format!("file-{n}"))));
        let page = brief(&all, Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(
            page.contains("(no PyPy here)") && page.contains("✗ file-2\n") && page.contains("6 more failed"),
            "{page}"
        );
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
            let page = full(&all, Canvas { width: 160, colour: false, lang });
            let raw: Vec<char> = page.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
            assert!(raw.is_empty(), "{raw:?} in {page:?}");
            assert_eq!(page.matches("\\u{1b}[2J").count(), 14, "each of them is there, and escaped: {page}");
            let (traces, charts) = all.all_drawings();
            let picture = svg(&traces, &charts, lang).to_string();
            assert!(!picture.contains(['\u{1b}', '\u{9b}', '\r']), "no XML may hold these: {picture}");
        }
        assert!(all.to_json().contains("\\u001b[2J"), "a program gets the true name");
    }

    #[test]
    fn the_median_is_shown_with_its_spread() {
        let page = full(&everything(), Canvas { width: 100, colour: false, lang: Lang::En });
        assert!(page.contains("2.00 s") && page.contains("1.00 s – 4.00 s"), "{page}");
    }

    #[test]
    fn ten_failures_are_named_and_the_rest_is_counted() {
        let mut all = everything();
        (0..13).for_each(|n| all.fail(Text::same(format!("file-{n}"))));
        let page = full(&all, Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.contains("✗ file-9\n") && !page.contains("file-10") && page.contains("3 more failed"), "{page}");
        assert!(all.to_json().contains("file-12"));
    }
}
