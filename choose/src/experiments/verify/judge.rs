//! The verdicts on the article's advice: whether the programs of its two kinds became faster by what it advises for them.

use lab::claims::Verdict;
use lab::cores_used::too_busy;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::{machine, text};

use super::outcome::Outcome;
use crate::classify::Class;
use crate::predict::Way;

const IO: &str = "advice-io-asyncio-or-threads";
const CPU: &str = "advice-cpu-processes";
/// Faster: more than two runs of one program differ.
const FASTER: f64 = 1.2;
/// It computes and yet waits, for memory, which processes share: one more core gains little.
const NOT_ONLY_CPU: &str = "memory_bound";

/// Without an interpreter.
pub fn not_measured() -> Vec<Verdict> {
    let why = || text!("파이썬이 없습니다", "there is no Python");
    [IO, CPU].map(|claim| Verdict::not_measured(claim, "CPython", why())).into()
}

/// On one interpreter. `foreign` is the share of the machine that others used.
pub fn verdicts(python: &Interpreter, outcomes: &[Outcome], foreign: Option<f64>) -> Vec<Verdict> {
    let all = || outcomes.iter().filter(|one| one.program.class.is_none() && one.program.payload == 0);
    let waits = all().filter(|one| matches!(one.class, Class::Waiting(wait) if wait.has_async_form()));
    let computes = all().filter(|one| matches!(one.class, Class::Python | Class::Cpu));
    let computes = computes.filter(|one| one.program.name != NOT_ONLY_CPU);
    let why_not = python
        .why_no_gil()
        .or_else(|| (machine::cores() < 2).then(|| text!("코어가 하나뿐입니다", "there is only one core")));
    vec![
        judge(IO, python, gains(waits, &[Way::Threads, Way::Asyncio]), None, foreign),
        judge(CPU, python, gains(computes, &[Way::Processes]), why_not, foreign),
    ]
}

/// How many times as fast each program was with the better of these ways.
fn gains<'a>(outcomes: impl Iterator<Item = &'a Outcome>, ways: &[Way]) -> Vec<(&'static str, f64)> {
    let best = |one: &Outcome| {
        let cells = one.cells.iter().filter(|cell| ways.contains(&cell.prediction.way));
        cells.map(|cell| cell.measured).reduce(f64::max)
    };
    outcomes.filter_map(|one| Some((one.program.name, best(one)?))).collect()
}

fn judge(
    claim: &str,
    python: &Interpreter,
    gains: Vec<(&str, f64)>,
    why_not: Option<Text>,
    foreign: Option<f64>,
) -> Verdict {
    let on = python.to_string();
    if gains.is_empty() {
        let why = text!("그런 프로그램을 실행하지 않았습니다", "no program of that kind was run");
        return Verdict::not_measured(claim, on, why);
    }
    if let Some(why) = why_not {
        return Verdict::not_measured(claim, on, why);
    }
    let holds = gains.iter().all(|(_, gain)| *gain > FASTER);
    // A busy machine takes the cores that would have made it faster.
    if let Some(why) = too_busy(foreign).filter(|_| !holds) {
        return Verdict::not_measured(claim, on, why);
    }
    let list = |unit: &str| gains.iter().map(|(name, gain)| format!("{name} {gain:.1}{unit}")).collect::<Vec<_>>();
    let (ko, en) = (list("배").join(", "), list("×").join(", "));
    Verdict::seen(claim, on, holds, text!("{ko}", "{en}"))
}

#[cfg(test)]
mod tests {
    use lab::claims::Outcome as Seen;

    use super::super::outcome::Cell;
    use super::super::programs::PROGRAMS;
    use super::*;
    use crate::predict::Prediction;
    use crate::wait::Wait;

    fn python(gil: bool) -> Interpreter {
        Interpreter { path: "python3".into(), implementation: "CPython".into(), version: [3, 14, 0], gil: Some(gil) }
    }

    fn outcome(name: &str, class: Class, gains: [f64; 3]) -> Outcome {
        let ways = [Way::Threads, Way::Asyncio, Way::Processes];
        let cell = |(way, measured)| {
            let prediction = Prediction { way, factor: 1.0, low: 0.9, high: 1.1, workers: 2, doubt: Text::default() };
            Cell { prediction, measured }
        };
        let program = PROGRAMS.into_iter().find(|program| program.name == name).unwrap();
        Outcome { program, class, chosen: None, cells: ways.into_iter().zip(gains).map(cell).collect() }
    }

    fn seen(gil: bool, outcomes: &[Outcome], foreign: Option<f64>) -> [Seen; 2] {
        let all = verdicts(&python(gil), outcomes, foreign);
        assert!(all.iter().all(|verdict| verdict.about().is_some()));
        [all[0].outcome.clone(), all[1].outcome.clone()]
    }

    #[test]
    fn the_advice_holds_if_every_program_of_its_kind_became_faster() {
        let waits = |gains| outcome("sleep", Class::Waiting(Wait::Timer), gains);
        let computes = |gains| outcome("cpu_loop", Class::Python, gains);
        assert_eq!(seen(true, &[waits([6.0, 1.0, 1.0]), computes([1.0, 1.0, 1.9])], None), [Seen::Holds, Seen::Holds]);
        let wrong = seen(true, &[waits([1.0, 1.0, 6.0]), computes([1.9, 1.9, 1.0])], None);
        assert_eq!(wrong, [Seen::DoesNotHold, Seen::DoesNotHold], "the other techniques do not count");
        let one_of_two = [computes([1.0, 1.0, 1.9]), outcome("group_by", Class::Python, [1.0, 1.0, 1.0])];
        assert_eq!(seen(true, &one_of_two, None)[1], Seen::DoesNotHold);
    }

    #[test]
    fn what_cannot_be_judged_is_not() {
        let slow = [outcome("cpu_loop", Class::Python, [1.0; 3]), outcome("sleep", Class::Python, [1.0; 3])];
        let open = |outcome: &Seen| matches!(outcome, Seen::NotMeasured(_));
        assert!(open(&seen(true, &[], None)[0]) && open(&seen(true, &[], None)[1]), "nothing was run");
        assert!(open(&seen(false, &slow, None)[1]), "the claim is about a GIL");
        assert!(open(&seen(true, &slow, Some(0.5))[1]), "others used the cores");
        assert_eq!(seen(true, &slow, Some(0.1))[1], Seen::DoesNotHold);
        let special = [
            outcome("big_results", Class::Python, [1.0; 3]),
            outcome("memory_bound", Class::Cpu, [1.0; 3]),
            outcome("already_threaded", Class::Cpu, [1.0; 3]),
        ];
        assert!(open(&seen(true, &special, None)[1]), "they wait for more than a core");
        assert!(not_measured().iter().all(|verdict| open(&verdict.outcome)));
    }
}
