//! Verdicts on parallelism, by how many cores a program kept busy: CPU seconds over wall seconds.
//!
//! On a busy machine a program gets less CPU than it asks for, never more: "more than one core" is proof of parallelism, and
//! "one core" is proof of the contrary only where nobody else wanted the cores.

use crate::claims::Verdict;
use crate::clock;
use crate::lang::Text;
use crate::machine::{self, Watch, Watched};
use crate::python;
use crate::report::Unit;
use crate::report::unit;
use crate::text;
use crate::trace::{State, Trace};

/// More cores than this, on average, is parallel work. One thread can never reach it; the rest is for the ends of a run, where
/// some have finished.
pub const PARALLEL: f64 = 1.2;

/// Others used so much of the machine that "one core" proves nothing, as a share of it.
const TOO_BUSY: f64 = 0.25;

/// Less CPU time than this, in ns, and starting the work may take as long as doing it: nothing can be concluded.
const TOO_LITTLE: f64 = 50e6;

/// The claim on threads that compute under a GIL, and the one on those without.
const GIL_THREADS: &str = "threads-cpu-no-gain";
const FREE_THREADS: &str = "no-gil-threads-parallel";

/// How many cores a piece of work kept busy.
#[derive(Clone, Copy, Debug)]
pub struct CoresUsed {
    /// CPU time over wall time; `None` where the system does not tell.
    pub cores: Option<f64>,
    /// Wall time in ns.
    pub wall: f64,
    /// Which share of the machine others used meanwhile; `None` where the system does not tell.
    pub foreign: Option<f64>,
}

impl CoresUsed {
    /// Does the work in this process, and looks at the clocks before and after.
    pub fn during<T>(work: impl FnOnce() -> T) -> (T, CoresUsed) {
        let mut meter = Meter::default();
        let done = meter.during(work);
        (done, meter.used())
    }

    /// Of a trace whose lanes are running only while they are on a core.
    pub fn of_trace(trace: &Trace, foreign: Option<f64>) -> CoresUsed {
        CoresUsed { cores: Some(trace.mean_in_flight(State::Running)), wall: trace.duration() as f64, foreign }
    }

    /// A verdict on a claim that says the work is parallel.
    pub fn parallel(self, claim: &str, on: impl Into<Text>) -> Verdict {
        self.judge(claim, on.into(), |cores| cores > PARALLEL)
    }

    /// A verdict on a claim that says the work is not parallel.
    pub fn serial(self, claim: &str, on: impl Into<Text>) -> Verdict {
        self.judge(claim, on.into(), |cores| cores <= PARALLEL)
    }

    /// A verdict on threads that compute: under a GIL they must not be parallel, without one they must be. Where it is not known
    /// which of the two is claimed, nothing can be judged.
    pub fn threads(self, gil: Option<bool>, on: impl Into<Text>) -> Verdict {
        match gil {
            Some(true) => self.serial(GIL_THREADS, on),
            Some(false) => self.parallel(FREE_THREADS, on),
            None => Verdict::not_measured(GIL_THREADS, on, python::unknown_gil()),
        }
    }

    fn judge(self, claim: &str, on: Text, holds: impl Fn(f64) -> bool) -> Verdict {
        match self.cores {
            Some(cores) if cores > PARALLEL => Verdict::seen(claim, on, holds(cores), evidence(cores)),
            Some(cores) => match self.why_not() {
                Some(why) => Verdict::not_measured(claim, on, why),
                None => Verdict::seen(claim, on, holds(cores), evidence(cores)),
            },
            None => {
                let why = text!("이 시스템은 CPU 시간을 알려 주지 않습니다", "this system does not tell CPU times");
                Verdict::not_measured(claim, on, why)
            }
        }
    }

    /// Why one core proves nothing here, if so.
    fn why_not(self) -> Option<Text> {
        if machine::cores() < 2 {
            return Some(text!("코어가 하나뿐입니다", "there is only one core"));
        }
        // A busy machine first: it leaves little of the work that would be enough on an idle one.
        if let Some(why) = too_busy(self.foreign) {
            return Some(why);
        }
        if self.cores.unwrap_or_default() * self.wall < TOO_LITTLE {
            return Some(text!("판단하기에는 작업량이 너무 적습니다", "too little work to tell"));
        }
        if self.foreign.is_none() && Watch::can_tell() {
            return Some(text!(
                "너무 짧아 그동안 컴퓨터가 얼마나 바빴는지 알 수 없습니다",
                "it was too short to tell how busy the machine was meanwhile"
            ));
        }
        None
    }
}

/// Measures work that is done in several rounds: they count together, so that short rounds can be judged too.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    wall: u64,
    /// `None` once the system did not tell.
    cpu: Option<u64>,
    rounds: u32,
    watched: Watched,
}

impl Meter {
    /// Does one round in this process, and looks at the clocks before and after.
    pub fn during<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let (watch, wall, cpu) = (Watch::start(), clock::now(), clock::cpu());
        let done = work();
        self.wall += clock::now() - wall;
        let spent = clock::cpu().zip(cpu).map(|(after, before)| after - before);
        let before = if self.rounds == 0 { Some(0) } else { self.cpu };
        self.cpu = before.zip(spent).map(|(before, spent)| before + spent);
        self.rounds += 1;
        self.watched.add(watch);
        done
    }

    /// All rounds together.
    pub fn used(&self) -> CoresUsed {
        let wall = self.wall.max(1) as f64;
        CoresUsed { cores: self.cpu.map(|cpu| cpu as f64 / wall), wall, foreign: self.watched.foreign() }
    }
}

/// Why a measurement during which others used this share of the machine proves nothing, if so.
pub fn too_busy(foreign: Option<f64>) -> Option<Text> {
    let share = unit::value(foreign.filter(|share| *share > TOO_BUSY)?, Unit::Share);
    Some(text!("다른 프로그램이 컴퓨터의 {share}를 쓰고 있었습니다", "other programs used {share} of the machine"))
}

/// "1.92 cores busy on average".
pub fn evidence(cores: f64) -> Text {
    text!("평균 {cores:.2}개의 코어를 썼음", "{cores:.2} cores busy on average")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Outcome;

    fn outcome(cores: f64, wall: f64, foreign: f64) -> Outcome {
        CoresUsed { cores: Some(cores), wall, foreign: Some(foreign) }.parallel("x", "Rust").outcome
    }

    #[test]
    fn more_than_one_core_is_parallel_however_busy_the_machine() {
        assert_eq!(outcome(1.9, 1e9, 0.0), Outcome::Holds);
        assert_eq!(outcome(1.5, 1e9, 0.9), Outcome::Holds);
        assert_eq!(outcome(1.5, 1e6, 0.0), Outcome::Holds, "however little the work");
    }

    #[test]
    fn one_core_is_serial_only_where_two_were_to_be_had() {
        let idle = outcome(1.0, 1e9, 0.0);
        if machine::cores() < 2 {
            return assert!(matches!(idle, Outcome::NotMeasured(_)));
        }
        assert_eq!(idle, Outcome::DoesNotHold);
        assert!(matches!(outcome(0.6, 1e9, 0.6), Outcome::NotMeasured(_)), "too busy to tell");
        assert!(matches!(outcome(1.0, 1e6, 0.0), Outcome::NotMeasured(_)), "too little work to tell");
        let Outcome::NotMeasured(why) = outcome(0.3, 1e8, 0.6) else { panic!("little work on a busy machine") };
        assert!(why.en.contains("other programs"), "that the machine was busy is the reason: {}", why.en);
        let unknown = CoresUsed { cores: Some(1.0), wall: 1e9, foreign: None }.parallel("x", "Rust").outcome;
        let expected = if Watch::can_tell() { "not measured" } else { "does not hold" };
        assert_eq!(matches!(unknown, Outcome::NotMeasured(_)), Watch::can_tell(), "{expected}");
    }

    #[test]
    fn rounds_that_are_too_short_alone_are_judged_together() {
        let mut meter = Meter::default();
        for _ in 0..3 {
            meter.during(|| std::thread::sleep(std::time::Duration::from_millis(30)));
        }
        let used = meter.used();
        assert!(used.wall >= 90e6, "three rounds of 30 ms: {used:?}");
        // The CPU time is that of the whole process: the tests beside this one are in it.
        assert_eq!(used.cores.is_some(), clock::cpu().is_some(), "{used:?}");
    }

    #[test]
    fn cores_are_the_cpu_time_of_all_rounds_over_their_wall_time() {
        let meter = |cpu| Meter { wall: 400, cpu, rounds: 4, watched: Watched::default() };
        assert_eq!(meter(Some(300)).used().cores, Some(0.75));
        assert_eq!(meter(Some(760)).used().cores, Some(1.9));
        assert_eq!(meter(None).used().cores, None);
    }

    #[test]
    fn the_opposite_claim_has_the_opposite_verdict() {
        let used = CoresUsed { cores: Some(1.9), wall: 1e9, foreign: None };
        assert_eq!(used.serial("x", "Rust").outcome, Outcome::DoesNotHold);
        assert_eq!(used.parallel("x", "Rust").outcome, Outcome::Holds);
    }
}
