//! What is compared: a scenario, and one quantity of what comes of it.

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::text;

use crate::run_on_cpython::{ScenarioFigures, setup_for};
use crate::scenario::{FOREVER, Scenario};
use crate::sim::{Group, Kind, Setup, Step};
use crate::turns::Intervals;

const MS: u64 = 1_000_000;
/// CPU time of each thread in the CPU-bound cells, in ns.
const WORK: u64 = 500 * MS;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Quantity {
    /// Time of a round trip of this group, in ns: one over its rate.
    RoundTrip(usize),
    /// How long all of it lasted, over the same work in sequence.
    Ratio(Box<Setup>),
    /// How long all of it lasted, in ns.
    Wall,
    /// How often a second the GIL changed hands.
    Switches,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cell {
    pub(crate) name: Text,
    pub(crate) quantity: Quantity,
    setup: Setup,
}

/// What one run says of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Played {
    /// The quantity; None where the run does not tell.
    pub(crate) value: Option<f64>,
    /// How many switch intervals each round trip waited beyond what it takes without a GIL.
    pub(crate) waited: Intervals,
}

impl Cell {
    /// The cell where `happens` runs or simulates a setup.
    pub(crate) fn played(
        &self,
        mut happens: impl FnMut(&Setup) -> Result<ScenarioFigures, Text>,
    ) -> Result<Played, Text> {
        let played = happens(&self.setup)?;
        let value = match &self.quantity {
            Quantity::RoundTrip(group) => played.rates.get(*group).filter(|rate| **rate > 0.0).map(|rate| 1e9 / rate),
            Quantity::Wall => played.wall,
            Quantity::Switches => played.switches,
            Quantity::Ratio(one) => {
                let alone = happens(one)?.wall;
                let threads: usize = self.setup.groups.iter().map(|g| g.count).sum();
                played.wall.zip(alone).map(|(all, one)| all / (one * threads as f64))
            }
        };
        let waited = match self.quantity {
            Quantity::RoundTrip(group) if has_intervals(self.setup.kind) => {
                let latencies = played.latencies.get(group).map_or(&[][..], Vec::as_slice);
                Intervals::of(latencies, own_time(&self.setup.groups[group]), self.setup.interval as f64)
            }
            _ => Intervals::default(),
        };
        Ok(Played { value, waited })
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Whether somebody answers at once: then who is first back at the lock is a race, and a run may be one of two very different ones.
    pub(crate) fn answers_at_once(&self) -> bool {
        self.setup.groups.iter().flat_map(|group| &group.steps).any(|step| *step == Step::Echo(0))
    }
}

fn has_intervals(kind: Kind) -> bool {
    matches!(kind, Kind::Shared | Kind::Addressed)
}

/// What a round of a group takes by itself, in ns.
fn own_time(group: &Group) -> f64 {
    let of = |step: &Step| match *step {
        Step::Run(FOREVER) | Step::Lock(_) | Step::Unlock(_) => 0,
        Step::Run(ns) | Step::Wait(ns) | Step::Native(ns) | Step::NativeHeld(ns) | Step::Echo(ns) => ns,
    };
    group.steps.iter().map(of).sum::<u64>() as f64
}

/// The switch interval in ns. Python 2 counts ticks, taken as 15 ns each.
pub(crate) fn interval_ns(setup: &Setup) -> u64 {
    if setup.kind == Kind::Ticks { setup.interval * 15 } else { setup.interval }
}

/// Everything in a scenario that can be compared.
pub(crate) fn of_scenario(python: &Interpreter, scenario: &Scenario) -> Result<Vec<Cell>, Text> {
    let setup = setup_for(python, scenario)?;
    let cell = |name, quantity| Cell { name, quantity, setup: setup.clone() };
    let computes = |group: &Group| group.steps.iter().all(|step| matches!(step, Step::Run(_)));
    let mut cells = Vec::new();
    for (g, group) in setup.groups.iter().enumerate() {
        if group.steps != [Step::Run(FOREVER)] && group.times.is_none() {
            let (ko, en) = (&group.name.ko, &group.name.en);
            cells.push(cell(text!("{ko}: 한 번", "{en}: a round"), Quantity::RoundTrip(g)));
        }
    }
    if setup.groups.iter().all(|group| group.times.is_some()) {
        cells.push(cell(text!("전체 시간", "total time"), Quantity::Wall));
    }
    if setup.groups.iter().all(computes) {
        cells.push(cell(text!("초당 전환", "switches a second"), Quantity::Switches));
    }
    Ok(cells)
}

/// The cells that come with the program, for the lock that this interpreter has.
pub(crate) fn shipped(python: &Interpreter, grid: bool) -> Result<Vec<Cell>, Text> {
    let kind = setup_for(python, &of_groups(Vec::new(), 5 * MS))?.kind;
    let (intervals, delays): (&[u64], &[u64]) = match (kind, grid) {
        (Kind::Ticks, _) => (&[100], &[0, MS]),
        (_, true) => (&[MS / 2, MS, 5 * MS, 20 * MS], &[0, MS / 5, MS]),
        (_, false) => (&[5 * MS], &[0, MS / 5, MS]),
    };
    let mut cells = cpu_bound(kind);
    let least = usize::from(kind != Kind::Ticks);
    for threads in least..=2 {
        for &delay in delays {
            for &interval in intervals {
                cells.push(convoy(kind, threads, delay, interval));
            }
        }
    }
    Ok(cells)
}

fn of_groups(groups: Vec<Group>, interval: u64) -> Scenario {
    let setup = Setup { kind: Kind::Shared, interval, groups, end: 1000 * MS, keep: 0, seed: 1 };
    Scenario { title: Text::default(), version: String::new(), cores: None, setup }
}

fn default_interval(kind: Kind) -> u64 {
    if kind == Kind::Ticks { 100 } else { 5 * MS }
}

fn cpu_bound(kind: Kind) -> Vec<Cell> {
    let with = |count| {
        let work =
            Group { name: Text::same("CPU"), count, interpreter: 0, steps: vec![Step::Run(WORK)], times: Some(1) };
        Setup { kind, interval: default_interval(kind), groups: vec![work], end: 60_000 * MS, keep: 0, seed: 1 }
    };
    let mut cells: Vec<Cell> = [2, 4]
        .map(|n| Cell {
            name: text!("CPU {n}개: 순차 실행의 몇 배", "{n} CPU: time / time in sequence"),
            quantity: Quantity::Ratio(Box::new(with(1))),
            setup: with(n),
        })
        .into();
    // Python 2 hands over so often that a thread cannot see its own pauses.
    if kind != Kind::Ticks && kind != Kind::Free {
        let name = text!("CPU 2개: 초당 전환", "2 CPU: switches a second");
        cells.push(Cell { name, quantity: Quantity::Switches, setup: with(2) });
    }
    cells
}

fn convoy(kind: Kind, threads: usize, delay: u64, interval: u64) -> Cell {
    let cpu =
        Group { name: Text::same("CPU"), count: threads, interpreter: 0, steps: vec![Step::Run(FOREVER)], times: None };
    let io = Group { name: Text::same("I/O"), count: 1, interpreter: 0, steps: vec![Step::Echo(delay)], times: None };
    let groups: Vec<Group> = [cpu, io].into_iter().filter(|g| g.count > 0).collect();
    let io = groups.len() - 1;
    let setup = Setup { kind, interval, groups, end: 0, keep: 0, seed: 1 };
    // Long enough for a hundred round trips even where each costs two intervals.
    let end = (200 * interval_ns(&setup)).clamp(1000 * MS, 5000 * MS);
    let (delay, interval) = (short(delay), if kind == Kind::Ticks { "100".to_owned() } else { short(interval) });
    Cell {
        name: text!(
            "CPU {threads}개, 응답 지연 {delay}, 전환 간격 {interval}",
            "{threads} CPU, answer after {delay}, interval {interval}"
        ),
        quantity: Quantity::RoundTrip(io),
        setup: Setup { end, ..setup },
    }
}

/// A duration for a heading: "5 ms".
fn short(ns: u64) -> String {
    let words = unit::duration(ns as f64);
    words.replace(".00 ", " ").replace(".0 ", " ")
}
