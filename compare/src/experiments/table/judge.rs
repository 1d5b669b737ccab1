//! The article's words for the measured cells: those that the confidence interval leaves, and whether they agree with the article.

use gil_sim::interpreters;
use gil_sim::sim::Kind;
use lab::claims::Verdict;
use lab::cores_used::{self, CoresUsed, PARALLEL};
use lab::lang::Text;
use lab::machine;
use lab::stats;
use lab::{python, text};

use super::bench::Bench;
use super::grade::{self, Agreement, ArticleRow, UseCase, Word};
use super::plan::{Technique, Workload};
use super::samples::{CellSamples, Who};
use super::simulated;

/// The claims on whole rows.
const CLAIMS: [(ArticleRow, &str); 3] = [
    (ArticleRow::IoBound, "table-io-row"),
    (ArticleRow::CpuBound, "table-cpu-row"),
    (ArticleRow::GilEffect, "table-gil-row"),
];

/// The claims on the complexity of code, by column.
const COMPLEXITY: [&str; 3] = ["complexity-threads", "complexity-asyncio", "complexity-processes"];

/// Whose results stand side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    Rust,
    RustGil,
    /// The interpreter of this number.
    Python(usize),
    Simulator,
}

impl Judge {
    fn who(self) -> Option<Who> {
        match self {
            Judge::Rust | Judge::RustGil => Some(Who::Rust),
            Judge::Python(p) => Some(Who::Python(p)),
            Judge::Simulator => None,
        }
    }
}

/// The columns of the article's table.
pub const COLUMNS: [Technique; 3] = [Technique::Threads, Technique::Asyncio, Technique::Processes];
const WITH_GIL: [Technique; 3] = [Technique::ThreadsGil, Technique::AsyncioGil, Technique::ProcessesGil];

/// A cell of the article's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArticleCell {
    pub row: ArticleRow,
    pub column: usize,
    pub said: Word,
}

impl ArticleCell {
    /// All of them; a use case has one cell.
    pub fn all() -> Vec<ArticleCell> {
        let words =
            |row: ArticleRow| (0..3).map(move |column| ArticleCell { row, column, said: row.article()[column] });
        let cases = UseCase::ALL.into_iter().map(|(case, column)| {
            let row = ArticleRow::UseCase(case);
            ArticleCell { row, column, said: row.article()[column] }
        });
        ArticleRow::ALL.into_iter().flat_map(words).chain(cases).collect()
    }

    pub fn technique(self, judge: Judge) -> Technique {
        if judge == Judge::RustGil { WITH_GIL[self.column] } else { COLUMNS[self.column] }
    }

    fn workload(self, judge: Judge) -> Workload {
        match self.row {
            ArticleRow::IoBound => Workload::Io,
            ArticleRow::UseCase(case) => case.workload(matches!(judge, Judge::Python(_))),
            _ => Workload::Cpu,
        }
    }
}

/// What became of a cell; or why nothing did.
pub type Judged = Result<Agreement, Text>;

/// Every cell by every judge.
pub struct Judgement {
    pub judges: Vec<Judge>,
    pub cells: Vec<ArticleCell>,
    /// By cell, then by judge.
    pub of: Vec<Vec<Judged>>,
}

impl Judgement {
    /// Every cell with its judge and what became of it.
    pub fn all(&self) -> impl Iterator<Item = (ArticleCell, Judge, &Judged)> {
        self.cells
            .iter()
            .zip(&self.of)
            .flat_map(|(cell, row)| self.judges.iter().zip(row).map(move |(judge, judged)| (*cell, *judge, judged)))
    }

    pub fn by(&self, judge: Judge) -> impl Iterator<Item = (ArticleCell, &Judged)> {
        self.all().filter(move |(_, by, _)| *by == judge).map(|(cell, _, judged)| (cell, judged))
    }

    pub fn find(&self, row: ArticleRow, column: usize, judge: Judge) -> Option<&Judged> {
        self.by(judge).find(|(cell, _)| cell.row == row && cell.column == column).map(|(_, judged)| judged)
    }
}

fn not_measured() -> Text {
    text!("측정하지 않음", "not measured")
}

/// One cell that contradicts the article refutes the row; it holds if every cell has the article's word. Between very good, good and
/// fair the article draws no line, so that a cell on the other side of ours decides nothing.
fn row_verdict(claim: &str, on: Text, cells: &[(Technique, &Judged)]) -> Verdict {
    let named = |of: &dyn Fn(&Judged) -> Option<Text>| {
        let name = |(technique, judged): &(Technique, &Judged)| {
            let (technique, word) = (technique.name(), of(judged)?);
            Some(Text { ko: format!("{} {}", technique.ko, word.ko), en: format!("{} {}", technique.en, word.en) })
        };
        let names: Vec<Text> = cells.iter().filter_map(name).collect();
        let list = |lang: fn(&Text) -> &str| names.iter().map(lang).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| Text { ko: list(|text| &text.ko), en: list(|text| &text.en) })
    };
    let shown = |judged: &Judged| match judged {
        Ok(agreement) => Some(agreement.text()),
        Err(_) => Some(not_measured()),
    };
    let evidence = named(&shown).unwrap_or_default();
    if cells.iter().any(|(_, judged)| matches!(judged, Ok(Agreement::Differs(..)))) {
        return Verdict::seen(claim, on, false, evidence);
    }
    let undecided = |judged: &Judged| match judged {
        Ok(Agreement::Same(_)) => None,
        other => shown(other),
    };
    match named(&undecided) {
        Some(why) => Verdict::not_measured(claim, on, why),
        None => Verdict::seen(claim, on, true, evidence),
    }
}

impl Bench<'_> {
    pub fn judges(&self) -> Vec<Judge> {
        let pythons = (0..self.pythons.len()).map(Judge::Python);
        [Judge::Rust, Judge::RustGil].into_iter().chain(pythons).chain([Judge::Simulator]).collect()
    }

    pub fn judge_name(&self, judge: Judge) -> String {
        match judge {
            Judge::Rust => "Rust".to_owned(),
            Judge::RustGil => "Rust + GIL".to_owned(),
            Judge::Python(p) => self.who(Who::Python(p)),
            Judge::Simulator => "gil-sim".to_owned(),
        }
    }

    /// Judges every cell once.
    pub fn judge(&self) -> Judgement {
        let (judges, cells) = (self.judges(), ArticleCell::all());
        let row = |cell: &ArticleCell| judges.iter().map(|judge| self.judged(*cell, *judge)).collect();
        let of = cells.iter().map(row).collect();
        Judgement { judges, cells, of }
    }

    /// The cell by the measurements, or why it cannot be judged.
    pub fn judged(&self, cell: ArticleCell, judge: Judge) -> Judged {
        let one_core = || text!("코어가 하나뿐입니다", "there is only one core");
        if cell.row.needs_cores() && machine::cores() < 2 {
            return Err(one_core());
        }
        let Some(who) = judge.who() else {
            let word = self.simulated(cell)?;
            return Ok(Agreement::of(cell.said, (word, word)));
        };
        match cell.row {
            ArticleRow::Way => self.way(cell, who, judge),
            ArticleRow::Complexity => self.complexity(cell, who),
            _ => self.measured(cell, who, judge),
        }
    }

    fn way(&self, cell: ArticleCell, who: Who, judge: Judge) -> Judged {
        let alive = self.alive.get(&(who, cell.technique(judge).id())).copied();
        let word = grade::way(alive.ok_or_else(|| self.why_unobserved(who))?);
        Ok(Agreement::of(cell.said, (word, word)))
    }

    fn complexity(&self, cell: ArticleCell, who: Who) -> Judged {
        let total = |technique: Technique| self.counts.get(&(who, technique.id())).map(|counts| counts.total());
        let all: Option<Vec<usize>> = COLUMNS.into_iter().map(total).collect();
        let (Some(all), Some(sequence)) = (all, total(Technique::Sequence)) else {
            return Err(self.why_unobserved(who));
        };
        let least = all.iter().copied().min().unwrap_or_default();
        let word = grade::complexity(all[cell.column], sequence, least);
        Ok(Agreement::of(cell.said, (word, word)))
    }

    fn why_unobserved(&self, who: Who) -> Text {
        let found = self.unobserved.iter().find(|(of, _)| *of == who);
        found.map_or_else(not_measured, |(_, why)| why.clone())
    }

    fn measured(&self, cell: ArticleCell, who: Who, judge: Judge) -> Judged {
        let (workload, technique) = (cell.workload(judge), cell.technique(judge));
        if cell.row == ArticleRow::GilEffect {
            self.gil_to_look_at(cell, judge)?;
        }
        let Some(samples) = self.find(who, workload, technique) else {
            let planned = self.planned(who, workload, technique);
            return Err(planned.and_then(|c| c.missing.clone()).unwrap_or_else(not_measured));
        };
        let word = |(drawn, times): (Vec<usize>, usize)| Some((self.word(cell, who, judge, &drawn)?, times));
        let words: Option<Vec<_>> = stats::resamples(samples.wall.len()).into_iter().map(word).collect();
        let ends = words.and_then(|words| stats::middle(words, |a, b| (*a as u8).cmp(&(*b as u8))));
        let Some(ends) = ends else { return Err(not_measured()) };
        // If other programs use the cores, serial work proves nothing; work on more than one core is parallel all the same.
        // Units that wait need little of the cores; that they gain is proof as well, and that they do not is none.
        let waits_well = cell.row == ArticleRow::IoBound && ends.0 != Word::Bad && ends.1 != Word::Bad;
        let is_certain = waits_well || ends == (Word::Parallel, Word::Parallel);
        if cores_used::too_busy(self.foreign_in(samples)).is_some() && !is_certain {
            return Err(busy());
        }
        Ok(Agreement::of(cell.said, ends))
    }

    /// Why the effect of a GIL cannot be seen, if so.
    fn gil_to_look_at(&self, cell: ArticleCell, judge: Judge) -> Result<(), Text> {
        match judge {
            Judge::Rust => Err(no_gil()),
            Judge::Python(p) if self.pythons[p].gil == Some(false) => Err(no_gil()),
            Judge::Python(p) if self.pythons[p].gil.is_none() => Err(python::unknown_gil()),
            Judge::Python(p) if cell.column == 0 => {
                let native = self.find(Who::Python(p), Workload::Native, Technique::Threads);
                let serial = native.filter(|c| stats::median(&c.cores).is_some_and(|cores| cores <= PARALLEL));
                match serial.map(|c| cores_used::too_busy(self.foreign_in(c))) {
                    Some(Some(_)) => Err(busy()),
                    Some(None) => Err(text!(
                        "GIL을 놓는 네이티브 코드도 병렬로 실행되지 않아 비교할 수 없습니다",
                        "native code that should release the GIL was not parallel either, so nothing can be compared"
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// The median of the drawn rounds.
    fn median(
        &self,
        (who, workload, technique): (Who, Workload, Technique),
        of: fn(&CellSamples) -> &Vec<f64>,
        drawn: &[usize],
    ) -> Option<f64> {
        let samples = of(self.find(who, workload, technique)?);
        let drawn: Vec<f64> = drawn.iter().filter_map(|round| samples.get(*round).copied()).collect();
        stats::median(&drawn)
    }

    /// The word by the medians of these rounds.
    fn word(&self, cell: ArticleCell, who: Who, judge: Judge, drawn: &[usize]) -> Option<Word> {
        let (workload, technique) = (cell.workload(judge), cell.technique(judge));
        let cores = |workload, technique| self.median((who, workload, technique), |c| &c.cores, drawn);
        let rate = |workload, technique| self.median((who, workload, technique), |c| &c.rate, drawn);
        let speed_up = || Some(rate(workload, technique)? / rate(workload.baseline(), Technique::Sequence)?);
        Some(match cell.row {
            ArticleRow::Parallelism => grade::parallelism(cores(workload, technique)?),
            ArticleRow::GilEffect => {
                // Rust without the GIL; Python where native code releases it.
                let without = if who == Who::Rust { Workload::Cpu } else { Workload::Native };
                grade::gil_effect(cores(without, COLUMNS[cell.column])?, cores(workload, technique)?)
            }
            ArticleRow::IoBound => {
                let ideal = self.size.waiting as f64 / self.delay.as_secs_f64();
                let memory = self.median((who, workload, technique), |c| &c.memory, drawn);
                grade::io_bound(rate(workload, technique)? / ideal, speed_up()?, memory)
            }
            ArticleRow::CpuBound => grade::cpu_bound(speed_up()?, cores(workload, technique)?, self.usable_cores()),
            ArticleRow::UseCase(_) => {
                let all = if judge == Judge::RustGil { WITH_GIL } else { COLUMNS };
                let best = all.into_iter().filter_map(|technique| rate(workload, technique)).fold(0.0, f64::max);
                let mine = rate(workload, technique)?;
                grade::use_case(mine, mine / speed_up()?, best)
            }
            ArticleRow::Way | ArticleRow::Complexity => return None,
        })
    }

    /// Cores that the units of the loop can keep busy.
    fn usable_cores(&self) -> usize {
        machine::cores().min(self.size.jobs)
    }

    /// The lock that is simulated: that of the first CPython with a GIL, else the newest.
    fn simulated_lock(&self) -> Kind {
        let known = self.pythons.iter().filter(|python| python.gil == Some(true));
        known.filter_map(|python| interpreters::lock_of(python).ok()).next().unwrap_or(Kind::Addressed)
    }

    fn simulated(&self, cell: ArticleCell) -> Result<Word, Text> {
        let of = |kind| simulated::cores(kind, COLUMNS[cell.column], self.size.jobs);
        let cores = of(self.simulated_lock());
        match cell.row {
            ArticleRow::Parallelism => Ok(grade::parallelism(cores)),
            ArticleRow::GilEffect => Ok(grade::gil_effect(of(Kind::Free), cores)),
            ArticleRow::CpuBound => Ok(grade::cpu_bound(cores, cores, self.usable_cores())),
            _ => Err(text!("시뮬레이터는 계산하는 행만 시뮬레이션합니다", "only the rows on computing are simulated")),
        }
    }

    /// A verdict on each row of words, on each program of the complexity, and on parallelism; on everything that ran.
    pub fn verdicts(&self, judgement: &Judgement) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for judge in self.judges() {
            self.core_verdicts(judgement, judge, &mut verdicts);
        }
        for judge in self.judges().into_iter().filter(|judge| *judge != Judge::Simulator) {
            let on = || Text::same(self.judge_name(judge));
            for (row, claim) in CLAIMS {
                // The effect of the GIL is a question only where there is one.
                if row == ArticleRow::GilEffect && self.has_gil(judge) == Some(false) {
                    continue;
                }
                let cells = judgement.by(judge).filter(|(cell, _)| cell.row == row);
                let cells: Vec<_> = cells.map(|(cell, judged)| (cell.technique(judge), judged)).collect();
                verdicts.push(row_verdict(claim, on(), &cells));
            }
            // Under a GIL the programs are the same.
            for (column, claim) in COMPLEXITY.into_iter().enumerate().filter(|_| judge != Judge::RustGil) {
                if let Some(judged) = judgement.find(ArticleRow::Complexity, column, judge) {
                    verdicts.push(row_verdict(claim, on(), &[(COLUMNS[column], judged)]));
                }
            }
        }
        verdicts
    }

    /// Verdicts by the cores that the loop kept busy.
    fn core_verdicts(&self, judgement: &Judgement, judge: Judge, verdicts: &mut Vec<Verdict>) {
        let Some(who) = judge.who() else { return };
        for (column, technique) in COLUMNS.into_iter().enumerate() {
            let technique = if judge == Judge::RustGil { Technique::ThreadsGil } else { technique };
            if judge == Judge::RustGil && column > 0 {
                return; // the verdicts on the others are those of Rust
            }
            let cell = self.find(who, Workload::Cpu, technique);
            let median = |of: fn(&CellSamples) -> &Vec<f64>| cell.and_then(|c| stats::median(of(c)));
            let (cores, wall) = (median(|c| &c.cores), median(|c| &c.wall).unwrap_or_default());
            let used = CoresUsed { cores, wall, foreign: cell.and_then(|c| self.foreign_in(c)).or(self.foreign) };
            let on = self.judge_name(judge);
            let verdict = match column {
                0 if judge == Judge::RustGil => used.serial("threads-cpu-no-gain", on),
                0 => used.threads(self.has_gil(judge), on),
                1 => used.serial("asyncio-cpu-no-gain", on),
                _ => used.parallel("processes-parallel", on),
            };
            // A verdict says no more than the cell of the table.
            verdicts.push(match judgement.find(ArticleRow::Parallelism, column, judge) {
                Some(Ok(between @ Agreement::Between(..))) => {
                    Verdict::not_measured(&verdict.claim, verdict.on, between.text())
                }
                Some(Err(why)) if cell.is_none() => Verdict::not_measured(&verdict.claim, verdict.on, why.clone()),
                _ => verdict,
            });
        }
    }

    /// Whether the judge runs under a GIL; `None` if that is not known.
    pub fn has_gil(&self, judge: Judge) -> Option<bool> {
        match judge {
            Judge::Rust => Some(false),
            Judge::RustGil | Judge::Simulator => Some(true),
            Judge::Python(p) => self.pythons[p].gil,
        }
    }
}

/// Without the share, which differs from cell to cell, so that one line says it for all cells of a judge.
fn busy() -> Text {
    text!(
        "다른 프로그램이 컴퓨터의 4분의 1 넘게 쓰고 있었습니다(원자료 표의 '타 작업')",
        "other programs used more than a quarter of the machine (column 'others' of the figures)"
    )
}

/// Why the effect of a GIL is not to be seen.
pub fn no_gil() -> Text {
    text!("GIL이 없습니다", "it has no GIL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn one_cell_that_differs_refutes_its_row_and_a_boundary_of_ours_decides_nothing() {
        use Agreement::{Between, Boundary, Differs, Same};
        let outcome = |third: Judged| {
            let same = Ok(Same(Word::Good));
            let cells = [(Technique::Threads, &same), (Technique::Asyncio, &same), (Technique::Processes, &third)];
            row_verdict("x", Text::same("Rust"), &cells).outcome
        };
        assert_eq!(outcome(Ok(Same(Word::Fair))), Outcome::Holds);
        assert_eq!(outcome(Ok(Differs(Word::Bad, Word::Bad))), Outcome::DoesNotHold);
        for undecided in [Err(not_measured()), Ok(Between(Word::Good, Word::Bad)), Ok(Boundary(Word::Good, Word::Good))]
        {
            assert!(matches!(outcome(undecided.clone()), Outcome::NotMeasured(_)), "{undecided:?}");
        }
    }

    #[test]
    fn every_cell_of_the_article_is_there() {
        let cells = ArticleCell::all();
        assert_eq!(cells.len(), 6 * 3 + 6, "six rows of three words, and two use cases for each technique");
        assert!((0..3).all(|column| cells.iter().filter(|cell| cell.column == column).count() == 8));
    }
}
