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

/// The C library whose condition variable the simulator has: `sim/sync/condvar.rs`.
pub const MODELLED_LIBC: &str = "glibc 2.36";

/// An interpreter, as one thread of it shows.
#[derive(Clone, Debug)]
pub struct Alone {
    pub speed: Speed,
    /// The C library that it runs with, as it says itself: "glibc 2.36", "musl". None: it cannot say.
    pub libc: Option<Text>,
}

/// Measures an interpreter on a machine that was measured just before. The error is the reason why it cannot.
pub fn speed(python: &Interpreter, machine: &Machine) -> Result<Speed, Text> {
    alone(python, machine).map(|alone| alone.speed)
}

/// Like [`speed`], with the C library.
pub fn alone(python: &Interpreter, machine: &Machine) -> Result<Alone, Text> {
    let own = env::current_exe()
        .map_err(|e| text!("실행 파일의 경로를 알 수 없습니다: {e}", "the path of this program is unknown: {e}"))?;
    let report = python::run(python, twin_script!("calibrate"), &[own.to_string_lossy().into_owned()], LIMIT)?;
    let speed =
        of_report(&report, machine).ok_or_else(|| text!("필요한 측정값이 없습니다", "a measurement is missing"))?;
    Ok(Alone { speed, libc: report.notes.into_iter().next() })
}

/// That an interpreter's C library is not the one that the simulator has; None where it is.
pub fn other_libc(python: &Interpreter, libc: Option<&Text>) -> Option<Text> {
    match libc {
        Some(libc) if libc.en == MODELLED_LIBC => None,
        Some(Text { ko, en }) => Some(text!(
            "{python}은(는) {ko}로 실행됩니다. 시뮬레이터의 조건 변수는 {MODELLED_LIBC}의 것입니다.",
            "{python} runs with {en}; the simulator's condition variable is that of {MODELLED_LIBC}."
        )),
        None => Some(text!(
            "{python}이(가) 어떤 C 라이브러리로 실행되는지는 알 수 없습니다. 시뮬레이터의 조건 변수는 {MODELLED_LIBC}의 것입니다.",
            "Which C library {python} runs with is unknown; the simulator's condition variable is that of {MODELLED_LIBC}."
        )),
    }
}

fn of_report(report: &Report, machine: &Machine) -> Option<Speed> {
    let iteration = report.measure("iteration")?.median();
    let (mut gaps, mut extras) = (Vec::new(), Vec::new());
    for gap in report.measures.iter().filter(|m| m.id.starts_with("gap.")) {
        let slept: u64 = gap.id.trim_start_matches("gap.").parse().ok()?;
        let send = report.measure(&format!("send.{slept}"))?;
        // Python's overhead over the system call, attributed half to before and half to after the call.
        let extra = (send.median() - machine.send.median(slept) as f64).clamp(100.0, 20_000.0) / 2.0;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_libc_is_not_another() {
        let python =
            Interpreter { path: "p".into(), implementation: "CPython".into(), version: [3, 15, 0], gil: Some(true) };
        let said = |libc: Option<&str>| other_libc(&python, libc.map(Text::same).as_ref()).map(|text| text.en);
        assert_eq!(said(Some(MODELLED_LIBC)), None);
        assert!(said(Some("glibc 2.43")).unwrap().starts_with("CPython 3.15.0 runs with glibc 2.43;"));
        assert!(said(Some("musl")).unwrap().contains("musl"));
        assert!(said(None).unwrap().contains("unknown"), "not assumed");
    }
}
