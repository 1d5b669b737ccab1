//! A report as text: the sentence it comes to, verdicts, lanes, measurements, tables. The first screen has the most important of
//! it, the full page everything.

mod first_screen;
mod table;
mod words;

pub use first_screen::brief;

use super::chart;
use super::lanes::{self, Foot};
use super::layout::{Canvas, shown, wrap};
use crate::report::{FAILURES_ON_PAGE, Report};
use crate::trace::Trace;
use table::{measures, table};
use words::{said, verdict};

/// The whole report, ready to print. The lines that the program printed are not in it: the reader has seen them.
pub fn full(report: &Report, canvas: Canvas) -> String {
    let mut parts = said(report, FAILURES_ON_PAGE, canvas, verdict, &report.verdicts);
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

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr;

    use super::first_screen::FIRST_SCREEN;
    use super::*;
    use crate::claims::Verdict;
    use crate::lang::{Lang, Text};
    use crate::render::svg::svg;
    use crate::report::{Chart, Curve, Front, Measure, Table, Unit};
    use crate::text;
    use crate::trace::{Lane, State};

    fn everything() -> Report {
        let mut all = Report::new("lab/test");
        let name = text!("다섯 스레드의 벽시계 시간, 처음부터 끝까지", "wall time of five threads, from first to last");
        all.measures.push(Measure::new("wall", name.clone(), Unit::Ns, vec![2.0e9, 1.0e9, 4.0e9]));
        all.tables.push(Table { title: name.clone(), head: vec![name.clone(); 4], rows: vec![vec![name.clone(); 4]] });
        let claim = CLAIMS[0];
        all.verdicts.push(Verdict::seen(claim, "Rust", true, name.clone()));
        all.verdicts.push(Verdict::not_measured(claim, "CPython", name.clone()));
        all.notes.push(name.clone());
        all.shows = name;
        all
    }

    fn advised() -> Report {
        let code = Text::same("        code(of, a, program, that, is, indented, and, rather, long)");
        Report { advice: vec![text!("한 줄로 된 조언", "advice in a line"), code], ..everything() }
    }

    #[test]
    fn every_line_fits_in_both_languages() {
        for lang in [Lang::Ko, Lang::En] {
            for width in 20..=160 {
                for (all, show) in
                    [(advised(), full as fn(&Report, Canvas) -> String), (crowded(), full), (crowded(), brief)]
                {
                    let page = show(&all, Canvas { width, colour: false, lang });
                    for line in page.lines() {
                        assert!(line.width() <= width, "{width}: {} {line}", line.width());
                    }
                }
            }
        }
    }

    /// By id: how much room a page has left depends on the length of their words.
    const CLAIMS: [&str; 2] = ["native-code-parallel", "asyncio-file-io"];

    /// Two traces of many lanes, several claims on several judges, tables and notes.
    fn crowded() -> Report {
        let mut all = everything();
        for title in ["one", "two", "three"] {
            let lanes = (0..9).map(|n| Lane::of(Text::same(format!("lane {n}")), State::Running, n, n + 10)).collect();
            all.traces.push(Trace::new(Text::same(title), lanes));
        }
        for claim in CLAIMS {
            for on in ["Rust", "Rust + GIL", "CPython 3.11.7"] {
                all.verdicts.push(Verdict::seen(claim, on, true, Text::same("seen")));
            }
        }
        all.notes.extend(vec![Text::same("a note of many words ".repeat(9)); 5]);
        all.notes.push(Text::same("https://example.org/".repeat(9)));
        let curves = vec![Curve::measured(Text::same("a curve of long name"), vec![(1e3, 1e9), (1e6, 3e12)])];
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
    fn a_table_that_the_experiment_chose_is_never_cut() {
        let mut all = everything();
        let row = |n: usize| vec![Text::same(format!("row {n}.")); 4];
        all.tables[0].rows = (0..40).map(row).collect();
        let canvas = Canvas { width: 80, colour: false, lang: Lang::En };
        let cut = brief(&all, canvas);
        assert!(!cut.contains("row 39."), "{cut}");
        assert!(cut.contains("more rows: --full"), "a table that is cut says how to see all of it: {cut}");
        all.front = vec![Front::Table(0)];
        let whole = brief(&all, canvas);
        assert!((0..40).all(|n| whole.contains(&format!("row {n}."))) && !whole.contains("more rows"), "{whole}");
    }

    #[test]
    fn a_drawing_that_found_no_room_is_counted_among_the_rest() {
        let canvas = Canvas { width: 80, colour: false, lang: Lang::En };
        let mut all = crowded();
        assert!(brief(&all, canvas).contains("drawings (2)"), "two of three traces are drawn, and no chart");
        all.shows = Text::same("a sentence of many words ".repeat(25));
        let page = brief(&all, canvas);
        assert!(page.contains("\none\n") && !page.contains("\ntwo\n"), "{page}");
        assert!(page.contains("drawings (3)"), "{page}");
    }

    #[test]
    fn a_judge_stands_once_beside_a_claim() {
        let mut all = Report::new("lab/test");
        for on in ["Rust", "CPython", "Rust"] {
            all.verdicts.push(Verdict::seen(CLAIMS[0], on, true, Text::same("seen")));
        }
        let page = brief(&all, Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.contains("Rust; CPython: "), "{page}");
    }

    #[test]
    fn the_first_screen_says_what_it_leaves_out() {
        let page = brief(&crowded(), Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.starts_with("\n⇒ "), "the sentence comes first: {page}");
        assert!(page.contains("\none\n") && page.contains("\ntwo\n") && !page.contains("\nthree\n"), "{page}");
        assert!(page.contains("more: --full") && page.contains("--full adds: drawings (2)"), "{page}");
        assert!(page.contains("Rust; Rust + GIL; CPython 3.11.7: "), "a claim stands once for all: {page}");
        let mut chosen = crowded();
        chosen.front = vec![Front::Trace(2)];
        let page = brief(&chosen, Canvas { width: 80, colour: false, lang: Lang::En });
        assert!(page.contains("\nthree\n") && !page.contains("\none\n"), "{page}");
    }

    #[test]
    fn the_first_screen_keeps_failures_and_what_could_not_be_measured() {
        let mut all = crowded();
        all.verdicts.push(Verdict::not_measured(CLAIMS[0], "PyPy", Text::same("no PyPy here")));
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
        let curves = vec![Curve::measured(hostile.clone(), vec![(1.0, 1.0)])];
        all.charts.push(Chart { title: hostile.clone(), x: Unit::Count, y: Unit::Count, curves });
        let lanes = vec![Lane::of(hostile.clone(), State::Running, 0, 1)];
        all.traces.push(Trace::new(hostile.clone(), lanes));
        all.verdicts.push(Verdict::seen(CLAIMS[0], hostile.en.clone(), true, hostile.clone()));
        all.verdicts.push(Verdict::not_measured(CLAIMS[0], hostile.en.clone(), hostile.clone()));
        all.notes.push(hostile.clone());
        all.advice = vec![hostile.clone()];
        all.shows = hostile;
        for lang in [Lang::Ko, Lang::En] {
            let page = full(&all, Canvas { width: 160, colour: false, lang });
            let raw: Vec<char> = page.chars().filter(|c| c.is_control() && *c != '\n' || *c == '\u{202e}').collect();
            assert!(raw.is_empty(), "{raw:?} in {page:?}");
            assert_eq!(page.matches("\\u{1b}[2J").count(), 15, "each of them is there, and escaped: {page}");
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
