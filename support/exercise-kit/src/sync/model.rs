//! How a driver runs its scenario: all interleavings, in turns, or as it comes.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::end::{self, Kind};
use super::engine::{Engine, choose};
use super::steps::{Step, i_am, with};
use super::{thread, turns};
use crate::run::Run;

/// An exploration that takes longer stops, and says that there is more. Only a program that spins needs as long.
const LONGEST: Duration = Duration::from_secs(3);

/// The limits of an exploration.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// What its line says.
    pub name: &'static str,
    /// The most preemptions of one execution.
    pub preemptions: usize,
    /// The most branches of one execution: a longer one is a livelock.
    pub branches: usize,
    /// Fewer executions mean that there was nothing to explore: the threads never met.
    pub least: usize,
    /// After so many it stops, and says so.
    pub most: usize,
    /// Whether a `try_lock` that fails is explored. It costs executions.
    pub tries: bool,
    /// Whether `yield_now` lets the others run first. If not, a loop around it is a livelock.
    pub yields: bool,
}

impl Model {
    /// The usual limits: two preemptions.
    pub fn new(name: &'static str, least: usize) -> Model {
        Model { name, preemptions: 2, branches: 1_000, least, most: 20_000, tries: false, yields: true }
    }
}

/// How far an exploration went. No execution failed: the first that does ends the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Executions of all plans.
    pub executions: usize,
    /// Whether these were all within the bound.
    pub complete: bool,
    /// The steps of the last execution.
    pub last: Vec<Step>,
}

/// Runs `body` in every interleaving within the limits, once for each plan: a number below `plans`, for [`super::plan`].
pub fn explore(model: Model, plans: u32, body: impl Fn(u32) + Send + Sync + 'static) -> Explored {
    end::watch();
    choose(Engine::Loom, model.tries, model.yields);
    let executions = Arc::new(AtomicUsize::new(0));
    let body = Arc::new(body);
    let mut complete = true;
    for plan in 0..plans {
        let (before, begun) = (executions.load(Relaxed), Instant::now());
        let most = (model.most / plans as usize).max(1);
        let mut builder = loom::model::Builder::new();
        // Overrides all LOOM_* variables: they are not the student's to set.
        builder.preemption_bound = Some(model.preemptions);
        builder.max_branches = model.branches;
        // loom looks at these two only so often, and then stops without a word.
        builder.max_duration = Some(LONGEST);
        builder.max_permutations = Some(most);
        builder.checkpoint_interval = most.min(250);
        builder.checkpoint_file = None;
        let (counted, body) = (Arc::clone(&executions), Arc::clone(&body));
        builder.check(move || {
            counted.fetch_add(1, Relaxed);
            with(super::steps::Log::begin);
            i_am(0);
            body(plan);
        });
        complete &= executions.load(Relaxed) - before < most && begun.elapsed() < LONGEST;
    }
    choose(Engine::Std, false, true);
    let executions = executions.load(Relaxed);
    let (name, least, bound) = (model.name, model.least, model.preemptions);
    let all = if complete { "all of them" } else { "there are more" };
    eprintln!(
        "loom: {name}: at most {bound} preemptions, {plans} plans, {executions} executions, {all} (at least {least})"
    );
    if executions < least {
        end::fail(
            Kind::Vacuous,
            format!("{executions} interleavings where there should be {least} or more: the threads never met"),
        );
    }
    Explored { executions, complete, last: with(|log| log.steps().to_vec()) }
}

/// How a run in turns goes.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    /// Steps of a turn.
    pub quantum: usize,
    /// So many steps after the thread before it each one sets out. 0: all together.
    pub lag: usize,
    /// So many steps of all threads together, and nobody has ended: a livelock.
    pub most: usize,
}

/// What a run in turns took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TookTurns {
    /// Steps of all threads together.
    pub steps: usize,
}

/// Runs `body` with threads that do so many steps each in turn. Deadlock and livelock end the process.
pub fn in_turns(how: Turns, body: impl FnOnce()) -> TookTurns {
    end::watch();
    choose(Engine::Turns, true, true);
    with(super::steps::Log::begin);
    turns::begin(how.quantum, how.lag, how.most);
    i_am(0);
    body();
    let steps = turns::steps();
    choose(Engine::Std, false, true);
    TookTurns { steps }
}

static RUNNING: Mutex<()> = Mutex::new(());

/// Runs `body` with std's threads, and records their lanes.
pub fn real<R>(run: &Run, body: impl FnOnce() -> R) -> R {
    let _one_at_a_time = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    choose(Engine::Std, false, true);
    with(super::steps::Log::begin);
    i_am(0);
    thread::record_lanes(run.clone());
    let done = body();
    thread::close_lane();
    done
}
