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
mod measures;
mod notes;
pub mod pictures;
pub mod plan;
mod prepare;
pub mod samples;
mod serve;
mod simulated;
mod tables;
pub mod units;
pub mod web;

use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Front, Report};
use lab::{Result, text};

use crate::{ctrl_c, questions};

use bench::Bench;
use budget::Budget;
use grade::{Agreement, ArticleRow};
use judge::{Judge, Judgement};
use plan::{Size, SizeOptions, Workload};

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

#[cfg(test)]
mod tests {
    use lab::claims::{Outcome, Verdict};
    use lab::machine;

    use super::judge::ArticleCell;
    use super::plan::Technique;
    use super::samples::Who;
    use super::tables::short_range;
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
