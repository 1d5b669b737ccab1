//! The data of the page, and its templates: `templates/report.html` and `templates/report_header.html`. What pages of other programs
//! have too is in `report_page`.

use askama::Template;
use lab::claims::{Class, Outcome, Verdict, ledger};
use lab::lang::{Lang, Text};
use lab::report::{Report, Table};
use lab::{Error, Result, text};
use report_page::Frame;

use crate::survey::Survey;

const TABLE: &str = "compare/table";

#[derive(Template)]
#[template(path = "report_header.html")]
struct Header {
    counts: [usize; 3],
    interrupted: bool,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    facts: Vec<(Text, Text)>,
    table: Option<Experiment<'a>>,
    experiments: Vec<Experiment<'a>>,
    missing: Vec<(&'a str, &'a Text)>,
    sections: Vec<Section<'a>>,
}

/// One experiment.
struct Experiment<'a> {
    id: String,
    name: &'a str,
    command: &'a str,
    /// All that its report has, as HTML.
    content: String,
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
    let experiments: Result<Vec<Experiment<'_>>> =
        survey.reports().map(|(run, report)| experiment(&run.command, report)).collect();
    let (table, experiments): (Vec<_>, Vec<_>) = experiments?.into_iter().partition(|e| e.name == TABLE);
    let header = Header { counts: survey.counts(), interrupted: survey.interrupted };
    let main = Page {
        facts: facts(survey),
        table: table.into_iter().next(),
        experiments,
        missing: survey.runs.iter().filter_map(|run| Some((&*run.command, run.missing.as_ref()?))).collect(),
        sections: sections(survey),
    };
    let cannot = |e| Error::failed(text!("보고서를 만들 수 없습니다: {e}", "cannot make the report: {e}"));
    let frame = Frame {
        title: text!("병렬 처리: 측정 보고서", "Parallel processing: a measured report"),
        heading: text!(
            "병렬 처리: 글의 주장과 이 컴퓨터의 측정",
            "Parallel processing: the article's claims, measured on this machine"
        ),
        header: header.render().map_err(cannot)?,
        main: main.render().map_err(cannot)?,
    };
    report_page::frame(&frame, lang)
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

fn experiment<'a>(command: &'a str, report: &'a Report) -> Result<Experiment<'a>> {
    let mut tables: Vec<&Table> = report.tables.iter().collect();
    // The table that the experiment puts last is its result: the article's table.
    if report.experiment == TABLE {
        tables.rotate_right(1);
    }
    let id = report.experiment.replace('/', "-");
    let content = report_page::content(&id, report, &tables)?;
    Ok(Experiment { id, name: &report.experiment, command, content })
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
