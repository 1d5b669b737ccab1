//! What was cooked for the table, and what it says of the claims in its rows.

use lab::claims::Verdict;
use lab::cores_used::PARALLEL;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::Report;
use lab::text;
use lab::trace::{State, Trace};

use crate::in_flight;
use crate::verdicts::{self, THREADS_WAIT};

/// One core is enough for several dishes in flight.
const CONCURRENCY: &str = "concurrency-one-core";
/// It is not enough to cut several at once.
const PARALLELISM: &str = "parallelism-needs-cores";

/// Several cooks, and one who switches.
#[derive(Clone, Debug)]
pub struct Pair {
    pub several: Trace,
    pub switches: Trace,
}

/// What was cooked in Rust.
#[derive(Clone, Debug)]
pub struct Rust {
    /// On one core; or why there was none.
    pub one_core: Result<Pair, Text>,
    /// On all cores.
    pub all_cores: Pair,
    /// Several cooks under the GIL, on all cores.
    pub one_knife: Trace,
    /// Which share of the machine others used.
    pub foreign: Option<f64>,
}

/// What an interpreter cooked, as the cells of its row.
#[derive(Clone, Debug)]
pub struct Twin {
    pub name: String,
    pub cut: [String; 2],
    pub in_flight: [String; 2],
}

impl Twin {
    /// Threads and processes that cut; threads and tasks in flight.
    pub fn of(python: &Interpreter, twin: &Report) -> Twin {
        let cell = |cooks, number: fn(&Trace) -> String| verdicts::kitchen(twin, cooks).map_or("–".to_owned(), number);
        Twin {
            name: python.to_string(),
            cut: ["threads", "processes"].map(|cooks| cell(cooks, cut_at_once)),
            in_flight: ["threads", "asyncio"].map(|cooks| cell(cooks, in_flight)),
        }
    }
}

/// Dishes that were cut at the same time, on average.
pub fn cut_at_once(trace: &Trace) -> String {
    format!("{:.1}", in_flight::at_once(trace, State::Running))
}

/// Dishes that were in flight at the same time, at most.
pub fn in_flight(trace: &Trace) -> String {
    in_flight::dishes(trace).to_string()
}

/// The verdicts on the rows about hardware and about the GIL.
pub fn judge(rust: &Rust) -> Vec<Verdict> {
    let under_gil = verdicts::cutting(&rust.one_knife, rust.foreign).threads(Some(true), "Rust + GIL");
    let waited = verdicts::wait_together(THREADS_WAIT, "Rust + GIL", &rust.one_knife, rust.foreign);
    vec![needs_cores(rust), on_one_core(rust), under_gil, waited]
}

/// One core lets several cooks cut in turns only, and all cores at the same time.
pub fn needs_cores(rust: &Rust) -> Verdict {
    let one = match &rust.one_core {
        Ok(pair) => verdicts::cutting(&pair.several, rust.foreign).cores.unwrap_or_default(),
        Err(why) => return Verdict::not_measured(PARALLELISM, "Rust", why.clone()),
    };
    let all = verdicts::cutting(&rust.all_cores.several, rust.foreign);
    let cut = all.cores.unwrap_or_default();
    let evidence = text!(
        "동시에 썬 요리: 코어 하나에서 평균 {one:.2}개, 모든 코어에서 {cut:.2}개",
        "dishes cut at once: {one:.2} on average on one core, {cut:.2} on all"
    );
    if one > PARALLEL {
        // Bound to one core they cannot: then they were not bound.
        return Verdict::seen(PARALLELISM, "Rust", false, evidence);
    }
    Verdict { evidence, ..all.parallel(PARALLELISM, "Rust") }
}

/// One cook on one core has several dishes in flight.
pub fn on_one_core(rust: &Rust) -> Verdict {
    match &rust.one_core {
        Ok(pair) => {
            let dishes = in_flight::dishes(&pair.switches);
            let evidence = text!(
                "코어 하나에서 동시에 진행 중인 요리 최대 {dishes}개",
                "on one core up to {dishes} dishes were in flight at once"
            );
            Verdict::seen(CONCURRENCY, "Rust", dishes > 1, evidence)
        }
        Err(why) => Verdict::not_measured(CONCURRENCY, "Rust", why.clone()),
    }
}
