//! The article's words for the measured cells: a word for each round, and whether they agree with the article.

use lab::claims::Verdict;
use lab::cores_used;
use lab::lang::Text;
use lab::machine;
use lab::text;

use super::bench::{Bench, Who};
use super::grade::{self, Agreement, ArticleRow, Word};
use super::plan::{Technique, Workload};

/// The claims on whole rows.
const CLAIMS: [(ArticleRow, &str); 3] = [
    (ArticleRow::IoBound, "table-io-row"),
    (ArticleRow::CpuBound, "table-cpu-row"),
    (ArticleRow::GilEffect, "table-gil-row"),
];

/// One cell that contradicts the article refutes the row; it holds if every cell has the article's word. Between very good, good and
/// fair the article draws no line, so that a cell on the other side of ours decides nothing.
fn row_verdict(claim: &str, on: Text, cells: &[(Technique, Option<Agreement>)]) -> Verdict {
    let named = |of: &dyn Fn(Option<Agreement>) -> Option<Text>| {
        let name = |(technique, judged): &(Technique, Option<Agreement>)| {
            let (technique, word) = (technique.name(), of(*judged)?);
            Some(Text { ko: format!("{} {}", technique.ko, word.ko), en: format!("{} {}", technique.en, word.en) })
        };
        let names: Vec<Text> = cells.iter().filter_map(name).collect();
        let list = |lang: fn(&Text) -> &str| names.iter().map(lang).collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| Text { ko: list(|text| &text.ko), en: list(|text| &text.en) })
    };
    let missing = || text!("측정하지 않음", "not measured");
    let shown = |judged: Option<Agreement>| Some(judged.map_or_else(missing, Agreement::text));
    let evidence = named(&shown).unwrap_or_default();
    if cells.iter().any(|(_, judged)| matches!(judged, Some(Agreement::Differs(_)))) {
        return Verdict::seen(claim, on, false, evidence);
    }
    let undecided = |judged: Option<Agreement>| match judged {
        Some(Agreement::Same(_)) => None,
        other => shown(other),
    };
    match named(&undecided) {
        Some(why) => Verdict::not_measured(claim, on, why),
        None => Verdict::seen(claim, on, true, evidence),
    }
}

impl Bench<'_> {
    /// The cell by the measurements; `None` if they are missing or cannot decide.
    pub(super) fn judged(&self, row: ArticleRow, said: Word, who: Who, technique: Technique) -> Option<Agreement> {
        if row != ArticleRow::IoBound && machine::cores() < 2 {
            return None;
        }
        let workload = if row == ArticleRow::IoBound { Workload::Io } else { Workload::Cpu };
        let rounds = self.find(who, workload, technique)?.wall.len();
        let words = (0..rounds).map(|round| self.word(row, who, technique, round));
        let words = words.collect::<Option<Vec<Word>>>()?;
        // If other programs use the cores, serial work proves nothing; work on more than one core is parallel all the same.
        let is_certain = row == ArticleRow::IoBound || words.iter().all(|word| *word == Word::Parallel);
        if self.too_busy() && !is_certain {
            return None;
        }
        Agreement::of(said, &words)
    }

    /// Whether its rounds contradict each other on how many cores were busy.
    pub(super) fn varies(&self, who: Who, technique: Technique) -> bool {
        self.judged(ArticleRow::Parallelism, Word::Parallel, who, technique) == Some(Agreement::Varies)
    }

    /// Its word by one round.
    fn word(&self, row: ArticleRow, who: Who, technique: Technique, round: usize) -> Option<Word> {
        let cores = |technique| self.find(who, Workload::Cpu, technique)?.cores.get(round).copied();
        match row {
            ArticleRow::Parallelism => Some(grade::parallelism(cores(technique)?)),
            ArticleRow::GilEffect => {
                let free = match technique {
                    Technique::ThreadsGil => Technique::Threads,
                    Technique::AsyncioGil => Technique::Asyncio,
                    Technique::ProcessesGil => Technique::Processes,
                    _ => return None,
                };
                Some(grade::gil_effect(cores(free)?, cores(technique)?))
            }
            ArticleRow::IoBound => {
                let cell = self.find(who, Workload::Io, technique)?;
                let ideal = self.size.waiting as f64 / self.delay.as_secs_f64();
                let (rate, memory) = (cell.rate.get(round)?, cell.memory.get(round));
                Some(grade::io_bound(rate / ideal, self.speed_up_in(cell, round)?, memory.copied()))
            }
            ArticleRow::CpuBound => {
                let cell = self.find(who, Workload::Cpu, technique)?;
                Some(grade::cpu_bound(self.speed_up_in(cell, round)?, cores(technique)?, machine::cores()))
            }
        }
    }

    /// All cells of the article's table: the row, its word, and each column with its technique.
    pub(super) fn article_cells(&self) -> impl Iterator<Item = (ArticleRow, Word, [Technique; 2])> {
        const FREE: [Technique; 3] = [Technique::Threads, Technique::Asyncio, Technique::Processes];
        const GIL: [Technique; 3] = [Technique::ThreadsGil, Technique::AsyncioGil, Technique::ProcessesGil];
        let cells = |row: ArticleRow| (0..3).map(move |n| (row, row.article()[n], [FREE[n], GIL[n]]));
        ArticleRow::ALL.into_iter().flat_map(cells)
    }

    /// A verdict on each row of words, and on everything that ran it. The row of parallelism has its own claims.
    pub(super) fn row_verdicts(&self) -> Vec<Verdict> {
        let mut all: Vec<(Who, bool)> = vec![(Who::Rust, false), (Who::Rust, true)];
        all.extend((0..self.pythons.len()).map(|p| (Who::Python(p), false)));
        let claimed = |(who, gil): (Who, bool)| {
            CLAIMS.into_iter().filter_map(move |(row, claim)| {
                let cells = self.article_cells().filter(|(of, ..)| *of == row);
                let judged = cells.map(|(row, said, [free, under])| {
                    let technique = if gil { under } else { free };
                    (technique, self.judged(row, said, who, technique))
                });
                let on = if gil { Text::same("Rust + GIL") } else { Text::same(self.who(who)) };
                // The effect of the GIL is seen where one can be put around the program, and taken away.
                (row != ArticleRow::GilEffect || gil).then(|| row_verdict(claim, on, &judged.collect::<Vec<_>>()))
            })
        };
        all.into_iter().flat_map(claimed).collect()
    }

    pub(super) fn too_busy(&self) -> bool {
        cores_used::too_busy(self.foreign).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims::Outcome;

    #[test]
    fn one_cell_that_differs_refutes_its_row_and_a_boundary_of_ours_decides_nothing() {
        use Agreement::{Boundary, Differs, Same, Varies};
        let outcome = |third: Option<Agreement>| {
            let same = Some(Same(Word::Good));
            let cells = [(Technique::Threads, same), (Technique::Asyncio, same), (Technique::Processes, third)];
            row_verdict("x", Text::same("Rust"), &cells).outcome
        };
        assert_eq!(outcome(Some(Same(Word::Fair))), Outcome::Holds);
        assert_eq!(outcome(Some(Differs(Word::Bad))), Outcome::DoesNotHold);
        for undecided in [None, Some(Varies), Some(Boundary(Word::Good, Word::Good))] {
            assert!(matches!(outcome(undecided), Outcome::NotMeasured(_)), "{undecided:?}");
        }
    }
}
