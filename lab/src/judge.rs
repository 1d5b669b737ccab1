//! Verdicts on parallelism, by how many cores a program kept busy: CPU seconds over wall seconds.
//!
//! On a busy machine a program gets less CPU than it asks for, never more: "more than one core" is proof of parallelism, and
//! "one core" is proof of the contrary only where nobody else wanted the cores.

use crate::claims::Verdict;
use crate::clock;
use crate::lang::Text;
use crate::machine::{self, Watch};
use crate::report::Unit;
use crate::show;
use crate::text;

/// More cores than this, on average, is parallel work. One thread can never reach it; the rest is for the ends of a run, where
/// some have finished.
pub const PARALLEL: f64 = 1.2;

/// Others used so much of the machine that "one core" proves nothing, as a share of it.
pub const TOO_BUSY: f64 = 0.25;

/// How many cores a piece of work kept busy.
#[derive(Clone, Copy, Debug)]
pub struct CoresUsed {
    /// CPU time over wall time; `None` where the system does not tell.
    pub cores: Option<f64>,
    /// Which share of the machine others used meanwhile; `None` where the system does not tell.
    pub foreign: Option<f64>,
}

impl CoresUsed {
    /// Does the work in this process, and looks at the clocks before and after.
    pub fn during<T>(work: impl FnOnce() -> T) -> (T, CoresUsed) {
        let (watch, wall, cpu) = (Watch::start(), clock::now(), clock::cpu());
        let done = work();
        let wall = clock::now() - wall;
        let cores = clock::cpu().zip(cpu).map(|(after, before)| (after - before) as f64 / wall.max(1) as f64);
        (done, CoresUsed { cores, foreign: watch.foreign() })
    }

    /// A verdict on a claim that says the work is parallel.
    pub fn parallel(self, claim: &str, on: impl Into<String>) -> Verdict {
        self.judge(claim, on.into(), |cores| cores > PARALLEL)
    }

    /// A verdict on a claim that says the work is not parallel.
    pub fn serial(self, claim: &str, on: impl Into<String>) -> Verdict {
        self.judge(claim, on.into(), |cores| cores <= PARALLEL)
    }

    fn judge(self, claim: &str, on: String, holds: impl Fn(f64) -> bool) -> Verdict {
        let Some(cores) = self.cores else {
            return Verdict::not_measured(
                claim,
                on,
                text!("이 시스템은 CPU 시간을 알려 주지 않습니다", "this system does not tell CPU times"),
            );
        };
        if machine::cores() < 2 {
            return Verdict::not_measured(claim, on, text!("코어가 하나뿐입니다", "there is only one core"));
        }
        let busy = self.foreign.is_some_and(|share| share > TOO_BUSY);
        if cores <= PARALLEL && busy {
            let share = show::value(self.foreign.unwrap_or_default(), Unit::Share);
            return Verdict::not_measured(
                claim,
                on,
                text!(
                    "다른 프로그램이 컴퓨터의 {share}를 쓰고 있었습니다",
                    "other programs used {share} of the machine"
                ),
            );
        }
        Verdict::seen(claim, on, holds(cores), evidence(cores))
    }
}

/// "1.92 cores busy on average".
pub fn evidence(cores: f64) -> Text {
    text!("평균 {cores:.2}개의 코어를 썼음", "{cores:.2} cores busy on average")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::Outcome;

    fn outcome(cores: f64, foreign: f64) -> Outcome {
        CoresUsed { cores: Some(cores), foreign: Some(foreign) }.parallel("x", "Rust").outcome
    }

    #[test]
    fn more_than_one_core_is_parallel_however_busy_the_machine() {
        if machine::cores() < 2 {
            return assert!(matches!(outcome(1.0, 0.0), Outcome::NotMeasured(_)));
        }
        assert_eq!(outcome(1.9, 0.0), Outcome::Holds);
        assert_eq!(outcome(1.5, 0.9), Outcome::Holds);
        assert_eq!(outcome(1.0, 0.0), Outcome::DoesNotHold);
        assert!(matches!(outcome(0.6, 0.6), Outcome::NotMeasured(_)), "too busy to tell");
    }

    #[test]
    fn two_threads_use_no_more_cores_in_turn_than_one() {
        let spin = || (0..3_000_000u64).fold(0, |sum: u64, i| std::hint::black_box(sum.wrapping_add(i)));
        let ((), used) = CoresUsed::during(|| {
            std::thread::spawn(spin).join().unwrap();
            std::thread::spawn(spin).join().unwrap();
        });
        // Other tests of this process run meanwhile; only the lower end can be asserted.
        assert!(used.cores.is_none_or(|cores| cores > 0.0));
    }
}
