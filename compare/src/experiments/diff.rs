//! `cargo run --release -p compare -- diff A.json B.json`: which verdicts changed between two machines or versions, and which numbers.

use std::path::Path;

use lab::claims::{Outcome, Verdict};
use lab::cli::{Args, Experiment, Opt, Options};
use lab::lang::Text;
use lab::report::{Front, Measure, Report, Table, unit};
use lab::stats;
use lab::{Error, Result, text};

use crate::survey::{self, Survey};

/// With fewer samples an interval says too little: even the whole range of `n` samples holds the median in all but 2 of 2ⁿ cases only, 75 %
/// at 3.
const LEAST_SAMPLES: usize = 3;
/// The end of the ids under which `compare` reports the interval of another measurement.
const INTERVAL: &str = ".interval";

pub fn command() -> Experiment {
    let mut options = Options::new();
    let files = options.positional_words("files", text!("저장된 보고서 둘", "two saved reports"));
    let about = text!("저장된 보고서 둘의 판정과 수치 비교", "compares the verdicts and numbers of two saved reports");
    Experiment::new("diff", about, options, move |args| run(args, files))
}

fn run(args: &Args, files: Opt<Vec<String>>) -> Result<Report> {
    let files = args.get(files);
    let [a, b] = &files[..] else {
        return Err(Error::usage(text!(
            "보고서 파일을 둘 주십시오: diff A.json B.json",
            "give two report files: diff A.json B.json"
        )));
    };
    let (one, other) = (survey::file::read(Path::new(a))?, survey::file::read(Path::new(b))?);
    Ok(compare([a, b], [&one, &other]))
}

fn compare(names: [&str; 2], surveys: [&Survey; 2]) -> Report {
    let mut report = Report::new("compare/diff");
    let head = |what: Text| vec![what, Text::same(format!("A: {}", names[0])), Text::same(format!("B: {}", names[1]))];
    let (changed, same) = verdicts(surveys);
    let numbers = numbers(surveys);
    let (differ, compared) = (numbers.rows.len(), numbers.compared);
    let changes = changed.len();
    report.shows = text!(
        "판정 {changes}개가 다르고 {same}개가 같습니다. 비교한 수치 {compared}개 중 {differ}개는 중앙값의 구간이 겹치지 않습니다.",
        "{changes} verdicts differ and {same} are the same. Of {compared} numbers that can be compared, {differ} have medians whose intervals do not overlap."
    );
    let place = |survey: &Survey| match survey.at {
        0 => text!("컴퓨터가 적혀 있지 않음", "the report does not name its machine"),
        _ => {
            let (m, v, build) = (&survey.machine, &survey.version, &survey.build);
            Text { ko: format!("{}, {v} ({build})", m.ko), en: format!("{}, {v} ({build})", m.en) }
        }
    };
    report.tables = vec![
        Table {
            title: text!("달라진 판정", "verdicts that differ"),
            head: head(text!("주장", "claim")),
            rows: changed,
        },
        Table {
            title: text!("구간이 겹치지 않는 수치", "numbers whose intervals do not overlap"),
            head: head(text!("항목", "quantity")),
            rows: numbers.rows,
        },
        Table {
            title: text!("어디에서 측정했는가", "where they were measured"),
            head: head(Text::default()),
            rows: vec![vec![text!("컴퓨터", "machine"), place(surveys[0]), place(surveys[1])]],
        },
    ];
    report.front = vec![Front::Table(0), Front::Table(1)];
    let (few, alone) = (numbers.few, numbers.alone);
    report.notes = vec![
        text!(
            "수치는 중앙값과 그 95 % 구간(부트스트랩)이고, 표본이 {LEAST_SAMPLES}개 이상일 때만 비교했습니다. 표본이 여섯 개보다 적으면 구간은 표본의 범위 전체이고, 3개라면 그 범위에 참 중앙값이 들 확률은 75 %입니다.",
            "numbers are medians with their 95 % intervals (bootstrap), compared from {LEAST_SAMPLES} samples on. With fewer than six samples an interval is their whole range, which holds the true median with a probability of 75 % at 3 samples."
        ),
        text!(
            "비교하지 않은 수치: 표본이 모자란 것 {few}개, 한쪽에만 있는 것 {alone}개.",
            "not compared: {few} numbers with too few samples, {alone} that only one of the two has."
        ),
    ];
    report
}

/// Those that differ, as rows; and how many are the same. A verdict is known by its claim and by what it was checked on.
fn verdicts(surveys: [&Survey; 2]) -> (Vec<Vec<Text>>, usize) {
    let [a, b] = surveys.map(|survey| {
        let all = survey.reports().flat_map(|(_, report)| report.verdicts.iter());
        let mut kept: Vec<&Verdict> = Vec::new();
        for verdict in all {
            // The same claim may be judged by two experiments: a decision counts more than none.
            match kept.iter_mut().find(|k| k.claim == verdict.claim && k.on == verdict.on) {
                Some(known) if matches!(known.outcome, Outcome::NotMeasured(_)) => *known = verdict,
                Some(_) => {}
                None => kept.push(verdict),
            }
        }
        kept
    });
    let find = |all: &[&Verdict], of: &Verdict| {
        all.iter().find(|v| v.claim == of.claim && v.on == of.on).map(|v| (*v).clone())
    };
    let key = |v: &Verdict| {
        let (claim, ko, en) = (&v.claim, &v.on.ko, &v.on.en);
        Text { ko: format!("{claim}: {ko}"), en: format!("{claim}: {en}") }
    };
    let only_b = b.iter().filter(|v| find(&a, v).is_none());
    let mut same = 0;
    let mut rows = Vec::new();
    for verdict in a.iter().chain(only_b) {
        let pair = [find(&a, verdict), find(&b, verdict)];
        if let [Some(one), Some(other)] = &pair
            && word(&one.outcome) == word(&other.outcome)
        {
            same += 1;
            continue;
        }
        let mut row = vec![key(verdict)];
        row.extend(pair.map(|v| v.map_or(Text::same("–"), shown)));
        rows.push(row);
    }
    (rows, same)
}

fn word(outcome: &Outcome) -> Text {
    match outcome {
        Outcome::Holds => text!("맞음", "holds"),
        Outcome::DoesNotHold => text!("맞지 않음", "does not hold"),
        Outcome::NotMeasured(_) => text!("측정하지 않음", "not measured"),
    }
}

fn shown(verdict: Verdict) -> Text {
    let (word, why) = (word(&verdict.outcome), verdict.evidence);
    let why = if let Outcome::NotMeasured(why) = verdict.outcome { why } else { why };
    if why.en.is_empty() {
        return word;
    }
    Text { ko: format!("{} ({})", word.ko, why.ko), en: format!("{} ({})", word.en, why.en) }
}

struct Numbers {
    rows: Vec<Vec<Text>>,
    compared: usize,
    /// Too few samples on one side.
    few: usize,
    /// In one of the two only.
    alone: usize,
}

fn numbers(surveys: [&Survey; 2]) -> Numbers {
    let [a, b] = surveys.map(|survey| {
        let named = |report: &'_ Report, m: &Measure| (format!("{}.{}", report.experiment, m.id), m.clone());
        let all = survey.reports().flat_map(|(_, report)| report.measures.iter().map(move |m| named(report, m)));
        let all = all.filter(|(id, _)| !id.ends_with(INTERVAL));
        all.collect::<std::collections::BTreeMap<String, Measure>>()
    });
    let mut numbers = Numbers { rows: Vec::new(), compared: 0, few: 0, alone: 0 };
    numbers.alone = b.keys().filter(|id| !a.contains_key(*id)).count();
    for (id, one) in &a {
        let Some(other) = b.get(id) else {
            numbers.alone += 1;
            continue;
        };
        if one.samples.len().min(other.samples.len()) < LEAST_SAMPLES {
            numbers.few += 1;
            continue;
        }
        numbers.compared += 1;
        if apart(&one.samples, &other.samples) {
            numbers.rows.push(vec![Text::same(&**id), spread(one), spread(other)]);
        }
    }
    numbers
}

/// Whether the intervals of the medians do not overlap.
fn apart(a: &[f64], b: &[f64]) -> bool {
    let intervals = (stats::median_interval(a), stats::median_interval(b));
    let (Some((a_low, a_high)), Some((b_low, b_high))) = intervals else { return false };
    a_high < b_low || b_high < a_low
}

fn spread(m: &Measure) -> Text {
    let shown = |v: f64| unit::value(v, m.unit);
    let (low, high) = stats::median_interval(&m.samples).unwrap_or((f64::NAN, f64::NAN));
    Text::same(format!("{} ({} – {})", shown(m.median()), shown(low), shown(high)))
}

#[cfg(test)]
mod tests {
    use lab::report::Unit;

    use super::*;
    use crate::survey::Run;

    fn of(outcome: bool, samples: &[f64]) -> Survey {
        let mut report = Report::new("x/y");
        report.verdicts.push(Verdict::seen("threads-cpu-no-gain", "Rust", outcome, Text::default()));
        report.measures.push(Measure::new("wall", Text::same("wall"), Unit::Ns, samples.to_vec()));
        let runs = vec![Run { command: "x".into(), report: Some(report), missing: None }];
        Survey { runs, ..Survey::here(&[]) }
    }

    fn rows(a: &Survey, b: &Survey) -> [usize; 2] {
        let report = compare(["a", "b"], [a, b]);
        [report.tables[0].rows.len(), report.tables[1].rows.len()]
    }

    #[test]
    fn what_differs_is_found_and_what_overlaps_does_not_differ() {
        let known = of(true, &[1.0, 2.0, 3.0]);
        assert_eq!(rows(&known, &known), [0, 0]);
        assert_eq!(rows(&known, &of(false, &[1.0, 2.0, 3.0])), [1, 0]);
        assert_eq!(rows(&known, &of(true, &[4.0, 5.0, 6.0])), [0, 1]);
        assert_eq!(rows(&known, &of(true, &[2.9, 9.0, 8.0])), [0, 0], "the medians differ, and the intervals overlap");
        assert_eq!(rows(&known, &of(true, &[4.0, 5.0])), [0, 0], "two samples say too little");
        // One outlier widens the range to 1 … 9, and not the interval.
        let outlier = [vec![1.0; 19], vec![9.0]].concat();
        assert_eq!(rows(&of(true, &outlier), &of(true, &[4.0; 20])), [0, 1]);
    }

    #[test]
    fn what_only_one_has_is_named() {
        let known = of(true, &[1.0, 2.0, 3.0]);
        let none = Survey { runs: Vec::new(), ..known.clone() };
        assert_eq!(rows(&known, &none), [1, 0]);
        assert_eq!(rows(&none, &known), [1, 0]);
        assert!(compare(["a", "b"], [&known, &none]).notes[1].en.contains("1 that only one"));
    }
}
