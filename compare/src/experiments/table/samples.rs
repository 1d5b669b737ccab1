//! The cells that are measured, and their samples.

use std::time::Duration;

use lab::lang::Text;
use lab::machine::Watched;
use lab::report::{Measure, Report};

use super::plan::{Technique, Workload};

/// Who did the work: Rust, or one of the Pythons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Rust,
    /// The interpreter of this number.
    Python(usize),
}

/// All samples of one cell, one for each round.
pub struct CellSamples {
    pub who: Who,
    pub workload: Workload,
    pub technique: Technique,
    /// Wall time, in ns.
    pub wall: Vec<f64>,
    /// Operations per second: GETs, iterations or pictures.
    pub rate: Vec<f64>,
    /// Memory per unit, in bytes.
    pub memory: Vec<f64>,
    /// Busy cores on average.
    pub cores: Vec<f64>,
    /// The share of the machine that other programs used meanwhile, of the rounds long enough to tell.
    pub others: Vec<f64>,
    /// The same, all rounds together.
    pub(super) watched: Watched,
    /// How long the last round of it took, with starting its process.
    pub(super) cost: Duration,
    /// Why the cell was not measured.
    pub missing: Option<Text>,
}

/// All cells, in the order in which a round measures them: what is compared is measured one after the other.
pub(super) fn cells(pythons: usize) -> Vec<CellSamples> {
    let mut cells = Vec::new();
    for workload in Workload::ALL {
        for technique in Technique::ALL {
            let rust = workload.in_rust().contains(&technique).then_some(Who::Rust);
            let in_python = workload.in_python().contains(&technique);
            let python = (0..pythons).map(Who::Python).filter(|_| in_python);
            cells.extend(rust.into_iter().chain(python).map(|who| CellSamples::new(who, workload, technique)));
        }
    }
    cells
}

impl CellSamples {
    fn new(who: Who, workload: Workload, technique: Technique) -> CellSamples {
        CellSamples {
            who,
            workload,
            technique,
            wall: Vec::new(),
            rate: Vec::new(),
            memory: Vec::new(),
            cores: Vec::new(),
            others: Vec::new(),
            watched: Watched::default(),
            cost: Duration::ZERO,
            missing: None,
        }
    }

    /// Drops earlier rounds too: they may not have done the same work either.
    pub(super) fn give_up(&mut self, why: Text) {
        let all = [&mut self.wall, &mut self.rate, &mut self.memory, &mut self.cores, &mut self.others];
        all.into_iter().for_each(Vec::clear);
        self.missing = Some(why);
    }

    pub(super) fn add(&mut self, report: &Report) {
        let to = [
            ("wall", &mut self.wall),
            ("rate", &mut self.rate),
            ("memory", &mut self.memory),
            ("cores", &mut self.cores),
        ];
        for (id, samples) in to {
            samples.extend(report.measure(id).map(Measure::median));
        }
    }
}
