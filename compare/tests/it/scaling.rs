//! The curves have the points that were asked for, and keep below the limits that nothing can exceed.

use std::process::{Command, Stdio};

use lab::claims::Outcome;
use lab::report::{Chart, Curve, Report, Unit};
use lab::{affinity, machine};

/// Small, and with a budget so large that a busy machine leaves out no point.
const SMALL: [&str; 11] = [
    "scaling",
    "--json",
    "--no-python",
    "--rounds",
    "1",
    "--seconds",
    "3600",
    "--most",
    "100",
    "--iterations",
    "40000",
];
/// One wait, in seconds.
const WAIT: f64 = 0.004;

fn report(more: &[&str]) -> Report {
    let mut command = Command::new(env!("CARGO_BIN_EXE_compare"));
    command.args(SMALL).args(["--wait", &WAIT.to_string()]).args(more).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn numbers(curve: &Curve) -> Vec<usize> {
    curve.points.iter().map(|(x, _)| *x as usize).collect()
}

/// What is wrong with a chart, if anything: x ascends from 1, the points are those of an axis, and everything is above 0.
fn fault(chart: &Chart, axes: &[Vec<usize>]) -> Option<String> {
    let Chart { title, curves, .. } = chart;
    let axis = axes.iter().find(|axis| curves.iter().all(|curve| numbers(curve) == **axis));
    if curves.iter().filter(|curve| !curve.computed).count() < 3 {
        return Some(format!("{}: a technique is missing", title.en));
    }
    if axis.is_none() {
        return Some(format!("{}: {:?}", title.en, curves.iter().map(numbers).collect::<Vec<_>>()));
    }
    let good = |(x, y): &(f64, f64)| *x >= 1.0 && *y > 0.0 && y.is_finite();
    let bad = curves.iter().find(|curve| !curve.points.iter().all(good));
    bad.map(|curve| format!("{}: {curve:?}", title.en))
}

fn axes(workers: usize) -> [Vec<usize>; 2] {
    let mut of_workers: Vec<usize> = (0..).map(|n| 1 << n).take_while(|n| *n < workers).collect();
    of_workers.extend([workers].into_iter().chain(Some(machine::cores()).filter(|cores| *cores < workers)));
    of_workers.sort_unstable();
    of_workers.dedup();
    [of_workers, vec![1, 10, 100]]
}

/// The curves of a chart that exceed a limit of it by more than rounding.
fn above(chart: &Chart, limit: &str) -> Vec<String> {
    let limit = chart.curves.iter().find(|curve| curve.name.en.starts_with(limit)).unwrap();
    let over = |curve: &&Curve| {
        curve.points.iter().any(|(x, y)| limit.points.iter().any(|(at, most)| at == x && *y > most * 1.000_001))
    };
    let measured = chart.curves.iter().filter(|curve| !curve.computed);
    measured.filter(over).map(|curve| curve.name.en.clone()).collect()
}

#[test]
fn every_curve_has_its_points_and_waiting_keeps_below_its_limit() {
    let report = report(&["--workers", "4"]);
    let axes = axes(4);
    assert_eq!(report.charts.len(), 2 + 2 * 2 * 2, "two of the first screen; work × axis × Rust and Rust + GIL");
    for chart in &report.charts {
        assert_eq!(fault(chart, &axes), None, "{:?}", report.notes);
    }
    // The known-wrong chart: a point is missing, or comes twice.
    let mut wrong = report.charts[2].clone();
    wrong.curves[0].points.remove(1);
    assert!(fault(&wrong, &axes).is_some());
    wrong = report.charts[2].clone();
    wrong.curves[0].points[1] = wrong.curves[0].points[0];
    assert!(fault(&wrong, &axes).is_some());

    // Nobody wakes up before the wait is over, on no machine.
    let waiting: Vec<&Chart> = report.charts.iter().filter(|chart| chart.title.en.contains("waiting")).collect();
    assert_eq!(waiting.len(), 1 + 4);
    for chart in &waiting {
        assert_eq!(above(chart, "limit: all wait at once"), [""; 0], "{chart:?}");
    }
    // The known-wrong program: it waits half as long as it says.
    let mut early = waiting[0].clone();
    early.curves.iter_mut().filter(|curve| !curve.computed).flat_map(|curve| &mut curve.points).for_each(|point| {
        point.1 = 2.0 * point.0 / WAIT;
    });
    assert!(above(&early, "limit: all wait at once").len() >= 3);
}

#[test]
fn limits_are_where_they_belong() {
    let report = report(&["--workers", "4"]);
    let computed = |chart: &Chart, name: &str| -> Vec<Vec<(f64, f64)>> {
        chart
            .curves
            .iter()
            .filter(|curve| curve.computed && curve.name.en.contains(name))
            .map(|c| c.points.clone())
            .collect()
    };
    let cores = machine::cores() as f64;
    let speed = report.charts.iter().filter(|chart| chart.y == Unit::Times);
    for chart in speed.clone() {
        let amdahl = computed(chart, "Amdahl's law");
        assert!(!amdahl.is_empty(), "{}", chart.title.en);
        for (x, limit) in amdahl.concat() {
            assert!(limit > 0.999 && limit < x.min(cores) + 0.001, "{}: {limit} with {x}", chart.title.en);
        }
        assert!(amdahl.iter().all(|points| points.is_sorted_by(|a, b| a.1 <= b.1)));
    }
    let of = |who: &str| speed.clone().find(|chart| chart.title.en.starts_with(who)).unwrap();
    let gil = of("Rust + GIL,");
    assert!(computed(gil, "limit of the GIL").concat().iter().all(|(_, limit)| (limit - 1.0).abs() < 1e-9));
    assert!(computed(gil, "prediction").concat().iter().all(|(_, predicted)| *predicted < 1.01), "{gil:?}");
    assert!(computed(of("Rust,"), "GIL").is_empty(), "there is none");
    // What is drawn was found from what was measured: the serial share is a measurement of this run.
    for id in ["serial.rust.threads", "serial.rust.processes", "serial.rust-gil.processes"] {
        let share = report.measure(id).unwrap_or_else(|| panic!("no {id}")).median();
        assert!((0.0..=1.0).contains(&share), "{id}: {share}");
    }
    assert!(report.measure("serial.rust-gil.threads").is_none(), "under a GIL threads have another limit");
}

#[test]
fn on_one_core_nothing_is_said_about_several() {
    match affinity::on_one_core(|| report(&[])) {
        Err(why) => println!("not measured: {}", why.en),
        Ok(report) => {
            let not_measured = |claim: &str| {
                let of_claim = report.verdicts.iter().filter(|verdict| verdict.claim == claim);
                of_claim.map(|verdict| matches!(verdict.outcome, Outcome::NotMeasured(_))).collect::<Vec<_>>()
            };
            for claim in ["cpu-scales-to-cores", "threads-cpu-no-gain", "asyncio-cpu-no-gain"] {
                let verdicts = not_measured(claim);
                assert!(!verdicts.is_empty() && verdicts.iter().all(|not| *not), "{claim}: {:?}", report.verdicts);
            }
            // Waiting needs no second core: a busy machine may leave it undecided, one core does not.
            let waiting = report.verdicts.iter().filter(|verdict| verdict.claim == "waiting-scales-beyond-cores");
            let needs_cores = |outcome: &Outcome| match outcome {
                Outcome::NotMeasured(why) => why.en.contains("one core"),
                Outcome::Holds | Outcome::DoesNotHold => *outcome == Outcome::DoesNotHold,
            };
            assert_eq!(waiting.clone().count(), 4);
            assert!(!waiting.clone().any(|verdict| needs_cores(&verdict.outcome)), "{:?}", report.verdicts);
            let speed = report.charts.iter().find(|chart| chart.y == Unit::Times).unwrap();
            assert!(
                speed.curves.iter().all(|curve| numbers(curve) == [1, 2, 4]),
                "four workers for one core: {speed:?}"
            );
        }
    }
}
