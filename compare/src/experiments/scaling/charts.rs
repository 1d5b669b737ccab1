//! The curves as charts and tables, each with its limits.

use gil_sim::interpreters;
use gil_sim::sim::Kind;
use lab::lang::Text;
use lab::report::{Chart, Curve, Table, Unit};
use lab::stats;
use lab::text;

use super::limits::{amdahl, predicted};
use super::plan::{Over, Technique, Work};
use super::rounds::{Measured, Rounds, Who};

impl Rounds<'_> {
    /// The two of the first screen, then one for each kind of work, axis, and who does it.
    pub(super) fn charts(&self) -> Vec<Chart> {
        let mut charts = vec![self.cpu_of_all(), self.waiting_of_all()];
        for work in Work::ALL {
            for over in Over::ALL {
                charts.extend(self.everybody().map(|who| self.chart_of(who, work, over)));
            }
        }
        charts
    }

    /// The counting loop over workers: threads of all, processes of Rust and of a Python.
    fn cpu_of_all(&self) -> Chart {
        let of = |who, technique| self.curve(who, Work::Cpu, Over::Workers, technique);
        let mut curves = vec![of(Who::Rust, Technique::Threads), of(Who::RustGil, Technique::Threads)];
        curves.extend(self.first_python().map(|who| of(who, Technique::Threads)));
        curves.push(of(Who::Rust, Technique::Processes));
        curves.extend(self.first_python().map(|who| of(who, Technique::Processes)));
        curves.push(self.amdahl(Who::Rust, Technique::Threads));
        curves.push(Some(self.gil()));
        let title = text!(
            "CPU 바운드: 워커 수에 따른 처리량(워커 하나 = 1×)",
            "CPU-bound: throughput (1 worker = 1×) over workers"
        );
        chart(title, Unit::Times, curves.into_iter().flatten())
    }

    /// Waiting over tasks: threads and asyncio of Rust and of a Python, processes of Rust.
    fn waiting_of_all(&self) -> Chart {
        let of = |who, technique| self.curve(who, Work::Waiting, Over::Tasks, technique);
        let whos: Vec<Who> = [Who::Rust].into_iter().chain(self.first_python()).collect();
        let pairs = whos.iter().flat_map(|who| [Technique::Threads, Technique::Asyncio].map(|by| of(*who, by)));
        let mut curves: Vec<Option<Curve>> = pairs.collect();
        curves.push(of(Who::Rust, Technique::Processes));
        curves.extend(self.waiting_limits(Over::Tasks).map(Some));
        let title = text!("기다림: 작업 수에 따른 초당 작업 수", "waiting: tasks per second over tasks");
        chart(title, Unit::Count, curves.into_iter().flatten())
    }

    fn first_python(&self) -> Option<Who> {
        (!self.pythons.is_empty()).then_some(Who::Python(0))
    }

    fn chart_of(&self, who: Who, work: Work, over: Over) -> Chart {
        let measured = Technique::ALL.into_iter().filter_map(|technique| {
            let curve = self.find(who, work, over, technique)?;
            Some(Curve::measured(technique.name(), points(curve)))
        });
        let limits: Vec<Curve> = match (work, over) {
            (Work::Cpu, Over::Workers) => self.speed_limits(who),
            (Work::Cpu, Over::Tasks) => self.rate_limits(who),
            (Work::Waiting, _) => self.waiting_limits(over).to_vec(),
        };
        let unit = if (work, over) == (Work::Cpu, Over::Workers) { Unit::Times } else { Unit::Count };
        chart(self.title(who, work, over), unit, measured.chain(limits))
    }

    fn title(&self, who: Who, work: Work, over: Over) -> Text {
        let who = self.who(who);
        match (work, over) {
            (Work::Cpu, Over::Workers) => text!(
                "{who}, CPU 바운드: 워커 수에 따른 처리량(워커 하나 = 1×)",
                "{who}, CPU-bound: throughput (1 worker = 1×) over workers"
            ),
            (Work::Cpu, Over::Tasks) => {
                text!("{who}, CPU 바운드: 작업 수에 따른 초당 작업 수", "{who}, CPU-bound: tasks per second over tasks")
            }
            (Work::Waiting, Over::Workers) => {
                text!("{who}, 기다림: 워커 수에 따른 초당 횟수", "{who}, waiting: waits per second over workers")
            }
            (Work::Waiting, Over::Tasks) => {
                text!("{who}, 기다림: 작업 수에 따른 초당 작업 수", "{who}, waiting: tasks per second over tasks")
            }
        }
    }

    fn curve(&self, who: Who, work: Work, over: Over, technique: Technique) -> Option<Curve> {
        let curve = self.find(who, work, over, technique)?;
        Some(Curve::measured(self.name(curve), points(curve)))
    }

    /// Of the counting loop over workers: Amdahl's law where work is parallel, and the GIL where threads are not.
    fn speed_limits(&self, who: Who) -> Vec<Curve> {
        let mut limits = Vec::new();
        let gil = self.has_gil(who);
        if gil == Some(false) {
            limits.extend(self.amdahl(who, Technique::Threads));
        }
        limits.extend(self.amdahl(who, Technique::Processes));
        if gil != Some(false) {
            limits.push(self.gil());
            limits.extend(self.predicted(who));
        }
        limits
    }

    /// At every point of the workers' axis.
    fn along(&self, of: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
        self.size.points(Over::Workers, self.cores).into_iter().map(|n| (n as f64, of(n))).collect()
    }

    fn amdahl(&self, who: Who, technique: Technique) -> Option<Curve> {
        let serial = stats::median(&self.find(who, Work::Cpu, Over::Workers, technique)?.serial())?;
        let (percent, Text { ko, en }) = (serial * 100.0, technique.name());
        let name = text!("암달의 법칙, {ko} (직렬 {percent:.1} %)", "Amdahl's law, {en} (serial {percent:.1} %)");
        Some(Curve::computed(name, self.along(|n| amdahl(serial, n, self.cores))))
    }

    fn gil(&self) -> Curve {
        Curve::computed(text!("GIL의 한계", "limit of the GIL"), self.along(|_| 1.0))
    }

    /// What the simulator predicts for the threads of somebody whose lock it knows.
    fn predicted(&self, who: Who) -> Option<Curve> {
        let kind = match who {
            Who::Rust => return None,
            Who::RustGil => Kind::Shared,
            Who::Python(p) => interpreters::lock_of(&self.pythons[p]).ok()?,
        };
        let job = self.find(who, Work::Cpu, Over::Workers, Technique::Threads)?.busy(1)?;
        let name = text!("gil-sim의 예측, 스레드", "gil-sim's prediction, threads");
        Some(Curve::computed(name, self.along(|n| predicted(kind, job, n, self.cores))))
    }

    /// Of the counting loop over tasks: as many at once as there are cores, or one under a GIL.
    fn rate_limits(&self, who: Who) -> Vec<Curve> {
        let Some(rate) = self.rate_of_one(who) else { return Vec::new() };
        let flat = |rate: f64| self.task_points().map(|n| (n, rate)).collect();
        let cores = self.cores;
        let all = text!("한계: 코어 {cores}개가 모두 계산", "limit: all cores compute ({cores})");
        let mut limits = vec![Curve::computed(all, flat(rate * cores as f64))];
        if self.has_gil(who) != Some(false) {
            limits.push(Curve::computed(text!("GIL의 한계, 스레드", "limit of the GIL, threads"), flat(rate)));
        }
        limits
    }

    /// Tasks per second on one core, from the loop of a single worker: its own part, without its start.
    fn rate_of_one(&self, who: Who) -> Option<f64> {
        let alone = self.find(who, Work::Cpu, Over::Workers, Technique::Threads)?;
        let task = self.find(who, Work::Cpu, Over::Tasks, Technique::Threads)?;
        let iterations = alone.series.iterations as f64 / task.series.iterations as f64;
        Some(iterations / alone.busy(1)?.max(1.0) * 1e9)
    }

    fn task_points(&self) -> impl Iterator<Item = f64> {
        self.size.points(Over::Tasks, self.cores).into_iter().map(|n| n as f64)
    }

    /// Of waiting: all wait at once, or one after another.
    fn waiting_limits(&self, over: Over) -> [Curve; 2] {
        let rate = 1.0 / self.size.wait.as_secs_f64();
        let along = self.size.points(over, self.cores).into_iter().map(|n| n as f64);
        let all = along.clone().map(|n| (n, n * rate)).collect();
        let one = along.map(|n| (n, rate)).collect();
        [
            Curve::computed(text!("한계: 모두 함께 기다림", "limit: all wait at once"), all),
            Curve::computed(text!("하나씩 차례로 기다림", "one wait after another"), one),
        ]
    }

    /// One table for each kind of work and axis: medians, and least and greatest of the rounds.
    pub(super) fn tables(&self) -> Vec<Table> {
        let both = Work::ALL.into_iter().flat_map(|work| Over::ALL.map(|over| (work, over)));
        both.map(|(work, over)| self.table(work, over)).collect()
    }

    fn table(&self, work: Work, over: Over) -> Table {
        let all = self.size.points(over, self.cores);
        let mut head = vec![over.name()];
        head.extend(all.iter().map(|n| Text::same(n.to_string())));
        // Each with all its techniques: a reader compares techniques.
        let mut curves: Vec<&Measured> =
            self.curves.iter().filter(|c| (c.series.work, c.series.over) == (work, over)).collect();
        curves.sort_by_key(|curve| curve.who);
        let row = |curve: &&Measured| {
            let cells = all.iter().map(|n| Text::same(cell(&curve.throughput(*n), work, over)));
            [self.name(curve)].into_iter().chain(cells).collect()
        };
        let title = match (work, over) {
            (Work::Cpu, Over::Workers) => text!(
                "CPU 바운드: 처리량, 워커 하나 대비(중앙값, 최소–최대)",
                "CPU-bound: throughput, one worker = 1 (median, min–max)"
            ),
            (Work::Cpu, Over::Tasks) => {
                text!("CPU 바운드: 초당 작업 수(중앙값, 최소–최대)", "CPU-bound: tasks per second (median, min–max)")
            }
            (Work::Waiting, Over::Workers) => {
                text!("기다림: 초당 횟수(중앙값, 최소–최대)", "waiting: waits per second (median, min–max)")
            }
            (Work::Waiting, Over::Tasks) => {
                text!("기다림: 초당 작업 수(중앙값, 최소–최대)", "waiting: tasks per second (median, min–max)")
            }
        };
        Table { title, head, rows: curves.iter().map(row).collect() }
    }
}

fn chart(title: Text, y: Unit, curves: impl Iterator<Item = Curve>) -> Chart {
    Chart { title, x: Unit::Count, y, curves: curves.collect() }
}

/// The medians of a curve.
fn points(curve: &Measured) -> Vec<(f64, f64)> {
    let median = |n: &usize| Some((*n as f64, stats::median(&curve.throughput(*n))?));
    curve.points.keys().filter_map(median).collect()
}

/// "1.92 1.85–1.95".
fn cell(samples: &[f64], work: Work, over: Over) -> String {
    let short = |v: f64| if (work, over) == (Work::Cpu, Over::Workers) { format!("{v:.2}") } else { rate(v) };
    match (stats::median(samples), stats::range(samples)) {
        (Some(median), Some((least, most))) if samples.len() > 1 => {
            format!("{} {}–{}", short(median), short(least), short(most))
        }
        (Some(median), _) => short(median),
        _ => "–".to_owned(),
    }
}

/// A rate with three digits: "489", "12.3k", "1.20M".
pub(super) fn rate(v: f64) -> String {
    let (v, unit) = match v {
        v if v < 999.5 => (v, ""),
        v if v < 999.5e3 => (v / 1e3, "k"),
        v => (v / 1e6, "M"),
    };
    let digits = match v {
        v if v < 9.995 => 2,
        v if v < 99.95 => 1,
        _ => 0,
    };
    format!("{v:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_has_three_digits() {
        for (v, shown) in [
            (0.5, "0.50"),
            (9.996, "10.0"),
            (488.7, "489"),
            (999.7, "1.00k"),
            (12_345.0, "12.3k"),
            (999_700.0, "1.00M"),
            (1_204_000.0, "1.20M"),
        ] {
            assert_eq!(rate(v), shown);
        }
    }

    #[test]
    fn a_cell_has_the_spread_if_there_are_several_rounds() {
        assert_eq!(cell(&[], Work::Cpu, Over::Workers), "–");
        assert_eq!(cell(&[1.5], Work::Cpu, Over::Workers), "1.50");
        assert_eq!(cell(&[1.0, 3.0, 2.0], Work::Cpu, Over::Workers), "2.00 1.00–3.00");
        assert_eq!(cell(&[1e4, 3e4, 2e4], Work::Waiting, Over::Tasks), "20.0k 10.0k–30.0k");
    }
}
