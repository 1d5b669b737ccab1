//! Measures all curves in turn, round by round, each in a process of its own.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::cli::Choice;
use lab::lang::Text;
use lab::machine::{self, Watch};
use lab::python::{self, Interpreter};
use lab::report::{Measure, Report};
use lab::stats;
use lab::{Error, Result, twin_script};

use super::plan::{Over, PYTHON_SHARE, Size, Technique, Work};
use super::series::Series;

/// A curve that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(120);
/// In later rounds no point is left out: the first round decided.
const NO_LIMIT: Duration = Duration::from_secs(3600);

/// Who does the work: Rust, Rust under our model of the GIL, or one of the Pythons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Rust,
    RustGil,
    /// The interpreter of this number.
    Python(usize),
}

/// One run of one point. Times in ns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub wall: f64,
    /// `None` where the system does not tell.
    pub cpu: Option<f64>,
    /// The mean over the workers or tasks: how long their own parts took.
    pub busy: f64,
}

/// A curve and what was measured of it.
#[derive(Clone, Debug)]
pub struct Measured {
    pub who: Who,
    pub series: Series,
    /// By number of workers or of tasks; in order of the rounds.
    pub points: BTreeMap<usize, Vec<Sample>>,
    /// The first point that is missing, and why.
    pub missing: Option<(usize, Text)>,
}

pub struct Rounds<'a> {
    pub size: &'a Size,
    pub pythons: &'a [Interpreter],
    pub cores: usize,
    /// In the order in which a round measures them: what is compared is measured one after the other.
    pub curves: Vec<Measured>,
    /// The share of the machine that other programs used meanwhile.
    pub foreign: Option<f64>,
}

impl Measured {
    /// The median wall time of a point, in ns.
    pub fn wall(&self, n: usize) -> Option<f64> {
        self.median(n, |sample| sample.wall)
    }

    fn median(&self, n: usize, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        stats::median(&self.points.get(&n)?.iter().map(of).collect::<Vec<_>>())
    }

    /// How long one worker's or one task's own part takes, in ns.
    pub fn busy(&self, n: usize) -> Option<f64> {
        self.median(n, |sample| sample.busy)
    }

    /// The share of the one-worker run in which its worker did not work: it was started, and its end was awaited. One sample a round.
    pub fn serial(&self) -> Vec<f64> {
        let alone = self.points.get(&1).map_or(&[][..], Vec::as_slice);
        alone.iter().map(|sample| (1.0 - sample.busy / sample.wall).clamp(0.0, 1.0)).collect()
    }

    /// Operations per second, one sample a round; the counting loop over workers: as a multiple of one worker's in the same round.
    pub fn throughput(&self, n: usize) -> Vec<f64> {
        let Some(samples) = self.points.get(&n) else { return Vec::new() };
        if (self.series.work, self.series.over) == (Work::Cpu, Over::Workers) {
            let Some(alone) = self.points.get(&1) else { return Vec::new() };
            return alone.iter().zip(samples).map(|(alone, sample)| alone.wall / sample.wall).collect();
        }
        let operations = self.series.operations(n);
        samples.iter().map(|sample| operations / sample.wall * 1e9).collect()
    }

    fn add(&mut self, report: &Report) {
        for &n in &self.series.points {
            let of = |id: &str| report.measure(&format!("{id}.{n}")).map(Measure::median);
            let (Some(wall), Some(busy)) = (of("wall"), of("busy")) else { continue };
            // Below a nanosecond nothing can be divided by it.
            self.points.entry(n).or_default().push(Sample { wall: wall.max(1.0), cpu: of("cpu"), busy });
        }
    }

    /// The first round decides how far the curve goes, and which points are measured again. Returns the time of those that are not,
    /// in ns.
    fn settle(&mut self, report: &Report, repeat_limit: Duration) -> f64 {
        let missing = self.series.points.iter().find(|n| !self.points.contains_key(n)).copied();
        self.missing = missing.map(|n| (n, report.notes.first().cloned().unwrap_or_default()));
        // Workers are compared with one worker in the same round: they are all measured again.
        let again = |wall: f64| self.series.over == Over::Workers || wall <= repeat_limit.as_nanos() as f64;
        let walls = || self.points.iter().filter_map(|(n, samples)| Some((*n, samples.first()?.wall)));
        let once = walls().filter(|(_, wall)| !again(*wall)).map(|(_, wall)| wall).sum();
        self.series.points = walls().filter(|(_, wall)| again(*wall)).map(|(n, _)| n).collect();
        self.series.limit = NO_LIMIT;
        once
    }
}

/// All curves that are to be measured.
fn curves(size: &Size, cores: usize, pythons: usize) -> Vec<Measured> {
    let mut curves = Vec::new();
    for work in Work::ALL {
        for over in Over::ALL {
            for technique in Technique::ALL {
                for who in [Who::Rust, Who::RustGil].into_iter().chain((0..pythons).map(Who::Python)) {
                    let iterations = if over == Over::Workers { size.iterations } else { size.task_iterations() };
                    let share = if matches!(who, Who::Python(_)) { PYTHON_SHARE } else { 1 };
                    let series = Series {
                        work,
                        over,
                        technique,
                        gil: who == Who::RustGil,
                        points: size.points(over, cores),
                        iterations: iterations.div_ceil(share),
                        wait: size.wait,
                        limit: size.point_limit(),
                    };
                    curves.push(Measured { who, series, points: BTreeMap::new(), missing: None });
                }
            }
        }
    }
    curves
}

impl<'a> Rounds<'a> {
    /// Nothing is measured yet.
    pub fn new(size: &'a Size, pythons: &'a [Interpreter]) -> Rounds<'a> {
        let cores = machine::cores();
        Rounds { size, pythons, cores, curves: curves(size, cores, pythons.len()), foreign: None }
    }

    /// Measures all curves round by round. Returns the number of rounds that there was time for.
    pub fn measure(&mut self) -> Result<usize> {
        let (bar, watch, start) =
            (progress::steps(self.size.rounds * self.curves.len()), Watch::start(), Instant::now());
        let mut done = 0;
        while done < self.size.rounds {
            let (begin, mut once) = (start.elapsed(), 0.0);
            for n in 0..self.curves.len() {
                bar.set_message(self.name(&self.curves[n]).to_string());
                once += self.measure_curve(n)?;
                bar.inc(1);
            }
            done += 1;
            let next = (start.elapsed() - begin).saturating_sub(Duration::from_nanos(once as u64));
            if start.elapsed() + next > self.size.budget {
                break;
            }
        }
        bar.finish_and_clear();
        self.foreign = watch.foreign();
        Ok(done)
    }

    /// Returns the time that the next round will not take, in ns.
    fn measure_curve(&mut self, n: usize) -> Result<f64> {
        let curve = &self.curves[n];
        if curve.series.points.is_empty() {
            return Ok(0.0);
        }
        let report = match curve.who {
            Who::Rust | Who::RustGil => python::own(&curve.series.to_args(), LIMIT),
            Who::Python(p) => python::run(&self.pythons[p], twin_script!("scaling"), &twin_args(&curve.series), LIMIT),
        };
        let is_first = curve.points.is_empty();
        match report {
            Err(why) if matches!(curve.who, Who::Rust | Who::RustGil) => {
                let name = self.name(curve);
                return Err(Error::failed(Text {
                    ko: format!("{}: {}", name.ko, why.ko),
                    en: format!("{}: {}", name.en, why.en),
                }));
            }
            Err(why) => {
                // Earlier rounds may not have done the same work either.
                let curve = &mut self.curves[n];
                let first = curve.series.points[0];
                (curve.points, curve.missing) = (BTreeMap::new(), Some((first, why)));
                curve.series.points.clear();
            }
            Ok(report) => {
                let curve = &mut self.curves[n];
                curve.add(&report);
                if is_first {
                    return Ok(curve.settle(&report, self.size.repeat_limit()));
                }
            }
        }
        Ok(0.0)
    }

    /// "Rust", "Rust + GIL", "CPython 3.11.7".
    pub fn who(&self, who: Who) -> String {
        match who {
            Who::Rust => "Rust".to_owned(),
            Who::RustGil => "Rust + GIL".to_owned(),
            Who::Python(p) => self.pythons[p].to_string(),
        }
    }

    /// The name in the ids of measurements.
    pub fn id(&self, who: Who) -> String {
        match who {
            Who::Rust => "rust".to_owned(),
            Who::RustGil => "rust-gil".to_owned(),
            Who::Python(p) => self.pythons[p].id(),
        }
    }

    /// Whether it has a GIL; `None` if that is not known.
    pub fn has_gil(&self, who: Who) -> Option<bool> {
        match who {
            Who::Rust => Some(false),
            Who::RustGil => Some(true),
            Who::Python(p) => self.pythons[p].gil,
        }
    }

    /// All who were asked to work.
    pub fn everybody(&self) -> impl Iterator<Item = Who> + use<> {
        [Who::Rust, Who::RustGil].into_iter().chain((0..self.pythons.len()).map(Who::Python))
    }

    /// "Rust: threads".
    pub fn name(&self, curve: &Measured) -> Text {
        let (who, technique) = (self.who(curve.who), curve.series.technique.name());
        Text { ko: format!("{who}: {}", technique.ko), en: format!("{who}: {}", technique.en) }
    }

    pub fn find(&self, who: Who, work: Work, over: Over, technique: Technique) -> Option<&Measured> {
        self.curves.iter().find(|curve| {
            let Series { work: of, over: along, technique: by, .. } = curve.series;
            curve.who == who && (of, along, by) == (work, over, technique) && !curve.points.is_empty()
        })
    }
}

/// `scaling.py WORK OVER TECHNIQUE POINTS ITERATIONS WAIT LIMIT`.
fn twin_args(series: &Series) -> Vec<String> {
    let points = series.points.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    let words = [series.work.word(), series.over.word(), series.technique.word(), &points];
    let mut args: Vec<String> = words.map(str::to_owned).to_vec();
    args.push(series.iterations.to_string());
    args.extend([series.wait, series.limit].map(|time| time.as_secs_f64().to_string()));
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: Size = Size {
        budget: Duration::from_secs(20),
        workers: 4,
        most: 10,
        iterations: 100,
        wait: Duration::from_millis(20),
        rounds: 2,
    };

    fn ran(walls: &[(usize, f64)]) -> Report {
        let mut report = Report::default();
        for (n, wall) in walls {
            for (id, value) in [("wall", *wall), ("busy", wall * 0.75), ("cpu", wall * 2.0)] {
                let unit = lab::report::Unit::Ns;
                report.measures.push(Measure::new(format!("{id}.{n}"), Text::same(id), unit, vec![value]));
            }
        }
        report
    }

    #[test]
    fn every_kind_of_work_is_measured_by_everybody_along_both_axes() {
        let all = curves(&SIZE, 2, 1);
        assert_eq!(all.len(), 2 * 2 * 3 * 3);
        assert!(all.iter().all(|curve| curve.series.gil == (curve.who == Who::RustGil)));
        let neighbours =
            all.chunks(3).all(|three| three.iter().all(|c| c.series.technique == three[0].series.technique));
        assert!(neighbours, "what is compared is measured one after the other");
    }

    #[test]
    fn a_round_adds_a_sample_and_the_first_decides_the_points() {
        let mut curve = curves(&SIZE, 2, 0).remove(0);
        assert_eq!(curve.series.points, [1, 2, 4]);
        let mut first = ran(&[(1, 100.0), (2, 50.0)]);
        first.notes.push(Text::same("too long"));
        curve.add(&first);
        curve.settle(&first, Duration::ZERO);
        assert_eq!(curve.series.points, [1, 2]);
        assert_eq!(curve.missing, Some((4, Text::same("too long"))));
        curve.add(&ran(&[(1, 100.0), (2, 25.0), (4, 1.0)]));
        assert_eq!(curve.throughput(2), [2.0, 4.0], "against one worker in the same round");
        assert_eq!(curve.throughput(4), [0.0; 0], "what the first round left out stays out");
        assert_eq!(curve.serial(), [0.25, 0.25]);
    }

    #[test]
    fn a_slow_number_of_tasks_is_measured_once() {
        let mut curve = curves(&SIZE, 2, 0).into_iter().find(|curve| curve.series.over == Over::Tasks).unwrap();
        let first = ran(&[(1, 100.0), (10, 3e6)]);
        curve.add(&first);
        assert!((curve.settle(&first, Duration::from_millis(1)) - 3e6).abs() < 1.0);
        assert_eq!((curve.series.points, curve.points.len(), curve.missing), (vec![1], 2, None));
    }

    #[test]
    fn a_python_that_fails_is_missing_with_the_reason() {
        let none = Interpreter {
            path: "/no/such/python".into(),
            implementation: "CPython".into(),
            version: [3, 99, 0],
            gil: Some(true),
        };
        let pythons = [none];
        let mut rounds = Rounds::new(&SIZE, &pythons);
        let place = rounds.curves.iter().position(|curve| curve.who == Who::Python(0)).unwrap();
        rounds.measure_curve(place).unwrap();
        assert!(rounds.curves[place].points.is_empty() && rounds.curves[place].missing.is_some());
        rounds.measure_curve(place).unwrap();
        assert!(rounds.curves[place].missing.is_some(), "and is not tried again");
    }
}
