//! Totals over all calls: how the calls ended, and their latencies.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Table, Unit};
use lab::text;

use super::answered::Answered;
use super::workers::Record;

/// Upper bound of the histogram in µs; longer latencies count as this.
const LONGEST: u64 = 3_600_000_000;
/// Rows of the histogram.
const ROWS: u64 = 8;
/// Width of the longest bar, in columns.
const BAR: f64 = 24.0;

/// Totals, updated with every record. The records themselves are not kept.
#[derive(Debug)]
pub struct Summary {
    /// Number of calls by how they ended: `ok`, or the name of a failure.
    pub ends: BTreeMap<&'static str, usize>,
    /// Number of calls by the status of their last response, if there was one.
    pub statuses: BTreeMap<u16, usize>,
    /// Number of retries in all calls.
    pub retries: usize,
    /// The waits of the successful calls.
    pub answered: Answered,
    /// Latencies of the successful calls, in µs.
    latency: Histogram<u64>,
}

impl Default for Summary {
    fn default() -> Summary {
        let latency = Histogram::new_with_bounds(1, LONGEST, 3).expect("the constant bounds are valid");
        Summary { ends: BTreeMap::new(), statuses: BTreeMap::new(), retries: 0, answered: Answered::default(), latency }
    }
}

impl Summary {
    /// Adds the record of a call.
    pub fn add(&mut self, record: &Record) {
        let end = match &record.outcome {
            Ok(_) => "ok",
            Err(failure) => failure.name(),
        };
        *self.ends.entry(end).or_default() += 1;
        self.retries += record.attempts.saturating_sub(1) as usize;
        let status = match &record.outcome {
            Ok(fetched) => Some(fetched.status),
            Err(failure) => failure.status(),
        };
        if let Some(status) = status {
            *self.statuses.entry(status).or_default() += 1;
        }
        if let Ok(fetched) = &record.outcome {
            self.latency.saturating_record(record.took / 1000);
            self.answered.add(fetched.waited);
        }
    }

    /// Number of successful calls.
    pub fn ok(&self) -> usize {
        self.ends.get("ok").copied().unwrap_or(0)
    }

    /// Number of calls that have ended, in any way.
    pub fn ended(&self) -> usize {
        self.ends.values().sum()
    }

    /// A quantile of the latency, in ns.
    pub fn quantile(&self, part: f64) -> f64 {
        self.latency.value_at_quantile(part) as f64 * 1e3
    }

    /// Counts and quantiles; without quantiles if no call succeeded.
    pub fn measures(&self) -> Vec<Measure> {
        let count = |(end, n): (&&'static str, &usize)| {
            let name = text!("끝남: {end}", "ended: {end}");
            Measure::new(format!("ended.{}", end.replace(' ', "-")), name, Unit::Count, vec![*n as f64])
        };
        let mut measures: Vec<Measure> = self.ends.iter().map(count).collect();
        let status = |(status, n): (&u16, &usize)| {
            let name = text!("상태 코드 {status}", "status {status}");
            Measure::new(format!("status.{status}"), name, Unit::Count, vec![*n as f64])
        };
        measures.extend(self.statuses.iter().map(status));
        let retries = vec![self.retries as f64];
        measures.push(Measure::new("retries", text!("재시도", "retries"), Unit::Count, retries));
        if self.ok() > 0 {
            measures.extend([("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)].map(
                |(p, part)| {
                    let name = text!("지연 시간 {p}", "latency {p}");
                    Measure::new(format!("latency.{p}"), name, Unit::Ns, vec![self.quantile(part)])
                },
            ));
        }
        measures
    }

    /// The histogram as bars: equal steps from the minimum to the 99th percentile, and one row for what is above it.
    pub fn table(&self) -> Option<Table> {
        let (least, p99) = (self.latency.min(), self.latency.value_at_quantile(0.99));
        if self.latency.is_empty() {
            return None;
        }
        let step = (p99 - least) / ROWS + 1;
        // Not `count_between`: it counts a value twice if its bucket lies across two rows.
        let mut rows: Vec<(u64, u64)> = (0..=ROWS).map(|n| (least + n * step, 0)).collect();
        for value in self.latency.iter_recorded() {
            let row = (value.value_iterated_to().saturating_sub(least) / step).min(ROWS);
            rows[row as usize].1 += value.count_at_value();
        }
        let most = rows.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
        let cells = rows.iter().map(|&(from, n)| {
            let bar = "█".repeat((n as f64 / most as f64 * BAR).ceil() as usize);
            [unit::duration(from as f64 * 1e3), n.to_string(), bar].map(Text::same).to_vec()
        });
        Some(Table {
            title: text!("지연 시간(성공한 호출)", "latency (successful calls)"),
            head: vec![text!("구간 시작", "from"), text!("호출 수", "calls"), Text::default()],
            rows: cells.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_latency_is_in_one_row() {
        let mut summary = Summary::default();
        // The values are large, so the histogram's buckets are wide, and some of them lie across two rows.
        (0..1000u64).for_each(|n| summary.latency.saturating_record(50_000 + 37 * n + n * n % 911));
        let table = summary.table().expect("something was recorded");
        let counted: u64 = table.rows.iter().map(|row| row[1].en.parse::<u64>().expect("a number")).sum();
        assert_eq!(counted, 1000);
    }
}
