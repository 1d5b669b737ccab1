//! The project's main experiment: the article's table compared with measurements.

pub mod bench;
pub mod cell;
pub mod grade;
mod judge;
mod notes;
pub mod pictures;
pub mod plan;
pub mod units;
pub mod web;

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::CoresUsed;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Front, Measure, Report, Table, Unit};
use lab::stats;
use lab::{Result, text};

use bench::{Bench, CellSamples, Who, join};
use grade::{Agreement, ArticleRow, Word};
use plan::{Size, SizeOptions, Technique, Workload};

/// `cargo run --release -p compare`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let size = SizeOptions::declare(&mut options);
    let rounds = options.rounds(3);
    let about = text!("서버가 응답하기까지의 시간(초)", "seconds until the server answers");
    let delay = options.seconds("delay", 0.001..=5.0, 0.05, about);
    let about = text!("글의 표", "the article's table");
    Experiment::new("table", about, options, move |a| run(&size.get(a), a.get(delay), a.get(rounds), a.pythons()))
}

pub fn run(size: &Size, delay: Duration, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut bench = Bench::new(size, delay, pythons)?;
    let done = bench.measure(rounds)?;
    let mut report = Report::new("compare/table");
    report.measures = bench.measures();
    report.tables = Workload::ALL.iter().map(|workload| bench.workload_table(*workload)).collect();
    report.tables.push(bench.article_table());
    report.front = vec![Front::Table(report.tables.len() - 1)];
    report.verdicts = bench.verdicts();
    report.measures_in_tables = true;
    report.notes = bench.notes(done, rounds);
    report.shows = bench.shows();
    Ok(report)
}

impl Bench<'_> {
    fn measures(&self) -> Vec<Measure> {
        let mut measures = Vec::new();
        for c in self.cells.iter().filter(|c| !c.wall.is_empty()) {
            let id = format!("{}.{}.{}", c.workload.id(), self.id(c.who), c.technique.id());
            let name = join(&c.workload.name(), &self.name(c));
            let mut add = |what: &str, unit, samples: &[f64]| {
                if !samples.is_empty() {
                    measures.push(Measure::new(format!("{id}.{what}"), name.clone(), unit, samples.to_vec()));
                }
            };
            add("wall", Unit::Ns, &c.wall);
            add("rate", Unit::Count, &c.rate);
            add("memory", Unit::Bytes, &c.memory);
            add("cores", Unit::Times, &c.cores);
        }
        measures
    }

    fn workload_table(&self, workload: Workload) -> Table {
        let head = vec![
            text!("기법", "technique"),
            if workload == Workload::Io { text!("GET/초", "GETs/s") } else { text!("시간", "time") },
            text!("최소 – 최대", "min – max"),
            text!("속도", "speed"),
            text!("메모리/단위", "memory/unit"),
        ];
        // Rust first, then each Python: a reader compares techniques.
        let mut rows: Vec<&CellSamples> = self.cells.iter().filter(|c| c.workload == workload).collect();
        rows.sort_by_key(|c| match c.who {
            Who::Rust => 0,
            Who::Python(p) => p + 1,
        });
        Table { title: workload.name(), head, rows: rows.into_iter().map(|c| self.row(c)).collect() }
    }

    fn row(&self, c: &CellSamples) -> Vec<Text> {
        let mut row = vec![self.name(c)];
        let shown = |v: f64| if c.workload == Workload::Io { format!("{v:.0}") } else { unit::duration(v) };
        let values = if c.workload == Workload::Io { &c.rate } else { &c.wall };
        match (stats::median(values), stats::range(values)) {
            (Some(median), Some((least, most))) => {
                row.push(Text::same(shown(median)));
                row.push(Text::same(format!("{} – {}", shown(least), shown(most))));
                row.push(self.speed_up(c).map_or(Text::same("–"), unit::times));
                let memory = stats::median(&c.memory).map(|bytes| unit::value(bytes, Unit::Bytes));
                row.push(Text::same(memory.unwrap_or("–".into())));
            }
            _ => {
                row.push(text!("측정하지 않음", "not measured"));
                row.extend([Text::same("–"), Text::same("–"), Text::same("–")]);
            }
        }
        row
    }

    /// The columns of the article's table beside the measured ones.
    fn article_table(&self) -> Table {
        let mut head = vec![
            text!("구분", "row"),
            text!("기법", "technique"),
            text!("글", "article"),
            Text::same("Rust"),
            Text::same("Rust + GIL"),
        ];
        head.extend(self.pythons.iter().map(|p| Text::same(p.to_string())));
        let beside = |judged: Option<Agreement>| judged.map_or(Text::same("–"), Agreement::text);
        let mut rows = Vec::new();
        for (row, said, [free, gil]) in self.article_cells() {
            let mut cells = vec![row.name(), free.name(), said.text()];
            cells.push(beside(self.judged(row, said, Who::Rust, free)));
            cells.push(beside(self.judged(row, said, Who::Rust, gil)));
            cells.extend((0..self.pythons.len()).map(|p| beside(self.judged(row, said, Who::Python(p), free))));
            rows.push(cells);
        }
        Table {
            title: text!(
                "글의 표와 이 컴퓨터의 측정 결과",
                "the article's table, and what was measured on this machine"
            ),
            head,
            rows,
        }
    }

    fn verdicts(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        let all = std::iter::once(Who::Rust).chain((0..self.pythons.len()).map(Who::Python));
        for who in all {
            let gil = match who {
                Who::Python(p) => self.pythons[p].gil,
                Who::Rust => Some(false),
            };
            let cpu = |technique| {
                let cell = self.find(who, Workload::Cpu, technique);
                let median = |of: fn(&CellSamples) -> &Vec<f64>| cell.and_then(|c| stats::median(of(c)));
                let (cores, wall) = (median(|c| &c.cores), median(|c| &c.wall).unwrap_or_default());
                CoresUsed { cores, wall, foreign: self.foreign }
            };
            // A verdict says no more than the cell of the table.
            let steady = |technique, verdict: Verdict| match self.varies(who, technique) {
                true => {
                    let why = text!("회차끼리 어긋났습니다", "its rounds contradict each other");
                    Verdict::not_measured(&verdict.claim, verdict.on, why)
                }
                false => verdict,
            };
            let on = self.who(who);
            let mut push = |technique, judge: &dyn Fn(CoresUsed) -> Verdict| {
                verdicts.push(steady(technique, judge(cpu(technique))));
            };
            push(Technique::Threads, &|used| used.threads(gil, on.clone()));
            if who == Who::Rust {
                push(Technique::ThreadsGil, &|used| used.serial("threads-cpu-no-gain", "Rust + GIL"));
            }
            push(Technique::Asyncio, &|used| used.serial("asyncio-cpu-no-gain", on.clone()));
            push(Technique::Processes, &|used| used.parallel("processes-parallel", on.clone()));
        }
        verdicts.extend(self.row_verdicts());
        verdicts
    }

    fn shows(&self) -> Text {
        let agree = |who, gil: bool| {
            let judged = |(row, said, [free, under]): (ArticleRow, Word, [Technique; 2])| {
                self.judged(row, said, who, if gil { under } else { free })
            };
            let judged = self.article_cells().filter_map(judged).filter(|one| *one != Agreement::Varies);
            let differs: Vec<bool> = judged.map(|one| matches!(one, Agreement::Differs(_))).collect();
            format!("{}/{}", differs.iter().filter(|differs| !**differs).count(), differs.len())
        };
        let (free, gil) = (agree(Who::Rust, false), agree(Who::Rust, true));
        let pythons: Vec<String> =
            (0..self.pythons.len()).map(|p| format!("{} {}", self.pythons[p], agree(Who::Python(p), false))).collect();
        let pythons = if pythons.is_empty() { String::new() } else { format!(", {}", pythons.join(", ")) };
        let agreed = text!(
            "글과 어긋나지 않는 칸: Rust {free}, Rust + GIL {gil}{pythons}.",
            "Cells that do not contradict the article: Rust {free}, Rust + GIL {gil}{pythons}."
        );
        let threads = |technique| {
            self.judged(ArticleRow::Parallelism, ArticleRow::Parallelism.article()[0], Who::Rust, technique)
        };
        let seen = (threads(Technique::Threads), threads(Technique::ThreadsGil));
        if !matches!(seen, (Some(Agreement::Differs(_)), Some(Agreement::Same(_)))) {
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
    use lab::claims::Outcome;
    use lab::machine;

    use super::*;

    const SIZE: Size = Size { waiting: 100, gets: 2, jobs: 4, iterations: 1, copies: 1 };

    /// A bench in which threads and processes compute on two cores, all else on one; and everything waits well.
    fn measured<'a>(rounds: usize, slow: &[Technique]) -> Bench<'a> {
        let mut bench = Bench::new(&SIZE, Duration::from_millis(50), &[]).unwrap();
        for cell in &mut bench.cells {
            let parallel =
                matches!(cell.technique, Technique::Threads | Technique::Processes | Technique::ProcessesGil);
            let cores = if parallel && !slow.contains(&cell.technique) { 1.9 } else { 1.0 };
            let rate = match (cell.workload, cell.technique) {
                (Workload::Io, Technique::Sequence) => 20.0,
                (Workload::Io, _) => 1900.0,
                _ => cores,
            };
            (cell.wall, cell.rate) = (vec![1e9; rounds], vec![rate; rounds]);
            (cell.memory, cell.cores) = (vec![1000.0; rounds], vec![cores; rounds]);
        }
        bench.foreign = Some(0.0);
        bench
    }

    fn differing(bench: &Bench<'_>) -> usize {
        let rows = bench.article_table().rows;
        rows.iter().flatten().filter(|cell| cell.en.ends_with("(differs)")).count()
    }

    #[test]
    fn every_cell_that_differs_is_explained_below_the_table() {
        if machine::cores() < 2 {
            return println!("not measured: there is only one core");
        }
        let bench = measured(3, &[]);
        let whys = bench.differences();
        // In the column Rust the two of threads that compute, by the GIL; not those of waiting, by a boundary of ours.
        assert_eq!((differing(&bench), whys.len()), (2, 2), "{:?}", bench.article_table());
        assert!(whys.iter().all(|why| why.en.contains("no GIL")), "{whys:?}");
        assert!(bench.notes(3, 3).iter().filter(|note| whys.contains(note)).count() == 2, "the page has them");
        // Processes that do not compute in parallel: the GIL is no reason, and that is said too.
        let bench = measured(3, &[Technique::Processes]);
        let whys = bench.differences();
        assert_eq!((differing(&bench), whys.len()), (4, 4));
        assert_eq!(whys.iter().filter(|why| why.en.contains("does not explain it")).count(), 2, "{whys:?}");
    }

    #[test]
    fn one_round_against_the_others_decides_nothing() {
        if machine::cores() < 2 {
            return println!("not measured: there is only one core");
        }
        let mut bench = measured(3, &[]);
        let noisy = bench.cells.iter_mut().find(|c| c.workload == Workload::Cpu && c.technique == Technique::Processes);
        noisy.unwrap().cores[1] = 1.0;
        // The median is 1.9 still; the known-wrong table judged by it.
        let judged = |row| bench.judged(row, row.article()[2], Who::Rust, Technique::Processes);
        assert_eq!(judged(ArticleRow::Parallelism), Some(Agreement::Varies));
        assert_eq!(judged(ArticleRow::CpuBound), Some(Agreement::Varies));
        assert_eq!(differing(&bench), 2);
        let verdict = bench.verdicts().into_iter().find(|verdict| verdict.claim == "processes-parallel").unwrap();
        assert!(matches!(verdict.outcome, Outcome::NotMeasured(_)), "no verdict where the cell has none: {verdict:?}");
    }

    #[test]
    fn the_sentence_concludes_only_from_cells_that_show_it() {
        if machine::cores() < 2 {
            return println!("not measured: there is only one core");
        }
        let concludes = |bench: &Bench<'_>| bench.shows().en.contains("due to the GIL");
        assert!(concludes(&measured(3, &[])));
        assert!(!concludes(&measured(3, &[Technique::Threads])), "threads that were not parallel show nothing");
    }

    #[test]
    fn a_busy_machine_hides_serial_work_but_not_parallel_work() {
        if machine::cores() < 2 {
            return println!("not measured: there is only one core");
        }
        let mut bench = measured(3, &[]);
        bench.foreign = Some(0.6);
        let judged = |technique| bench.judged(ArticleRow::Parallelism, Word::NotParallel, Who::Rust, technique);
        assert_eq!(judged(Technique::Threads), Some(Agreement::Differs(Word::Parallel)));
        assert_eq!(judged(Technique::ThreadsGil), None);
        let outcome = |on: &str| bench.verdicts().into_iter().find(|verdict| verdict.on.en == on).unwrap().outcome;
        assert_eq!(outcome("Rust"), Outcome::Holds, "the verdict says the same as the cell");
        assert!(matches!(outcome("Rust + GIL"), Outcome::NotMeasured(_)));
    }
}
