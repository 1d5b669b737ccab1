//! The project's main experiment: the article's table compared with measurements.

pub mod alive;
pub mod bench;
pub mod budget;
pub mod cell;
pub mod complexity;
pub mod files;
pub mod grade;
mod judge;
mod limits;
mod notes;
pub mod pictures;
pub mod plan;
mod serve;
mod simulated;
pub mod units;
pub mod web;

use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Front, Measure, Report, Table, Unit};
use lab::stats;
use lab::{Result, text};

use crate::{ctrl_c, questions};

use bench::{Bench, CellSamples, Who, join};
use budget::Budget;
use grade::{Agreement, ArticleRow};
use judge::{Judge, Judged, Judgement};
use plan::{Size, SizeOptions, Technique, Workload};

/// A table with more judges than these does not fit into 80 columns.
const MOST_JUDGES: usize = 4;

/// `cargo run --release -p compare`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let size = SizeOptions::declare(&mut options);
    let about =
        text!("모두를 번갈아 측정하는 횟수, 시간 한도 없이", "measure everything so often, without a limit of time");
    let rounds = options.count_if_given("rounds", 1..=100, about);
    let quick = options.flag("quick", text!("15초 안에 측정", "measure within 15 s"));
    let thorough = options.flag("thorough", text!("5분 동안 더 많은 회차를 측정", "measure more rounds, in 5 minutes"));
    options.conflict(quick, thorough);
    let about = text!("서버가 응답하기까지의 시간(초)", "seconds until the server answers");
    let delay = options.seconds("delay", 0.001..=5.0, 0.05, about);
    let about = text!("글의 표", "the article's table");
    Experiment::new("table", about, options, move |a| {
        let budget = match (a.get(quick), a.get(thorough)) {
            (true, _) => Budget::Quick,
            (_, true) => Budget::Thorough,
            _ => Budget::Usual,
        };
        let (size, iterations) = size.get(a);
        let size = if budget == Budget::Quick { size.quick() } else { size };
        let rounds = a.get(rounds).map(|rounds| rounds as usize);
        run(&size, iterations.is_none(), a.get(delay), rounds, budget, a.pythons())
    })
    .asks(|_| questions::all())
}

/// Measures the table. Ctrl-C ends the measurement; what was measured until then is reported.
pub fn run(
    size: &Size,
    choose_iterations: bool,
    delay: Duration,
    rounds: Option<usize>,
    budget: Budget,
    pythons: &[Interpreter],
) -> Result<Report> {
    ctrl_c::listen()?;
    let mut bench = Bench::new(size, delay, pythons)?;
    bench.measure(rounds, budget, choose_iterations)?;
    Ok(bench.report(budget))
}

impl Bench<'_> {
    fn report(&self, budget: Budget) -> Report {
        let judgement = self.judge();
        let mut report = Report::new("compare/table");
        report.measures = self.measures();
        report.tables = Workload::ALL.iter().filter_map(|workload| self.workload_table(*workload)).collect();
        report.tables.extend([self.alive_table(), self.complexity_table()]);
        let first = report.tables.len();
        report.tables.extend(self.article_tables(&judgement));
        report.front = (first..report.tables.len()).map(Front::Table).collect();
        report.verdicts = self.verdicts(&judgement);
        report.measures_in_tables = true;
        report.notes = self.notes(&judgement, budget);
        report.shows = self.shows(&judgement);
        if self.stopped {
            report.fail(text!(
                "중단되었습니다. 온전한 {rounds}회차와 그다음 회차의 일부만 측정했습니다.",
                "stopped by the reader. Whole rounds: {rounds}; of the next, a part.",
                rounds = self.rounds
            ));
            report.exit_code = ctrl_c::INTERRUPTED;
        }
        report
    }

    fn measures(&self) -> Vec<Measure> {
        let mut measures = Vec::new();
        for c in self.cells.iter().filter(|c| !c.wall.is_empty()) {
            let id = format!("{}.{}.{}", c.workload.id(), self.id(c.who), c.technique.id());
            let name = join(&c.workload.name(), &self.name(c));
            let mut add = |what: &str, unit, samples: &[f64]| {
                if samples.is_empty() {
                    return;
                }
                measures.push(Measure::new(format!("{id}.{what}"), name.clone(), unit, samples.to_vec()));
                if let Some((low, high)) = stats::median_interval(samples).filter(|_| samples.len() > 1) {
                    let of = text!("{what} 중앙값의 95 % 구간", "95 % interval of the median of {what}");
                    let name = join(&name, &of);
                    measures.push(Measure::new(format!("{id}.{what}.interval"), name, unit, vec![low, high]));
                }
            };
            add("wall", Unit::Ns, &c.wall);
            add("rate", Unit::Count, &c.rate);
            add("memory", Unit::Bytes, &c.memory);
            add("cores", Unit::Times, &c.cores);
            if !c.others.is_empty() {
                let name = join(&name, &text!("다른 프로그램의 CPU 점유율", "share of the CPU that others used"));
                measures.push(Measure::new(format!("{id}.others"), name, Unit::Share, c.others.clone()));
            }
        }
        let mut count = |id: String, name: Text, n: usize| {
            measures.push(Measure::new(id, name, Unit::Count, vec![n as f64]));
        };
        for ((who, technique), alive) in &self.alive {
            let name = text!("함께 살아 있음", "alive together");
            let all = [("processes", alive.processes), ("threads", alive.threads), ("loops", alive.loops)];
            for (what, n) in all {
                count(format!("alive.{}.{technique}.{what}", self.id(*who)), name.clone(), n);
            }
        }
        for ((who, technique), counts) in &self.counts {
            let names = ["statements", "awaits", "locks", "serialized", "total"];
            for (what, n) in names.into_iter().zip(counts.cells()) {
                let name = text!("코드 복잡도: {what}", "complexity of code: {what}");
                count(format!("count.{}.{technique}.{what}", self.id(*who)), name, n);
            }
        }
        measures
    }

    fn workload_table(&self, workload: Workload) -> Option<Table> {
        let head = vec![
            text!("기법", "technique"),
            workload.rate_name().unwrap_or_else(|| text!("시간", "time")),
            text!("95 % 구간", "95 % interval"),
            text!("속도", "speed"),
            text!("메모리", "memory"),
            text!("타 작업", "others"),
        ];
        // Rust first, then each Python: a reader compares techniques.
        let mut rows: Vec<&CellSamples> =
            self.cells.iter().filter(|c| c.workload == workload && !c.wall.is_empty()).collect();
        rows.sort_by_key(|c| c.who);
        let rows: Vec<Vec<Text>> = rows.into_iter().map(|c| self.row(c)).collect();
        (!rows.is_empty()).then(|| Table { title: workload.name(), head, rows })
    }

    fn row(&self, c: &CellSamples) -> Vec<Text> {
        let shows_rate = c.workload.rate_name().is_some();
        let shown = |v: f64| if shows_rate { format!("{v:.0}") } else { unit::duration(v) };
        let values = if shows_rate { &c.rate } else { &c.wall };
        let interval = stats::median_interval(values).filter(|_| values.len() > 1);
        let memory = stats::median(&c.memory).map(|bytes| unit::value(bytes, Unit::Bytes));
        let or_dash = |cell: Option<String>| Text::same(cell.unwrap_or("–".into()));
        vec![
            self.name(c),
            or_dash(stats::median(values).map(shown)),
            or_dash(interval.map(|(low, high)| short_range(&shown(low), &shown(high)))),
            self.speed_up(c).map_or(Text::same("–"), unit::times),
            or_dash(memory),
            or_dash(self.foreign_in(c).map(|share| format!("{:.0} %", 100.0 * share))),
        ]
    }

    /// Everybody with every technique, in the order of the table.
    fn all_techniques(&self) -> impl Iterator<Item = (Who, Technique)> + use<> {
        self.everybody().flat_map(|who| Technique::ALL.map(|technique| (who, technique)))
    }

    /// What was alive at the same moment.
    fn alive_table(&self) -> Table {
        let row = |(who, technique): (Who, Technique)| {
            let alive = self.alive.get(&(who, technique.id()))?;
            let numbers = [alive.processes, alive.threads, alive.loops].map(|n| Text::same(n.to_string()));
            let name = join(&Text::same(self.who(who)), &technique.name());
            Some(std::iter::once(name).chain(numbers).collect())
        };
        Table {
            title: text!("방식: 단위가 함께 살아 있을 때", "how it works: while the units are alive together"),
            head: vec![
                text!("기법", "technique"),
                text!("프로세스", "processes"),
                text!("스레드", "threads"),
                text!("이벤트 루프", "event loops"),
            ],
            rows: self.all_techniques().filter_map(row).collect(),
        }
    }

    /// What the programs are made of.
    fn complexity_table(&self) -> Table {
        let row = |(who, technique): (Who, Technique)| {
            let counts = self.counts.get(&(who, technique.id()))?;
            let name = join(&Text::same(self.who(who)), &technique.name());
            Some(std::iter::once(name).chain(counts.cells().map(|n| Text::same(n.to_string()))).collect())
        };
        Table {
            title: text!("코드 복잡도: 같은 일을 하는 프로그램", "code complexity: programs that do the same job"),
            head: vec![
                text!("기법", "technique"),
                text!("문장", "statements"),
                text!("대기", "awaits"),
                text!("락", "locks"),
                text!("직렬화", "serialized"),
                text!("합", "sum"),
            ],
            rows: self.all_techniques().filter_map(row).collect(),
        }
    }

    /// Each column of the article's table beside the measured ones. With more judges than fit, the Pythons have tables of their own.
    fn article_tables(&self, judgement: &Judgement) -> Vec<Table> {
        let is_python = |judge: &Judge| matches!(judge, Judge::Python(_));
        let (pythons, ours): (Vec<Judge>, Vec<Judge>) = judgement.judges.iter().copied().partition(is_python);
        let groups: Vec<Vec<Judge>> = if judgement.judges.len() <= MOST_JUDGES {
            vec![judgement.judges.clone()]
        } else {
            std::iter::once(ours).chain(pythons.chunks(MOST_JUDGES).map(<[Judge]>::to_vec)).collect()
        };
        let tables = groups.iter().flat_map(|group| (0..3).map(move |column| (group, column)));
        tables.enumerate().map(|(n, (group, column))| self.article_table(judgement, group, column, n == 0)).collect()
    }

    fn article_table(&self, judgement: &Judgement, group: &[Judge], column: usize, is_first: bool) -> Table {
        let name =
            [text!("멀티스레딩", "multithreading"), Text::same("asyncio"), text!("멀티프로세싱", "multiprocessing")];
        let mut title = join(
            &text!("글의 표와 이 컴퓨터의 측정 결과", "the article's table, and what was measured on this machine"),
            &name[column],
        );
        if is_first {
            let marks = grade::marks();
            title = Text { ko: format!("{} ({})", title.ko, marks.ko), en: format!("{} ({})", title.en, marks.en) };
        }
        let mut head = vec![text!("구분", "row"), text!("글", "article")];
        head.extend(group.iter().map(|judge| Text::same(self.short_name(*judge))));
        let mut rows = Vec::new();
        for (cell, row) in judgement.cells.iter().zip(&judgement.of).filter(|(cell, _)| cell.column == column) {
            let mut cells = vec![cell.row.name(), cell.said.text()];
            let all = judgement.judges.iter().zip(row).filter(|(judge, _)| group.contains(judge));
            cells.extend(all.map(|(_, judged)| shown(judged)));
            rows.push(cells);
        }
        Table { title, head, rows }
    }

    /// As narrow as it can be: "CPython 3.13.0t", as its own program is called.
    fn short_name(&self, judge: Judge) -> String {
        match judge {
            Judge::RustGil => "Rust+GIL".to_owned(),
            _ => self.judge_name(judge).replace(" free-threaded", "t"),
        }
    }

    fn shows(&self, judgement: &Judgement) -> Text {
        let agree = |judge: &Judge| {
            let decided = judgement.by(*judge).filter_map(|(_, judged)| judged.as_ref().ok());
            let decided: Vec<&Agreement> = decided.filter(|one| !matches!(one, Agreement::Between(..))).collect();
            let differ = decided.iter().filter(|one| matches!(one, Agreement::Differs(..))).count();
            format!("{} {}/{}", self.judge_name(*judge), decided.len() - differ, decided.len())
        };
        let all = judgement.judges.iter().map(agree).collect::<Vec<_>>().join(", ");
        let agreed = text!("글과 어긋나지 않는 칸: {all}.", "Cells that do not contradict the article: {all}.");
        let threads = |judge| judgement.find(ArticleRow::Parallelism, 0, judge);
        let seen = (threads(Judge::Rust), threads(Judge::RustGil));
        if !matches!(seen, (Some(Ok(Agreement::Differs(..))), Some(Ok(Agreement::Same(_))))) {
            return agreed;
        }
        let whose = text!(
            "멀티스레딩의 X는 스레드가 아니라 GIL 때문입니다.",
            "The \"no\" of threads is due to the GIL, not to threads."
        );
        Text { ko: format!("{} {}", agreed.ko, whose.ko), en: format!("{} {}", agreed.en, whose.en) }
    }
}

/// A cell: its mark and words; that there is no GIL; or a dash, whose reason is below the tables.
fn shown(judged: &Judged) -> Text {
    match judged {
        Ok(agreement) => agreement.marked(),
        Err(why) if *why == judge::no_gil() => text!("GIL 없음", "no GIL"),
        Err(_) => Text::same("–"),
    }
}

/// "754–767 ms".
fn short_range(low: &str, high: &str) -> String {
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, one)), Some((_, other))) if one == other => format!("{number}–{high}"),
        _ => format!("{low}–{high}"),
    }
}

#[cfg(test)]
mod tests {
    use lab::claims::{Outcome, Verdict};
    use lab::machine;

    use super::judge::ArticleCell;
    use super::*;
    use alive::Alive;
    use grade::Word;

    const SIZE: Size =
        Size { waiting: 100, gets: 2, jobs: 4, iterations: 1, copies: 1, calls: 10, reads: 1, sentences: 1 };

    /// A bench in which threads and processes compute on two cores, all else on one; and everything waits well.
    fn measured<'a>(rounds: usize, slow: &[Technique]) -> Bench<'a> {
        let mut bench = Bench::new(&SIZE, Duration::from_millis(50), &[]).unwrap();
        for cell in &mut bench.cells {
            let parallel =
                matches!(cell.technique, Technique::Threads | Technique::Processes | Technique::ProcessesGil);
            let cores = if parallel && !slow.contains(&cell.technique) { 1.9 } else { 1.0 };
            let waits = matches!(cell.workload, Workload::Io | Workload::Calls | Workload::Serve | Workload::Files);
            let rate = match cell.technique {
                Technique::Sequence if waits => 20.0,
                _ if waits => 1900.0,
                _ => cores,
            };
            (cell.wall, cell.rate) = (vec![1e9; rounds], vec![rate; rounds]);
            (cell.memory, cell.cores) = (vec![1000.0; rounds], vec![cores; rounds]);
        }
        for technique in Workload::Alive.in_rust() {
            let alive = match technique {
                Technique::Threads | Technique::ThreadsGil => Alive { processes: 1, threads: 4, loops: 0 },
                Technique::Asyncio | Technique::AsyncioGil => Alive { processes: 1, threads: 1, loops: 1 },
                _ => Alive { processes: 4, threads: 4, loops: 0 },
            };
            bench.alive.insert((Who::Rust, technique.id()), alive);
        }
        for technique in [Technique::Sequence, Technique::Threads, Technique::Asyncio, Technique::Processes] {
            bench.counts.insert((Who::Rust, technique.id()), complexity::in_rust(technique));
        }
        bench.foreign = Some(0.0);
        bench
    }

    fn differing(bench: &Bench<'_>) -> Vec<(ArticleRow, Judge)> {
        let judgement = bench.judge();
        let differs = judgement.all().filter(|(.., judged)| matches!(judged, Ok(Agreement::Differs(..))));
        differs.map(|(cell, judge, _)| (cell.row, judge)).collect()
    }

    fn one_core() -> bool {
        let one = machine::cores() < 2;
        if one {
            println!("not measured: there is only one core");
        }
        one
    }

    #[test]
    fn every_cell_that_differs_is_explained_below_the_table() {
        if one_core() {
            return;
        }
        let bench = measured(3, &[]);
        let judgement = bench.judge();
        let whys = bench.differences(&judgement);
        // In the column Rust the two of threads that compute, by the GIL; not those of waiting, by a boundary of ours.
        let expected = [(ArticleRow::Parallelism, Judge::Rust), (ArticleRow::CpuBound, Judge::Rust)];
        assert_eq!(differing(&bench), expected, "{whys:?}");
        assert!(whys.len() == 2 && whys.iter().all(|why| why.en.contains("no GIL")), "{whys:?}");
        let notes = bench.notes(&judgement, Budget::Usual);
        assert!(notes.iter().filter(|note| whys.contains(note)).count() == 2, "the page has them");
        // Processes that do not compute in parallel: the GIL is no reason, and that is said too.
        let bench = measured(3, &[Technique::Processes]);
        let whys = bench.differences(&bench.judge());
        assert_eq!(whys.len(), differing(&bench).len());
        assert_eq!(whys.iter().filter(|why| why.en.contains("does not explain it")).count(), 2, "{whys:?}");
        assert!(differing(&bench).contains(&(ArticleRow::UseCase(grade::UseCase::Images), Judge::Rust)));
    }

    #[test]
    fn no_row_is_empty_and_every_dash_has_a_line() {
        let mut bench = measured(3, &[]);
        let why = Text::same("of no kind");
        for cell in bench.cells.iter_mut().filter(|c| c.workload == Workload::Translate) {
            cell.missing = Some(why.clone());
            cell.wall.clear();
        }
        let judgement = bench.judge();
        let tables = bench.article_tables(&judgement);
        assert_eq!(tables.iter().map(|table| table.rows.len()).sum::<usize>(), ArticleCell::all().len());
        let notes = bench.notes(&judgement, Budget::Usual);
        let lines: Vec<&Text> = notes.iter().filter(|note| note.en.starts_with(notes::DASH.1)).collect();
        for table in &tables {
            for row in &table.rows {
                assert!(row.iter().all(|cell| !cell.en.is_empty()), "{row:?}");
                let judges: Vec<&Text> =
                    table.head[2..].iter().zip(&row[2..]).filter(|(_, c)| c.en == "–").map(|(h, _)| h).collect();
                for judge in judges {
                    let judge = judge.en.replace("Rust+GIL", "Rust");
                    let has_line = |line: &&&Text| line.en.starts_with(&format!("{}{judge}", notes::DASH.1));
                    assert!(lines.iter().any(|line| has_line(&line)), "{judge} {row:?}: {lines:?}");
                }
            }
        }
        assert!(lines.iter().any(|line| line.en.contains("of no kind")), "{lines:?}");
        assert!(
            !measured(3, &[])
                .notes(&measured(3, &[]).judge(), Budget::Usual)
                .iter()
                .any(|n| n.en.starts_with("– (no verdict): Rust"))
        );
    }

    #[test]
    fn more_judges_than_fit_get_tables_of_their_own() {
        let python = |minor| Interpreter {
            path: "python3".into(),
            implementation: "CPython".into(),
            version: [3, minor, 0],
            gil: Some(minor < 13),
        };
        for (pythons, tables, widest) in [(0, 3, 3), (1, 3, 4), (2, 6, 3), (6, 9, 4)] {
            let pythons: Vec<Interpreter> = (10..10 + pythons).map(python).collect();
            let bench = Bench::new(&SIZE, Duration::from_millis(50), &pythons).unwrap();
            let all = bench.article_tables(&bench.judge());
            assert_eq!(all.len(), tables);
            assert_eq!(all.iter().map(|table| table.head.len() - 2).max(), Some(widest));
            for n in 0..pythons.len() {
                let name = bench.short_name(Judge::Python(n));
                assert_eq!(all.iter().filter(|table| table.head.iter().any(|head| head.en == name)).count(), 3);
            }
        }
        let twice = [python(11), python(11)];
        let bench = Bench::new(&SIZE, Duration::from_millis(50), &twice).unwrap();
        assert_ne!(bench.id(Who::Python(0)), bench.id(Who::Python(1)), "the ids of a report are unique");
    }

    #[test]
    fn one_round_against_the_others_decides_nothing() {
        if one_core() {
            return;
        }
        let mut bench = measured(3, &[]);
        let noisy = bench.cells.iter_mut().find(|c| c.workload == Workload::Cpu && c.technique == Technique::Processes);
        noisy.unwrap().cores[1] = 1.0;
        // The median is 1.9 still; the known-wrong table judged by it.
        let judgement = bench.judge();
        let judged = |row| judgement.find(row, 2, Judge::Rust).unwrap().clone();
        assert_eq!(judged(ArticleRow::Parallelism), Ok(Agreement::Between(Word::Parallel, Word::NotParallel)));
        assert_eq!(judged(ArticleRow::CpuBound), Ok(Agreement::Between(Word::VeryGood, Word::Bad)));
        let verdicts = bench.verdicts(&judgement);
        let verdict = verdicts.into_iter().find(|verdict| verdict.claim == "processes-parallel").unwrap();
        assert!(matches!(verdict.outcome, Outcome::NotMeasured(_)), "no verdict where the cell has none: {verdict:?}");
        // One of twenty is an outlier: more rounds decide what three cannot.
        let mut bench = measured(20, &[]);
        let noisy = bench.cells.iter_mut().find(|c| c.workload == Workload::Cpu && c.technique == Technique::Processes);
        noisy.unwrap().cores[1] = 1.0;
        let judged = bench.judge().find(ArticleRow::Parallelism, 2, Judge::Rust).cloned();
        assert_eq!(judged, Some(Ok(Agreement::Same(Word::Parallel))));
    }

    #[test]
    fn the_sentence_concludes_only_from_cells_that_show_it() {
        if one_core() {
            return;
        }
        let concludes = |bench: &Bench<'_>| bench.shows(&bench.judge()).en.contains("due to the GIL");
        assert!(concludes(&measured(3, &[])));
        assert!(!concludes(&measured(3, &[Technique::Threads])), "threads that were not parallel show nothing");
    }

    #[test]
    fn a_busy_machine_hides_serial_work_but_not_parallel_work() {
        if one_core() {
            return;
        }
        let mut bench = measured(3, &[]);
        bench.foreign = Some(0.6);
        let judgement = bench.judge();
        let judged = |judge| judgement.find(ArticleRow::Parallelism, 0, judge).unwrap();
        assert_eq!(*judged(Judge::Rust), Ok(Agreement::Differs(Word::Parallel, Word::Parallel)));
        assert!(judged(Judge::RustGil).is_err());
        // Waiting that gains is proof; waiting that does not, while others use the cores, is none.
        let io = |bench: &Bench<'_>| bench.judge().find(ArticleRow::IoBound, 1, Judge::Rust).cloned().unwrap();
        assert_eq!(io(&bench), Ok(Agreement::Same(Word::VeryGood)));
        let tasks = bench.cells.iter_mut().find(|c| c.workload == Workload::Io && c.technique == Technique::Asyncio);
        tasks.unwrap().rate.fill(20.0);
        assert!(io(&bench).is_err());
        bench.foreign = Some(0.0);
        assert_eq!(io(&bench), Ok(Agreement::Differs(Word::Bad, Word::Bad)), "on an idle machine it is a finding");
        bench.foreign = Some(0.6);
        let verdicts = bench.verdicts(&judgement);
        let of = |verdict: &&Verdict, on: &str| verdict.on.en == on;
        let outcome = |on: &str| verdicts.iter().find(|verdict| of(verdict, on)).unwrap().outcome.clone();
        assert_eq!(outcome("Rust"), Outcome::Holds, "the verdict says the same as the cell");
        assert!(matches!(outcome("Rust + GIL"), Outcome::NotMeasured(_)));
    }

    #[test]
    fn what_was_measured_before_a_stop_is_reported() {
        let mut bench = measured(2, &[]);
        bench.stopped = true;
        // The last cells have a round less.
        for cell in bench.cells.iter_mut().filter(|c| c.technique == Technique::Processes) {
            cell.wall.pop();
            cell.rate.pop();
        }
        let report = bench.report(Budget::Usual);
        assert_eq!(report.exit_code, 130);
        assert_eq!(report.failures.len(), 1);
        assert!(report.measure("cpu.rust.threads.wall").unwrap().samples.len() == 2);
        assert!(report.measure("cpu.rust.processes.wall").unwrap().samples.len() == 1);
    }

    #[test]
    fn a_range_has_its_unit_once() {
        assert_eq!(short_range("754 ms", "767 ms"), "754–767 ms");
        assert_eq!(short_range("900 ms", "1.10 s"), "900 ms–1.10 s");
        assert_eq!(short_range("18", "20"), "18–20");
    }
}
