//! `simulate`: a scenario in gil-sim's virtual time, on a made-up machine, so that it is the same everywhere.

use std::time::Instant;

use gil_sim::run_on_cpython::of_outcome;
use gil_sim::sim::{self, Curve, Machine, Outcome, Setup, Speed, Step};
use lab::lang::Text;
use lab::report::unit;
use lab::trace::{Lane, State, Trace};
use lab::{machine, stats, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::scenario::{self, Given};
use crate::limits;
use crate::refused::Refused;

/// How much of the beginning is drawn if the page does not say, in switch intervals.
const DRAWN: u64 = 12;
/// A switch interval for what has none: without a lock, or counted in ticks.
const NO_INTERVAL: u64 = 5_000_000;
/// How long a queued thread waits before it preempts a running one, in ns. Under a lock threads give up their cores anyway; without one
/// the threads beyond the cores would never run.
const QUEUED: u64 = 100_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    scenario: Value,
    /// Lanes are drawn up to here, in ns.
    keep: Option<u64>,
}

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Simulated {
    /// The beginning of it.
    pub trace: Trace,
    /// Where that beginning ends, in ns.
    pub trace_end: u64,
    lasted: u64,
    switches: u64,
    events: u64,
    schedule: String,
    /// How long the simulation took here.
    computed_us: u64,
    toml: String,
    groups: Vec<OfGroup>,
    threads: Vec<OfThread>,
    peak_running: usize,
    mean_running: f64,
    notes: Vec<Text>,
}

/// What came of the threads of a group.
#[derive(Debug, Serialize)]
struct OfGroup {
    name: Text,
    count: usize,
    /// Rounds a second.
    rate: f64,
    median: Option<f64>,
    p99: Option<f64>,
    held: f64,
    waited: f64,
    computes_only: bool,
}

#[derive(Debug, Serialize)]
struct OfThread {
    group: usize,
    rounds: u64,
    held: u64,
    waited: u64,
    done: Option<u64>,
}

pub fn answer(question: Question) -> Result<Simulated, Refused> {
    let given = scenario::read(&question.scenario)?;
    simulate(&given, question.keep)
}

/// How much of the beginning is drawn, in ns.
pub fn drawn(setup: &Setup, keep: Option<u64>) -> u64 {
    let interval = if setup.interval > 1_000_000 { setup.interval } else { NO_INTERVAL };
    keep.unwrap_or(DRAWN * interval).min(setup.end)
}

/// Simulates a scenario, and says what came of it.
pub fn simulate(given: &Given, keep: Option<u64>) -> Result<Simulated, Refused> {
    let scenario = &given.scenario;
    let cores = scenario.cores.unwrap_or_else(machine::cores);
    let machine = Machine { queued: Some(Curve::constant(QUEUED)), ..Machine::typical(cores) };
    let setup = Setup { keep: drawn(&scenario.setup, keep), ..scenario.setup.clone() };
    let start = Instant::now();
    let (outcome, cut_short) = at_most(&setup, &machine, &Speed::typical(), limits::EVENTS);
    let computed_us = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let (trace, trace_end) =
        cut(Trace { title: scenario.title.clone(), ..outcome.trace.clone() }, setup.keep, limits::SPANS);
    Ok(Simulated {
        peak_running: trace.peak_in_flight(&[State::Running]),
        mean_running: trace.mean_in_flight(State::Running),
        trace,
        trace_end: trace_end.min(outcome.lasted),
        lasted: outcome.lasted,
        switches: outcome.switches,
        events: outcome.events,
        schedule: first_turns(&outcome.schedule),
        computed_us,
        toml: given.toml.clone(),
        groups: groups(&setup, &outcome),
        notes: cut_short.into_iter().collect(),
        threads: outcome
            .threads
            .iter()
            .map(|t| OfThread { group: t.group, rounds: t.rounds, held: t.held, waited: t.waited, done: t.done })
            .collect(),
    })
}

/// Runs a setup for so many events, and says if that was not all of it.
pub fn at_most(setup: &Setup, machine: &Machine, speed: &Speed, most: u64) -> (Outcome, Option<Text>) {
    let (outcome, whole) = sim::run_at_most(setup, machine, speed, most);
    let (lasted, end) = (unit::duration(outcome.lasted as f64), unit::duration(setup.end as f64));
    let cut = text!(
        "이벤트가 {most}개를 넘어, {end} 가운데 처음 {lasted}만 시뮬레이션했습니다. 수치와 레인은 그동안의 것입니다.",
        "More than {most} events: only the first {lasted} of {end} were simulated, and figures and lanes are of that time."
    );
    (outcome, (!whole).then_some(cut))
}

/// A trace without the spans that are too many, and where it ends.
pub fn cut(mut trace: Trace, end: u64, most: usize) -> (Trace, u64) {
    let mut starts: Vec<u64> = trace.lanes.iter().flat_map(|lane| &lane.spans).map(|span| span.start).collect();
    if starts.len() <= most {
        return (trace, end);
    }
    starts.sort_unstable();
    let end = starts[most];
    for Lane { spans, .. } in &mut trace.lanes {
        spans.retain(|span| span.start < end);
        spans.iter_mut().for_each(|span| span.end = span.end.min(end));
    }
    (trace, end)
}

/// Whole turns: a letter with its `!` and `*`.
fn first_turns(schedule: &str) -> String {
    let mut turns = 0;
    let end = schedule.char_indices().find(|(_, c)| {
        turns += usize::from(c.is_ascii_alphabetic());
        turns > limits::TURNS
    });
    let end = end.map_or(schedule.len(), |(at, _)| at);
    schedule[..end].trim_end_matches('!').to_owned()
}

fn groups(setup: &Setup, outcome: &Outcome) -> Vec<OfGroup> {
    let figures = of_outcome(outcome, setup);
    let of = |(g, group): (usize, &sim::Group)| {
        let members: Vec<_> = outcome.threads.iter().filter(|t| t.group == g).collect();
        let all = (members.len() as u64 * outcome.lasted).max(1) as f64;
        OfGroup {
            name: group.name.clone(),
            count: group.count,
            rate: figures.rates[g],
            median: stats::quantile(&figures.latencies[g], 0.5),
            p99: stats::quantile(&figures.latencies[g], 0.99),
            held: members.iter().map(|t| t.held).sum::<u64>() as f64 / all,
            waited: members.iter().map(|t| t.waited).sum::<u64>() as f64 / all,
            computes_only: group.steps.iter().all(|step| matches!(step, Step::Run(_))),
        }
    };
    setup.groups.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ask(change: impl FnOnce(&mut Value)) -> Result<Simulated, Refused> {
        let mut scenario = json!({"seconds": 2, "cores": 2, "gil": {"version": "3.12", "interval": "5ms"},
            "threads": [{"name": "CPU", "count": 2, "does": ["run forever"]}]});
        change(&mut scenario);
        answer(Question { scenario, keep: None })
    }

    #[test]
    fn under_a_gil_one_runs_and_without_one_two() {
        let locked = ask(|_| {}).unwrap();
        assert_eq!(locked.peak_running, 1);
        assert!(locked.switches > 100, "{locked:?}");
        let free = ask(|s| s["gil"] = json!({"version": "free"})).unwrap();
        assert_eq!(free.peak_running, 2);
    }

    #[test]
    fn the_schedule_is_one_that_can_be_stepped() {
        let simulated = ask(|_| {}).unwrap();
        let schedule = sim::Schedule::read(&simulated.schedule).unwrap();
        assert!(!schedule.turns().is_empty() && schedule.turns().len() <= limits::TURNS);
        assert_eq!(first_turns(&"ab!".repeat(limits::TURNS)).chars().filter(|c| *c != '!').count(), limits::TURNS);
        assert!(first_turns(&"ab!".repeat(limits::TURNS)).ends_with(['a', 'b']));
    }

    #[test]
    fn a_step_without_an_end_is_cut_short_and_that_is_said() {
        let simulated = ask(|s| s["threads"][0]["does"] = json!(["native-held 1ns"])).unwrap();
        assert!(simulated.lasted < 2_000_000_000 && simulated.trace_end <= simulated.lasted, "{}", simulated.lasted);
        assert!(simulated.notes.len() == 1 && simulated.events <= limits::EVENTS, "{:?}", simulated.notes);
        assert!(ask(|_| {}).unwrap().notes.is_empty());
    }

    #[test]
    fn too_many_spans_are_cut() {
        let ticks = |s: &mut Value| {
            s["gil"] = json!({"version": "2.7", "interval": 100});
            s["seconds"] = json!(1);
        };
        let mut scenario = json!({"cores": 2, "threads": [{"count": 4, "does": ["run 10us", "wait 1us"]}]});
        ticks(&mut scenario);
        let simulated = answer(Question { scenario, keep: Some(1_000_000_000) }).unwrap();
        let spans: usize = simulated.trace.lanes.iter().map(|lane| lane.spans.len()).sum();
        assert!(spans <= limits::SPANS && spans > limits::SPANS / 2, "{spans}");
        assert!(simulated.trace.end() <= simulated.trace_end);
    }
}
