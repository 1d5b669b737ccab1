//! What the curves say about claims.

use lab::claims::Verdict;
use lab::cores_used::{self, CoresUsed, PARALLEL};
use lab::lang::Text;
use lab::machine::Watch;
use lab::report::unit;
use lab::stats;
use lab::text;

use super::charts::rate;
use super::plan::{Over, Technique, Work};
use super::rounds::{Measured, Rounds, Sample, Who};

const GIL_THREADS: &str = "threads-cpu-no-gain";
const ASYNCIO: &str = "asyncio-cpu-no-gain";
const TO_THE_CORES: &str = "cpu-scales-to-cores";
const BEYOND_THE_CORES: &str = "waiting-scales-beyond-cores";

/// If one worker's part of the job takes less than this, in ns, starting workers decides the curve.
const SHORTEST_JOB: f64 = 10e6;

impl Rounds<'_> {
    pub(super) fn verdicts(&self) -> Vec<Verdict> {
        let mut verdicts = Vec::new();
        for who in self.everybody() {
            let gil = self.has_gil(who);
            if gil != Some(false) {
                verdicts.push(self.by_cores(who, Technique::Threads, GIL_THREADS, |used, on| used.threads(gil, on)));
            }
            verdicts.push(self.by_cores(who, Technique::Asyncio, ASYNCIO, |used, on| used.serial(ASYNCIO, on)));
            let scaling = match gil {
                Some(false) => &[Technique::Threads, Technique::Processes][..],
                _ => &[Technique::Processes],
            };
            verdicts.extend(scaling.iter().map(|technique| self.to_the_cores(who, *technique)));
            let waiting = [Technique::Threads, Technique::Asyncio];
            verdicts.extend(waiting.map(|technique| self.beyond_the_cores(who, technique)));
        }
        verdicts.sort_by_key(|verdict| ORDER.iter().position(|claim| *claim == verdict.claim));
        verdicts
    }

    /// "Rust, threads".
    fn on(&self, who: Who, technique: Technique) -> Text {
        let (who, technique) = (self.who(who), technique.name());
        Text { ko: format!("{who}, {}", technique.ko), en: format!("{who}, {}", technique.en) }
    }

    /// By the cores that were kept busy by as many workers as there are cores, and by more: all rounds together.
    fn by_cores(
        &self,
        who: Who,
        technique: Technique,
        claim: &str,
        judge: impl Fn(CoresUsed, Text) -> Verdict,
    ) -> Verdict {
        let on = Text::same(self.who(who));
        let n = self.cores.min(self.size.workers);
        if n < 2 && self.cores > 1 {
            return Verdict::not_measured(claim, on, text!("워커가 하나뿐입니다", "there was one worker only"));
        }
        let curve = self.find(who, Work::Cpu, Over::Workers, technique);
        let rounds = curve.map(|curve| in_each_round(curve, n)).unwrap_or_default();
        if rounds.is_empty() {
            return Verdict::not_measured(claim, on, self.why_missing(who, technique));
        }
        let wall: f64 = rounds.iter().map(|(wall, _)| wall).sum();
        let cpu: Option<f64> = rounds.iter().map(|(_, cpu)| *cpu).sum();
        let used = CoresUsed { cores: cpu.map(|cpu| cpu / wall), wall, foreign: self.foreign };
        let parallel: Vec<bool> = rounds.iter().filter_map(|(wall, cpu)| Some((*cpu)? / wall > PARALLEL)).collect();
        match agree(&parallel) {
            true => judge(used, on),
            false => Verdict::not_measured(claim, on, contradict()),
        }
    }

    fn why_missing(&self, who: Who, technique: Technique) -> Text {
        let of = |c: &&Measured| {
            c.who == who && (c.series.work, c.series.over, c.series.technique) == (Work::Cpu, Over::Workers, technique)
        };
        let missing = self.curves.iter().find(of).and_then(|curve| curve.missing.clone());
        missing.map_or_else(|| text!("측정값이 없습니다", "no measurement"), |(_, why)| why)
    }

    /// Workers gain up to the number of cores, and more of them gain no more.
    fn to_the_cores(&self, who: Who, technique: Technique) -> Verdict {
        let on = self.on(who, technique);
        let not = |why| Verdict::not_measured(TO_THE_CORES, on.clone(), why);
        let Some(curve) = self.find(who, Work::Cpu, Over::Workers, technique) else {
            return not(self.why_missing(who, technique));
        };
        if self.cores < 2 {
            return not(text!("코어가 하나뿐입니다", "there is only one core"));
        }
        let beyond: Vec<usize> = curve.points.keys().copied().filter(|n| *n > self.cores).collect();
        if beyond.is_empty() || !curve.points.contains_key(&self.cores) {
            return not(text!("코어보다 많은 워커로 측정하지 않았습니다", "not measured with more workers than cores"));
        }
        if let Some(why) = self.undecided() {
            return not(why);
        }
        if curve.busy(1).unwrap_or(0.0) < SHORTEST_JOB {
            return not(text!("판단하기에는 작업량이 너무 적습니다", "too little work to tell"));
        }
        let at = curve.throughput(self.cores);
        let best: Vec<f64> = (0..at.len())
            .map(|round| {
                let all = beyond.iter().filter_map(|n| curve.throughput(*n).get(round).copied());
                all.fold(0.0, f64::max)
            })
            .collect();
        let gain: Vec<f64> = best.iter().zip(&at).map(|(best, at)| best / at).collect();
        let holds = |up: f64, gain: f64| up > PARALLEL && gain <= PARALLEL;
        let rounds: Vec<bool> = at.iter().zip(&gain).map(|(up, gain)| holds(*up, *gain)).collect();
        if !agree(&rounds) {
            return not(contradict());
        }
        let (up, gain) = (stats::median(&at).unwrap_or(0.0), stats::median(&gain).unwrap_or(0.0));
        let (up, gain, cores) = (unit::times(up).en, unit::times(gain).en, self.cores);
        let evidence = text!(
            "워커 {cores}개가 하나의 {up}, 더 많은 워커는 많아야 그 {gain}",
            "{cores} workers: {up} of one; more of them: at most {gain} of that"
        );
        Verdict::seen(TO_THE_CORES, on, rounds.first() == Some(&true), evidence)
    }

    /// More waits are done than if one at a time waited for each core.
    fn beyond_the_cores(&self, who: Who, technique: Technique) -> Verdict {
        let on = self.on(who, technique);
        let not = |why| Verdict::not_measured(BEYOND_THE_CORES, on.clone(), why);
        let Some(curve) = self.find(who, Work::Waiting, Over::Tasks, technique) else {
            return not(self.why_missing(who, technique));
        };
        let one_each = self.cores as f64 / self.size.wait.as_secs_f64();
        let medians = curve.points.keys().filter_map(|n| Some((*n, stats::median(&curve.throughput(*n))?)));
        let many = medians.filter(|(n, _)| *n > 2 * self.cores).max_by(|a, b| a.1.total_cmp(&b.1));
        let Some((n, best)) = many else {
            return not(text!(
                "코어보다 훨씬 많은 작업으로 측정하지 않았습니다",
                "not measured with far more tasks than cores"
            ));
        };
        let holds = best > PARALLEL * one_each;
        // That they waited together is seen on a busy machine too; that they did not, only on an idle one.
        if let (false, Some(why)) = (holds, self.undecided()) {
            return not(why);
        }
        let (best, one_each, cores) = (rate(best), rate(one_each), self.cores);
        let evidence = text!(
            "{n}개일 때 초당 {best}번; 코어마다 하나씩({cores}개)이면 {one_each}번까지",
            "{best} waits per second with {n}; with one for each of {cores} cores it is {one_each} at most"
        );
        Verdict::seen(BEYOND_THE_CORES, on, holds, evidence)
    }

    /// Why a gain that is missing proves nothing, if so.
    fn undecided(&self) -> Option<Text> {
        if let Some(why) = cores_used::too_busy(self.foreign) {
            return Some(why);
        }
        (self.foreign.is_none() && Watch::can_tell()).then(|| {
            text!(
                "너무 짧아 그동안 컴퓨터가 얼마나 바빴는지 알 수 없습니다",
                "it was too short to tell how busy the machine was meanwhile"
            )
        })
    }
}

/// The order on the page: first what the article says.
const ORDER: [&str; 4] = [GIL_THREADS, ASYNCIO, TO_THE_CORES, BEYOND_THE_CORES];

/// Wall and CPU time of the points from so many workers on, each round's sum.
fn in_each_round(curve: &Measured, from: usize) -> Vec<(f64, Option<f64>)> {
    let points: Vec<&Vec<Sample>> = curve.points.range(from..).map(|(_, samples)| samples).collect();
    let rounds = points.iter().map(|samples| samples.len()).min().unwrap_or(0);
    let sum = |round: usize| {
        let wall = points.iter().map(|samples| samples[round].wall).sum();
        (wall, points.iter().map(|samples| samples[round].cpu).sum())
    };
    (0..rounds).map(sum).collect()
}

fn agree(rounds: &[bool]) -> bool {
    rounds.windows(2).all(|two| two[0] == two[1])
}

fn contradict() -> Text {
    text!("회차끼리 어긋났습니다", "its rounds contradict each other")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lab::claims::Outcome;

    use super::*;
    use crate::experiments::scaling::plan::Size;

    const SIZE: Size = Size {
        budget: Duration::from_secs(20),
        workers: 8,
        most: 1000,
        iterations: 100_000_000,
        wait: Duration::from_millis(10),
        rounds: 2,
    };

    /// Two cores; a job of 100 ms; threads without a GIL and processes use both cores, everything else one; all wait together.
    fn measured<'a>() -> Rounds<'a> {
        let mut rounds = Rounds::new(&SIZE, &[]);
        rounds.cores = 2;
        rounds.foreign = Some(0.0);
        for curve in &mut rounds.curves {
            let (work, over) = (curve.series.work, curve.series.over);
            let parallel = match curve.series.technique {
                Technique::Threads => curve.who != Who::RustGil,
                Technique::Processes => true,
                Technique::Asyncio => false,
            };
            for n in SIZE.points(over, 2) {
                let at_once = if parallel { n.min(2) as f64 } else { 1.0 };
                let wall = match (work, over) {
                    (Work::Cpu, Over::Workers) => 100e6 / at_once,
                    (Work::Cpu, Over::Tasks) => n as f64 * 1e5 / at_once,
                    (Work::Waiting, _) => 10e6 + n as f64 * 1e4,
                };
                let sample = Sample { wall, cpu: Some(wall * at_once), busy: wall };
                curve.points.insert(n, vec![sample; 2]);
            }
        }
        rounds
    }

    fn outcome(rounds: &Rounds<'_>, claim: &str, on: &str) -> Outcome {
        let found = rounds.verdicts().into_iter().find(|verdict| verdict.claim == claim && verdict.on.en == on);
        found.unwrap_or_else(|| panic!("no verdict on {claim} for {on}")).outcome
    }

    fn change(rounds: &mut Rounds<'_>, technique: Technique, walls: impl Fn(usize, usize) -> f64) {
        let curve = rounds.curves.iter_mut().find(|c| {
            c.who == Who::Rust
                && (c.series.work, c.series.over, c.series.technique) == (Work::Cpu, Over::Workers, technique)
        });
        for (n, samples) in &mut curve.unwrap().points {
            samples.iter_mut().enumerate().for_each(|(round, sample)| sample.wall = walls(*n, round));
        }
    }

    #[test]
    fn curves_as_expected_hold() {
        let rounds = measured();
        for on in ["Rust, threads", "Rust, processes", "Rust + GIL, processes"] {
            assert_eq!(outcome(&rounds, TO_THE_CORES, on), Outcome::Holds, "{on}");
        }
        for on in ["Rust, threads", "Rust + GIL, threads", "Rust, asyncio", "Rust + GIL, asyncio"] {
            assert_eq!(outcome(&rounds, BEYOND_THE_CORES, on), Outcome::Holds, "{on}");
        }
        if lab::machine::cores() > 1 {
            assert_eq!(outcome(&rounds, GIL_THREADS, "Rust + GIL"), Outcome::Holds);
            assert_eq!(outcome(&rounds, ASYNCIO, "Rust"), Outcome::Holds);
        }
    }

    #[test]
    fn threads_or_tasks_that_compute_on_two_cores_refute_that_they_gain_nothing() {
        let mut rounds = measured();
        for curve in &mut rounds.curves {
            curve.points.values_mut().flatten().for_each(|sample| sample.cpu = Some(2.0 * sample.wall));
        }
        assert_eq!(outcome(&rounds, GIL_THREADS, "Rust + GIL"), Outcome::DoesNotHold);
        assert_eq!(outcome(&rounds, ASYNCIO, "Rust"), Outcome::DoesNotHold);
        rounds.foreign = Some(0.6);
        assert_eq!(
            outcome(&rounds, ASYNCIO, "Rust"),
            Outcome::DoesNotHold,
            "two cores are two cores on a busy machine too"
        );
    }

    #[test]
    fn workers_that_gain_beyond_the_cores_or_not_up_to_them_refute() {
        let mut rounds = measured();
        change(&mut rounds, Technique::Threads, |n, _| 100e6 / n as f64);
        assert_eq!(outcome(&rounds, TO_THE_CORES, "Rust, threads"), Outcome::DoesNotHold, "beyond the cores");
        change(&mut rounds, Technique::Threads, |_, _| 100e6);
        assert_eq!(outcome(&rounds, TO_THE_CORES, "Rust, threads"), Outcome::DoesNotHold, "no gain at all");
    }

    #[test]
    fn nothing_is_decided_by_rounds_that_contradict_each_other_or_on_a_busy_machine_or_one_core() {
        let undecided = |rounds: &Rounds<'_>, claim: &str, on: &str| {
            let outcome = outcome(rounds, claim, on);
            assert!(matches!(outcome, Outcome::NotMeasured(_)), "{outcome:?}");
        };
        let mut rounds = measured();
        change(&mut rounds, Technique::Processes, |n, round| if round == 0 { 100e6 / n.min(2) as f64 } else { 100e6 });
        undecided(&rounds, TO_THE_CORES, "Rust, processes");
        let mut rounds = measured();
        rounds.foreign = Some(0.6);
        undecided(&rounds, TO_THE_CORES, "Rust, threads");
        assert_eq!(outcome(&rounds, BEYOND_THE_CORES, "Rust, threads"), Outcome::Holds, "it was seen nevertheless");
        let mut rounds = measured();
        rounds.cores = 1;
        undecided(&rounds, TO_THE_CORES, "Rust, threads");
        let mut rounds = measured();
        rounds.curves.iter_mut().for_each(|curve| curve.points.retain(|n, _| *n < 3));
        undecided(&rounds, TO_THE_CORES, "Rust, threads");
        undecided(&rounds, BEYOND_THE_CORES, "Rust, asyncio");
    }

    #[test]
    fn waits_one_after_another_refute_unless_the_machine_was_busy() {
        let mut rounds = measured();
        for curve in rounds.curves.iter_mut().filter(|curve| curve.series.work == Work::Waiting) {
            curve.points.iter_mut().for_each(|(n, samples)| samples[0].wall = *n as f64 * 10e6);
            curve.points.values_mut().for_each(|samples| samples[1] = samples[0]);
        }
        assert_eq!(outcome(&rounds, BEYOND_THE_CORES, "Rust, asyncio"), Outcome::DoesNotHold);
        rounds.foreign = Some(0.6);
        assert!(matches!(outcome(&rounds, BEYOND_THE_CORES, "Rust, asyncio"), Outcome::NotMeasured(_)));
    }
}
