//! The article's words for the measured cells: a word for each round, and whether they agree with the article.

use lab::cores_used;
use lab::machine;

use super::bench::{Bench, Who};
use super::grade::{self, Agreement, ArticleRow, Word};
use super::plan::{Technique, Workload};

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

    pub(super) fn too_busy(&self) -> bool {
        cores_used::too_busy(self.foreign).is_some()
    }
}
