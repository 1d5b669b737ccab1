//! What was measured, as the report and its JSON have it: medians with their intervals, what was alive, what was counted.

use lab::lang::Text;
use lab::report::{Measure, Unit};
use lab::{stats, text};

use super::bench::{Bench, join};

impl Bench<'_> {
    pub(super) fn measures(&self) -> Vec<Measure> {
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
}
