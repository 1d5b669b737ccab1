//! The verdicts on cooks who wait and cooks who cut, from the trace of their dishes.

use lab::claims::Verdict;
use lab::cores_used::{self, CoresUsed};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::Report;
use lab::text;
use lab::trace::{State, Trace};

use crate::in_flight;

/// The tasks of an event loop wait together.
pub const TASKS_WAIT: &str = "asyncio-io-overlap";
/// Threads wait together, with a GIL too.
pub const THREADS_WAIT: &str = "threads-io-overlap";
/// One cook makes several dishes in turn.
pub const ONE_COOK: &str = "kitchen-one-cook";
/// Several cooks make several at the same time.
pub const MANY_COOKS: &str = "kitchen-many-cooks";
/// Under a GIL threads do not compute at the same time.
pub const GIL_THREADS: &str = "threads-cpu-no-gain";
/// Without one they do.
pub const FREE_THREADS: &str = "no-gil-threads-parallel";

/// A pot that simmers for less than this, in ns, may be done before the next cook has been given a core.
const LONG_ENOUGH: u64 = 50_000_000;

/// Whether dishes simmered at the same time. Others used a share of the machine, `foreign`.
pub fn wait_together(claim: &str, on: impl Into<Text>, trace: &Trace, foreign: Option<f64>) -> Verdict {
    let (peak, dishes) = (trace.peak_in_flight(&[State::WaitingForIo]), in_flight::dishes(trace));
    if let Some(why) = cores_used::too_busy(foreign).filter(|_| peak < 2) {
        return Verdict::not_measured(claim, on, why);
    }
    if peak < 2 && (dishes >= 2 || brief(trace)) {
        let why = text!("냄비가 너무 짧게 끓어 겹치지 않았습니다", "the pots simmered too briefly to overlap");
        return Verdict::not_measured(claim, on, why);
    }
    let all = trace.lanes.len();
    let evidence =
        text!("요리 {all}개 중 동시에 끓은 것 최대 {peak}개", "up to {peak} of {all} dishes simmered at once");
    Verdict::seen(claim, on, peak >= 2, evidence)
}

/// Whether one cook had several dishes in flight, and worked on one at a time.
pub fn in_turn(on: impl Into<Text>, trace: &Trace, foreign: Option<f64>) -> Verdict {
    let dishes = in_flight::dishes(trace);
    if let Some(why) = cores_used::too_busy(foreign).filter(|_| dishes < 2) {
        return Verdict::not_measured(ONE_COOK, on, why);
    }
    if dishes < 2 && brief(trace) {
        let why = text!("냄비가 너무 짧게 끓었습니다", "the pots simmered too briefly");
        return Verdict::not_measured(ONE_COOK, on, why);
    }
    let cut = trace.peak_in_flight(&[State::Running]);
    let evidence = text!(
        "동시에 진행 중인 요리 최대 {dishes}개, 동시에 썬 요리 최대 {cut}개",
        "up to {dishes} dishes in flight at once, up to {cut} cut at once"
    );
    Verdict::seen(ONE_COOK, on, dishes >= 2 && cut == 1, evidence)
}

/// Whether every pot may be done before anything else is begun.
fn brief(trace: &Trace) -> bool {
    trace.lanes.iter().all(|lane| lane.time_in(State::WaitingForIo) < LONG_ENOUGH)
}

/// How many cooks cut at the same time, for the verdicts on parallelism.
pub fn cutting(trace: &Trace, foreign: Option<f64>) -> CoresUsed {
    let cores = in_flight::at_once(trace, State::Running);
    CoresUsed { cores: Some(cores), wall: in_flight::time_in(trace, State::Running), foreign }
}

/// The verdicts on these claims, as far as the twin ran their kitchens.
pub fn of_twin(python: &Interpreter, twin: &Report, foreign: Option<f64>, claims: &[&str]) -> Vec<Verdict> {
    let on = python.to_string();
    let tasks = kitchen(twin, "asyncio").into_iter().flat_map(|trace| {
        [wait_together(TASKS_WAIT, on.as_str(), trace, foreign), in_turn(on.as_str(), trace, foreign)]
    });
    let threads = kitchen(twin, "threads").into_iter().flat_map(|trace| {
        let cutting = cutting(trace, foreign).threads(python.gil, on.as_str());
        [wait_together(THREADS_WAIT, on.as_str(), trace, foreign), cutting]
    });
    tasks.chain(threads).filter(|verdict| claims.contains(&verdict.claim.as_str())).collect()
}

/// A kitchen of the twin: its title ends with what the cooks are, in parentheses.
pub fn kitchen<'a>(twin: &'a Report, cooks: &str) -> Option<&'a Trace> {
    twin.traces.iter().find(|trace| trace.title.en.ends_with(&format!("({cooks})")))
}
