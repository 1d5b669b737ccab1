//! What is replayed: a few programs of two and three threads, and schedules of them.

use gil_sim::sim::{
    self, Curve, Group, Kind, Machine, Pairs, Phase, Schedule, Setup, Speed, Steals, Step, Stepper, Turn,
};
use lab::lang::Text;

const US: u64 = 1000;

/// One in this many possible time-outs is taken; one in this many signals goes to the newest waiter.
const RARELY: u64 = 4;

/// The most turns of a random schedule.
const MOST: usize = 4000;

/// A name, and groups of threads that end.
pub type Scenario = (&'static str, fn() -> Vec<Group>);

fn group(count: usize, times: u64, steps: &[Step]) -> Group {
    Group { name: Text::same("t"), count, interpreter: 0, steps: steps.to_vec(), times: Some(times) }
}

/// The intervals are 200 µs, or 100 ticks.
pub const SCENARIOS: [Scenario; 6] = [
    ("two compute", || vec![group(2, 2, &[Step::Run(900 * US)])]),
    ("three compute", || vec![group(3, 2, &[Step::Run(700 * US)])]),
    ("two go in and out", || vec![group(2, 4, &[Step::Run(150 * US), Step::Native(30 * US)])]),
    ("three go in and out", || {
        vec![group(3, 3, &[Step::Run(250 * US), Step::Native(40 * US), Step::Run(20 * US), Step::Wait(100 * US)])]
    }),
    ("a convoy", || vec![group(1, 1, &[Step::Run(3000 * US)]), group(1, 3, &[Step::Echo(100 * US)])]),
    ("native code that keeps it", || {
        vec![
            group(2, 3, &[Step::Run(50 * US), Step::NativeHeld(500 * US)]),
            group(1, 3, &[Step::Run(80 * US), Step::Wait(50 * US)]),
        ]
    }),
];

/// A scenario under a lock.
pub fn setup(kind: Kind, groups: Vec<Group>, seed: u64) -> Setup {
    let interval = if kind == Kind::Ticks { 2000 } else { 200 * US };
    Setup { kind, interval, groups, end: 1_000_000 * US, keep: 0, seed }
}

/// The schedule of a seeded run of the simulator, on a machine with varying latencies; the seed also sets the number of cores.
pub fn recorded(setup: &Setup) -> Schedule {
    let curve = |low: u64, high: u64| Curve { points: vec![(1, (0..8).map(|i| low + (high - low) * i / 7).collect())] };
    let machine = Machine {
        wake: Pairs { points: vec![(0, vec![(1000, 500), (9000, 3000), (20_000, 12_000), (60_000, 2000)])] },
        late: curve(1000, 90_000),
        heard: curve(100, 30_000),
        steals: Steals { points: vec![(1, vec![(100, 0.9), (30_000, 0.1)])] },
        stolen: Pairs { points: vec![(1, vec![(1000, 500), (9000, 3000), (40_000, 12_000)])] },
        back: Pairs { points: vec![(1, vec![(1000, 500), (20_000, 2000), (60_000, 12_000)])] },
        cold_signal: curve(1, 9000),
        ..Machine::typical(1 + setup.seed as usize % 3)
    };
    let outcome = sim::run(setup, &machine, &Speed::typical());
    assert!(outcome.threads.iter().all(|t| t.done.is_some()), "every scenario of the replay ends");
    let schedule = Schedule::read(&outcome.schedule).unwrap();
    followed(setup, schedule)
}

/// The schedule as far as the stepper follows it: to its end. Only with Python 2 it may stop earlier: the letters do not say how much of
/// its work a thread had done when another came, so the number of releases is not known.
fn followed(setup: &Setup, schedule: Schedule) -> Schedule {
    let mut stepper = Stepper::new(setup);
    let stops = schedule.turns().iter().find(|turn| !stepper.go(**turn));
    assert!(stops.is_none() || setup.kind == Kind::Ticks, "{schedule}: the simulator itself refuses {stops:?}");
    assert!(stepper.turns().len() > 5, "{schedule}: it stops too early");
    stepper.schedule()
}

/// A random schedule, as a reader might choose turns in `step`: waits time out at any moment, signals go to the newest waiter.
pub fn drawn(setup: &Setup) -> Schedule {
    let mut dice = Dice(setup.seed);
    let mut stepper = Stepper::new(setup);
    while stepper.turns().len() < MOST {
        let choices = stepper.choices();
        let Some(turn) = dice.of(&choices) else { break };
        if turn.by_time && !dice.rarely() {
            continue;
        }
        assert!(stepper.go(Turn { overtakes: !turn.by_time && dice.rarely(), ..*turn }), "it was among the choices");
    }
    let threads = setup.groups.iter().map(|group| group.count).sum();
    let cut = stepper.turns().len() >= MOST;
    assert!(cut || (0..threads).all(|t| stepper.phase(t) == Phase::Done), "a thread never gets the lock");
    stepper.schedule()
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.throw() % (all.len() as u64).max(1);
        all.get(at as usize)
    }

    fn rarely(&mut self) -> bool {
        self.throw().is_multiple_of(RARELY)
    }
}
