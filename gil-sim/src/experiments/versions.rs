//! The same scenario under every lock that CPython has had: in the simulator, so that nothing else differs.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- versions`.

use std::path::Path;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Front, Measure, Report, Table, Unit};
use lab::trace::{Lane, Span, State, Trace};
use lab::{Result, text};

use crate::convoy::workload::{Workload, ns};
use crate::lock::CHECK_INTERVAL;
use crate::scenario::{self, file_of};
use crate::sim::{self, Curve, Group, Kind, Machine, Outcome, Setup, Speed, Step};
use crate::vm::version::Version;
use crate::{SWITCH_INTERVAL, options};

/// Cores, where a scenario does not say.
const CORES: usize = 2;
/// The claim that only locks without a GIL contradict.
const ONE_AT_A_TIME: &str = "gil-one-thread-at-a-time";
/// How long the built-in scenario lasts.
const LASTING: Duration = Duration::from_millis(30);
/// How long a queued thread waits before it preempts a running one, in ns. Where no thread gives up its core, as
/// without a GIL, a thread that is queued for ever would show the machine and not the lock.
const MOST_QUEUED: u64 = 100_000;

/// A lock, and who shares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockVariant {
    pub id: &'static str,
    pub kind: Kind,
    /// Whether the threads are in two interpreters, each with a lock of its own (PEP 684).
    pub two: bool,
}

/// All of them, in order of time.
pub const LOCK_VARIANTS: [LockVariant; 5] = [
    LockVariant { id: "2.7", kind: Kind::Ticks, two: false },
    LockVariant { id: "3.12", kind: Kind::Shared, two: false },
    LockVariant { id: "3.12-interpreters", kind: Kind::Shared, two: true },
    LockVariant { id: "3.13", kind: Kind::Addressed, two: false },
    LockVariant { id: "3.13t", kind: Kind::Free, two: false },
];

/// What the first screen shows: hand-overs by ticks, hand-overs on request, and none.
const FRONT: [&str; 3] = ["2.7", "3.12", "3.13t"];

impl LockVariant {
    /// What readers call it.
    pub fn name(self) -> Text {
        match self.id {
            "2.7" => Text::same(Version::Py2.name()),
            "3.12" => Text::same("3.2–3.12"),
            "3.12-interpreters" => text!("3.12, 인터프리터 둘", "3.12, two interpreters"),
            "3.13" => Text::same(Version::Py313.name()),
            "3.13t" => {
                let free = Version::Free.name();
                text!("{free}, 락 없음", "{free}, no lock")
            }
            id => Text::same(id),
        }
    }
}

/// `gil-sim versions FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options::scenario(&mut options, Some(text!("호위 효과", "the convoy effect")));
    let about = text!(
        "가상 시간(초) (기본 0.03, 파일이 있으면 파일에 적힌 길이)",
        "seconds of virtual time (default 0.03, or as in the file)"
    );
    let seconds = options.seconds_if_given("seconds", 0.000_001..=3600.0, about);
    Experiment::new(
        "versions",
        text!("모든 버전의 락에서 같은 시나리오 실행", "the same scenario under the lock of every version"),
        options,
        move |a| run(a.get(file).as_deref(), a.get(seconds)),
    )
}

/// Simulates the convoy with two CPU-bound threads, or the scenario of a file, for `lasting` or as long as the scenario lasts.
pub fn run(file: Option<&Path>, lasting: Option<Duration>) -> Result<Report> {
    let (title, mut setup, cores) = match file {
        Some(file) => {
            let scenario = scenario::read(&file_of(file))?;
            (scenario.title, scenario.setup, scenario.cores)
        }
        None => built_in(),
    };
    if let Some(lasting) = lasting {
        setup.end = ns(lasting);
    }
    let cores = cores.unwrap_or(CORES);
    let outcomes: Vec<(LockVariant, Outcome)> =
        LOCK_VARIANTS.into_iter().map(|variant| (variant, simulate(&setup, variant, cores))).collect();
    let mut report = Report::new("gil-sim/versions");
    report.traces = small_multiples(&title, &outcomes);
    report.tables = vec![table(&setup, &outcomes)];
    report.measures = outcomes.iter().flat_map(|(variant, outcome)| measures(*variant, &setup, outcome)).collect();
    report.measures_in_tables = true;
    report.verdicts = outcomes.iter().flat_map(|(variant, outcome)| judge(*variant, outcome, cores)).collect();
    report.verdicts.push(is_a_mutex(&outcomes, cores));
    report.notes = notes(&setup, cores);
    report.shows = shows(&outcomes, cores);
    report.front =
        FRONT.iter().filter_map(|id| LOCK_VARIANTS.iter().position(|v| v.id == *id)).map(Front::Trace).collect();
    Ok(report)
}

/// One I/O thread beside two that compute.
pub(crate) fn built_in() -> (Text, Setup, Option<usize>) {
    let delay = Duration::from_millis(1);
    let load = Workload { cpu: 2, io: true, delay, interval: SWITCH_INTERVAL, lasting: LASTING };
    (text!("호위 효과", "the convoy effect"), load.setup(), None)
}

/// The scenario under this lock, on a made-up machine.
pub fn simulate(setup: &Setup, variant: LockVariant, cores: usize) -> Outcome {
    let interval = match (setup.kind, variant.kind) {
        (Kind::Ticks, Kind::Ticks) => setup.interval,
        (_, Kind::Ticks) => CHECK_INTERVAL,
        (Kind::Ticks, _) => ns(SWITCH_INTERVAL),
        _ => setup.interval,
    };
    let groups = if variant.two { in_two(&setup.groups) } else { in_one(&setup.groups) };
    let setup = Setup { kind: variant.kind, interval, groups, keep: u64::MAX, ..setup.clone() };
    let machine = Machine { queued: Some(Curve::constant(MOST_QUEUED)), ..Machine::typical(cores) };
    sim::run(&setup, &machine, &Speed::typical())
}

fn in_one(groups: &[Group]) -> Vec<Group> {
    groups.iter().cloned().map(|group| Group { interpreter: 0, ..group }).collect()
}

/// As the scenario distributes them; otherwise threads alternate between the two interpreters. Groups are split for that, in
/// order, so that the threads keep their numbers.
fn in_two(groups: &[Group]) -> Vec<Group> {
    if groups.iter().any(|group| group.interpreter > 0) {
        return groups.to_vec();
    }
    let members = groups.iter().flat_map(|group| {
        (0..group.count).map(move |i| {
            let Text { ko, en } = &group.name;
            let name = if group.count > 1 { text!("{ko} {i}", "{en} {i}") } else { group.name.clone() };
            Group { name, count: 1, ..group.clone() }
        })
    });
    members.enumerate().map(|(n, group)| Group { interpreter: n % 2, ..group }).collect()
}

/// One picture each, all of the same length: where a run ended earlier, its longest lane is idle to the end.
fn small_multiples(title: &Text, outcomes: &[(LockVariant, Outcome)]) -> Vec<Trace> {
    let end = outcomes.iter().map(|(_, outcome)| outcome.trace.end()).max().unwrap_or(0);
    let Text { ko, en } = title;
    let picture = |(variant, outcome): &(LockVariant, Outcome)| {
        let mut trace = outcome.trace.clone();
        let name = variant.name();
        trace.title = Text { ko: format!("{}: {ko}", name.ko), en: format!("{}: {en}", name.en) };
        let last = |lane: &Lane| lane.spans.last().map_or(0, |span| span.end);
        if let Some(lane) = trace.lanes.iter_mut().max_by_key(|lane| last(lane)) {
            let start = last(lane);
            if start < end {
                lane.spans.push(Span { state: State::Idle, start, end });
            }
        }
        trace
    };
    outcomes.iter().map(picture).collect()
}

/// Rounds of the threads that do more than compute.
fn io_rounds(setup: &Setup, outcome: &Outcome) -> u64 {
    let waits = members(setup).map(|group| group.steps.iter().any(|step| !matches!(step, Step::Run(_))));
    outcome.threads.iter().zip(waits).filter(|(_, waits)| *waits).map(|(thread, _)| thread.rounds).sum()
}

/// The group of each thread, in the order of the threads; it is the same whoever shares the lock.
fn members(setup: &Setup) -> impl Iterator<Item = &Group> {
    setup.groups.iter().flat_map(|group| std::iter::repeat_n(group, group.count))
}

/// Time for which the threads were on a core and computed, all together, in ns.
fn computed(outcome: &Outcome) -> u64 {
    outcome.trace.lanes.iter().map(|lane| lane.time_in(State::Running)).sum()
}

/// The verdicts on one lock: that its threads run one at a time and take turns; that two locks, or none, let two run at once.
fn judge(variant: LockVariant, outcome: &Outcome, cores: usize) -> Vec<Verdict> {
    let (Text { ko, en }, switches) = (variant.name(), outcome.switches);
    let on = text!("gil-sim, {ko}", "gil-sim, {en}");
    let peak = outcome.trace.peak_in_flight(&[State::Running]);
    let at_once = text!("동시에 실행된 스레드 최대 {peak}개", "at most {peak} running at once");
    let unable = match (outcome.threads.len(), cores) {
        (..2, _) => Some(text!("스레드가 하나뿐입니다", "there is only one thread")),
        (_, ..2) => Some(text!("코어가 하나뿐입니다", "there is only one core")),
        _ => None,
    };
    if let Some(why) = unable {
        return vec![Verdict::not_measured(ONE_AT_A_TIME, on, why)];
    }
    if variant.two {
        return vec![Verdict::seen("interpreters-own-gil", on, peak > 1, at_once)];
    }
    let mut verdicts = vec![Verdict::seen(ONE_AT_A_TIME, on.clone(), peak <= 1, at_once)];
    if variant.kind != Kind::Free {
        let handed_over = text!("전환 {switches}번", "{switches} switches");
        // A new lock's first taker counts as a switch.
        verdicts.push(Verdict::seen("gil-threads-take-turns", on, switches > 1, handed_over));
    }
    verdicts
}

/// The same threads on the same cores, without a lock and under one: the lock must be what makes them run one at a time.
fn is_a_mutex(outcomes: &[(LockVariant, Outcome)], cores: usize) -> Verdict {
    const CLAIM: &str = "gil-is-a-mutex";
    let peak = |id: &str| {
        let found = outcomes.iter().find(|(variant, _)| variant.id == id);
        found.map_or(0, |(_, outcome)| outcome.trace.peak_in_flight(&[State::Running]))
    };
    let (free, locked) = (peak("3.13t"), peak("3.12"));
    if free < 2 {
        let why = text!(
            "코어 {cores}개에서 락 없이도 동시에 실행된 스레드가 없습니다",
            "no two threads ran at once even without a lock; cores: {cores}"
        );
        return Verdict::not_measured(CLAIM, "gil-sim", why);
    }
    let evidence = text!(
        "동시에 실행된 스레드 최대 {free}개, 락을 씌우면 {locked}개",
        "at most {free} running at once, under the lock {locked}"
    );
    Verdict::seen(CLAIM, "gil-sim", locked <= 1, evidence)
}

fn table(setup: &Setup, outcomes: &[(LockVariant, Outcome)]) -> Table {
    let human = |ns: u64| Text::same(unit::duration(ns as f64));
    let rows = outcomes.iter().map(|(variant, outcome)| {
        vec![
            variant.name(),
            Text::same(outcome.switches.to_string()),
            Text::same(io_rounds(setup, outcome).to_string()),
            human(computed(outcome)),
            Text::same(format!("{:.2}", outcome.trace.mean_in_flight(State::Running))),
            human(outcome.lasted),
        ]
    });
    Table {
        title: text!("같은 시나리오, 다른 락", "The same scenario under each lock"),
        head: vec![
            text!("버전", "version"),
            text!("전환", "switches"),
            text!("I/O 횟수", "I/O rounds"),
            text!("CPU 시간", "CPU time"),
            text!("동시에 실행(평균)", "at once (mean)"),
            text!("가상 시간", "virtual time"),
        ],
        rows: rows.collect(),
    }
}

fn measures(variant: LockVariant, setup: &Setup, outcome: &Outcome) -> Vec<Measure> {
    let (Text { ko, en }, id) = (variant.name(), variant.id);
    let one = |what: &str, name: Text, unit, n: u64| Measure::new(format!("{what}.{id}"), name, unit, vec![n as f64]);
    vec![
        one("switches", text!("{ko}: 전환", "{en}: switches"), Unit::Count, outcome.switches),
        one("rounds", text!("{ko}: I/O 횟수", "{en}: I/O rounds"), Unit::Count, io_rounds(setup, outcome)),
        one("cpu", text!("{ko}: CPU 시간", "{en}: CPU time"), Unit::Ns, computed(outcome)),
    ]
}

fn notes(setup: &Setup, cores: usize) -> Vec<Text> {
    let (ticks, interval) = match setup.kind {
        Kind::Ticks => (setup.interval, ns(SWITCH_INTERVAL)),
        _ => (CHECK_INTERVAL, setup.interval),
    };
    let interval = unit::duration(interval as f64);
    vec![
        text!(
            "코어가 {cores}개인 가상의 컴퓨터에서 시뮬레이터가 계산한 가상 시간입니다. 어디서 실행해도 결과가 같습니다. 전환 간격은 {interval}, 2.7에서는 {ticks}틱입니다.",
            "Virtual time of the simulator on a made-up machine of {cores} cores: the same everywhere. The switch interval is {interval}, in 2.7 {ticks} ticks."
        ),
        text!(
            "CPU 시간은 코어에서 실행한 시간의 합입니다. 코어를 기다린 시간은 포함하지 않으며, 그림에서는 차례 대기로 표시합니다. I/O 횟수는 계산만 하는 스레드를 제외한 스레드들이 반복한 횟수입니다.",
            "CPU time is the time on a core, added up. Waiting for a core is not in it; the drawing shows it as ready. I/O rounds are those of the threads that do more than compute."
        ),
    ]
}

fn shows(outcomes: &[(LockVariant, Outcome)], cores: usize) -> Text {
    let peak = |id: &str| {
        let found = outcomes.iter().find(|(variant, _)| variant.id == id);
        found.map_or(0, |(_, outcome)| outcome.trace.peak_in_flight(&[State::Running]))
    };
    let switches = |id: &str| outcomes.iter().find(|(variant, _)| variant.id == id).map_or(0, |(_, o)| o.switches);
    let (old, new) = (switches("2.7"), switches("3.12"));
    let (one, two, free) = (peak("3.12"), peak("3.12-interpreters"), peak("3.13t"));
    text!(
        "스레드는 그대로 두고 코어 {cores}개에서 락만 바꾸었습니다. 동시에 실행되는 스레드는 GIL이 하나면 최대 {one}개, 인터프리터가 둘이면 {two}개, 락이 없으면 {free}개입니다. 2.7은 {old}번, 3.12는 {new}번 전환했습니다.",
        "On {cores} cores at most {one} thread ran at once under one GIL, {two} with two interpreters, {free} without a lock. 2.7 switched {old} times, 3.12 {new} times."
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::claims;

    /// The known-wrong lock is none.
    #[test]
    fn a_lock_that_lets_two_run_refutes_the_claim() {
        let (_, setup, _) = built_in();
        let of = |id: &str| *LOCK_VARIANTS.iter().find(|variant| variant.id == id).unwrap();
        let verdict = |lock: LockVariant, cores| {
            let run = |variant: LockVariant| simulate(&setup, variant, cores);
            let outcomes = [(of("3.12"), run(lock)), (of("3.13t"), run(of("3.13t")))];
            is_a_mutex(&outcomes, cores).outcome
        };
        assert_eq!(verdict(of("3.12"), 2), claims::Outcome::Holds);
        assert_eq!(verdict(of("3.13t"), 2), claims::Outcome::DoesNotHold);
        assert!(matches!(verdict(of("3.12"), 1), claims::Outcome::NotMeasured(_)));
    }
}
