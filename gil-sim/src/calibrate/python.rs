//! What an interpreter takes for the steps of a scenario, measured with one thread, so that there is no contention
//! for a GIL.

use std::env;

use lab::lang::Text;
use lab::python::{self, Interpreter, LIMIT};
use lab::report::Report;
use lab::{text, twin_script};

use crate::sim::{Curve, Machine, Speed};

/// Iterations of `while n: n -= 1` in a hundred ticks of Python 2: three of its instructions count.
const ITERATIONS_IN_100_TICKS: f64 = 100.0 / 3.0;

/// Measures an interpreter on a machine that was measured just before. The error is the reason why it cannot.
pub fn speed(python: &Interpreter, machine: &Machine) -> Result<Speed, Text> {
    let own = env::current_exe()
        .map_err(|e| text!("실행 파일의 경로를 알 수 없습니다: {e}", "the path of this program is unknown: {e}"))?;
    let report = python::run(python, twin_script!("calibrate"), &[own.to_string_lossy().into_owned()], LIMIT)?;
    of_report(&report, machine).ok_or_else(|| text!("필요한 측정값이 없습니다", "a measurement is missing"))
}

fn of_report(report: &Report, machine: &Machine) -> Option<Speed> {
    let iteration = report.measure("iteration")?.median();
    let (mut gaps, mut extras) = (Vec::new(), Vec::new());
    for gap in report.measures.iter().filter(|m| m.id.starts_with("gap.")) {
        let slept: u64 = gap.id.trim_start_matches("gap.").parse().ok()?;
        let send = report.measure(&format!("send.{slept}"))?;
        // Python's overhead over the system call, attributed half to before and half to after the call.
        let extra = (send.median() - machine.send.median(slept) as f64).clamp(200.0, 20_000.0) / 2.0;
        gaps.push((slept, gap.samples.iter().map(|ns| (ns + extra) as u64).collect()));
        extras.push((slept, vec![(300.0 + extra) as u64]));
    }
    if gaps.is_empty() {
        return None;
    }
    Some(Speed {
        iteration,
        before_send: Curve::of_samples(gaps),
        before_receive: Curve::of_samples(extras),
        hundred_ticks: (iteration * ITERATIONS_IN_100_TICKS) as u64,
    })
}
