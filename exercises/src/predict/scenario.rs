//! A small scenario, drawn from random numbers: which lock, which machine, and what each thread does.

use gil_sim::sim::{Curve, Group, Kind, Machine, Outcome, Pairs, Setup, Speed, Step, run};
use lab::lang::Text;
use lab::text;

use super::random::Random;

pub const MS: u64 = 1_000_000;

/// A scenario. All times are whole milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub kind: Kind,
    /// The switch interval, in ms.
    pub interval: u64,
    pub cores: u64,
    /// The steps of each thread, and how often it repeats them.
    pub threads: Vec<(Vec<Step>, u64)>,
}

/// Threads that wait for a core get one after so long, in ns: the system shares the cores fairly.
const SLICE: u64 = 200_000;

impl Scenario {
    /// The lock of a level, 1 to 5.
    pub fn draw_kind(level: u64, random: &mut Random) -> Kind {
        let kinds: &[Kind] = match level {
            1 | 2 => &[Kind::Shared, Kind::Shared, Kind::Free],
            _ => &[Kind::Shared, Kind::Addressed, Kind::Addressed, Kind::Free],
        };
        random.of(kinds)
    }

    /// A scenario of a level.
    pub fn draw(level: u64, kind: Kind, random: &mut Random) -> Scenario {
        let threads = match level {
            1 => 2,
            2 => random.between(2, 3),
            5 => 4,
            _ => 3,
        };
        Scenario {
            kind,
            interval: if level < 3 { 5 } else { random.of(&[2, 5, 10, 20]) },
            cores: random.between(1, 4),
            threads: (0..threads).map(|n| thread(level, n, random)).collect(),
        }
    }

    /// For the simulator: every thread is a group of its own.
    pub fn setup(&self) -> Setup {
        let group = |(n, (steps, times)): (usize, &(Vec<Step>, u64))| Group {
            name: Text::same(name(n)),
            count: 1,
            interpreter: 0,
            steps: steps.clone(),
            times: Some(*times),
        };
        Setup {
            kind: self.kind,
            interval: self.interval * MS,
            groups: self.threads.iter().enumerate().map(group).collect(),
            end: 100_000 * MS,
            keep: 100_000 * MS,
            seed: 0,
        }
    }

    /// Simulated on a machine whose wake-ups and switches take some ten µs, and on one where they take next to nothing. A question
    /// whose answer depends on the difference cannot be answered by hand.
    pub fn run(&self) -> [Outcome; 2] {
        let typical = Machine { queued: Some(Curve::constant(SLICE)), ..Machine::typical(self.cores as usize) };
        let quick = Machine {
            wake: Pairs::constant(40, 10),
            enqueue: 10,
            dispatch: 20,
            signal_nobody: 3,
            late: Curve::constant(50),
            heard: Curve::constant(5),
            stolen: Pairs::constant(10, 10),
            back: Pairs::constant(40, 10),
            ..typical.clone()
        };
        [typical, quick].map(|machine| run(&self.setup(), &machine, &Speed::typical()))
    }

    /// How long a thread would take alone, in ms.
    pub fn alone(&self, thread: usize) -> u64 {
        let (steps, times) = &self.threads[thread];
        times * steps.iter().map(|step| length(*step)).sum::<u64>() / MS
    }

    /// The lock and the machine in a sentence.
    pub fn described(&self) -> Text {
        let (interval, cores, threads) = (self.interval, self.cores, self.threads.len());
        let lock = match self.kind {
            Kind::Shared => {
                text!("CPython 3.12, 전환 간격 {interval} ms", "CPython 3.12, switch interval {interval} ms")
            }
            Kind::Addressed => {
                text!("CPython 3.14, 전환 간격 {interval} ms", "CPython 3.14, switch interval {interval} ms")
            }
            Kind::Free | Kind::Ticks => text!("CPython 3.14t(GIL 없음)", "CPython 3.14t (no GIL)"),
        };
        let (ko, en) = (lock.ko, lock.en);
        text!(
            "{ko}, 코어 {cores}개. 스레드 {threads}개가 T1부터 차례로, 거의 동시에 시작합니다.",
            "{en}, cores: {cores}. The {threads} threads begin almost at once, T1 first."
        )
    }

    /// What a reader needs to work it out by hand.
    pub fn rules(&self) -> Text {
        let system = text!(
            "깨우기와 전환에 드는 수십 µs는 무시하십시오. 코어가 모자라면 운영체제가 공평하게 나누어 줍니다.",
            "Ignore the tens of µs of wake-ups and switches. If there are too few cores, the system shares them fairly."
        );
        if self.kind == Kind::Free {
            return system;
        }
        let (ko, en) = (system.ko, system.en);
        text!(
            "GIL을 기다리는 스레드는 줄을 섭니다. 전환 간격만큼 기다리면 줄의 맨 뒤로 가서 다시 기다리는데, 그동안 GIL이 한 번도 넘어가지 않았으면 GIL을 요청합니다. 계산하던 스레드는 요청을 받으면 GIL을 놓고 줄의 맨 뒤에 섭니다. GIL을 놓으면 줄의 맨 앞 스레드가 받습니다. {ko}",
            "Threads that wait for the GIL stand in a queue. One that has waited for a switch interval goes to its end and waits again; if the GIL has not changed hands meanwhile, it also asks for it. A thread that computes and is asked releases the GIL and goes to the end. When the GIL is released, the first in the queue gets it. {en}"
        )
    }

    /// What a thread does: "run 20 ms, wait 10 ms".
    pub fn does(&self, thread: usize) -> Text {
        let (steps, times) = &self.threads[thread];
        let words: Vec<Text> = steps.iter().map(|step| in_words(*step, self.kind)).collect();
        let list = |of: fn(&Text) -> &str| words.iter().map(of).collect::<Vec<_>>().join(" → ");
        let (ko, en) = (list(|word| &word.ko), list(|word| &word.en));
        match times {
            1 => Text { ko, en },
            _ => text!("({ko}) × {times}", "({en}) × {times}"),
        }
    }
}

/// The name of a thread.
pub fn name(thread: usize) -> String {
    format!("T{}", thread + 1)
}

fn length(step: Step) -> u64 {
    match step {
        Step::Run(ns) | Step::Wait(ns) | Step::Native(ns) | Step::NativeHeld(ns) => ns,
        Step::Echo(_) | Step::Lock(_) | Step::Unlock(_) => 0,
    }
}

fn in_words(step: Step, kind: Kind) -> Text {
    let ms = length(step) / MS;
    match step {
        Step::Run(_) => text!("계산 {ms} ms", "compute {ms} ms"),
        Step::Wait(_) => text!("I/O 대기 {ms} ms", "wait for I/O {ms} ms"),
        Step::Native(_) | Step::NativeHeld(_) if kind == Kind::Free => text!("C 코드 {ms} ms", "C code {ms} ms"),
        Step::Native(_) => text!("GIL을 놓는 C 코드 {ms} ms", "C code without the GIL {ms} ms"),
        Step::NativeHeld(_) => text!("GIL을 쥔 C 코드 {ms} ms", "C code with the GIL {ms} ms"),
        Step::Echo(_) | Step::Lock(_) | Step::Unlock(_) => Text::default(),
    }
}

/// What a thread does at a level: 1 computes only; 2 waits too; 3 repeats it; 4 has C code; 5 all of it.
fn thread(level: u64, number: u64, random: &mut Random) -> (Vec<Step>, u64) {
    let mut burst = |least, most| MS * 5 * random.between(least, most);
    let run = Step::Run(burst(2, 10));
    let (wait, more) = (Step::Wait(burst(2, 10)), Step::Run(burst(1, 6)));
    let (native, held) = (Step::Native(burst(4, 12)), Step::NativeHeld(burst(4, 12)));
    match level {
        1 => (vec![run], 1),
        2 => (random.of(&[vec![run], vec![run, wait, more], vec![wait, run]]), 1),
        3 => (random.of(&[vec![run], vec![run, wait], vec![wait, run], vec![more, wait]]), random.between(1, 3)),
        4 if number == 0 => (random.of(&[vec![native, run], vec![held, more], vec![run, native], vec![more, held]]), 1),
        4 => (random.of(&[vec![run], vec![run, native], vec![wait, run], vec![held, wait, more]]), 1),
        _ => {
            let all = [
                vec![run],
                vec![more, wait],
                vec![wait, run],
                vec![more, native],
                vec![held, wait],
                vec![native, more],
            ];
            (random.of(&all), random.between(1, 2))
        }
    }
}
