//! Several event loops in several threads: at the same time without a lock, one after another under one lock.

use asyncio::experiments::loops::report::{CLAIM, judge, judge_twin};
use asyncio::experiments::loops::{CASES, Case, CaseResult, PIECES, TASKS, expected, run_case};
use lab::claims::Outcome;
use lab::lang::Text;
use lab::machine;
use lab::python::Interpreter;
use lab::report::{Measure, Report, Unit};
use lab::trace::{State, Trace};

const LOOPS: usize = 2;
/// About a tenth of a second of each task.
const ITERATIONS: u64 = 200_000_000;
/// On a busy machine the threads of one run may never be on a core at the same time; serial ones never are in any run.
const ATTEMPTS: usize = 10;

fn case(id: &str) -> Case {
    CASES.into_iter().find(|case| case.id == id).unwrap()
}

fn run(id: &str, iterations: u64) -> CaseResult {
    let result = run_case(case(id), LOOPS, iterations).unwrap();
    assert_eq!(result.sums, [expected(iterations); LOOPS * TASKS], "{id}: a task did something else");
    result
}

fn at_once(trace: &Trace) -> bool {
    !trace.is_serial(State::Running)
}

#[test]
fn every_task_computes_in_pieces_and_sleeps_in_between() {
    for case in CASES {
        for iterations in [1, 3, 1_000_003] {
            let trace = run(case.id, iterations).trace;
            assert_eq!(trace.lanes.len(), LOOPS * TASKS);
            for lane in &trace.lanes {
                let sleeps = lane.spans.iter().filter(|span| span.state == State::WaitingForIo).count();
                assert_eq!(sleeps as u64, PIECES, "{}: {:?}", case.id, lane.spans);
            }
        }
    }
    assert_ne!(expected(10), expected(11), "the sum can be wrong");
}

/// The known-wrong program for each is one of the others: one loop is serial, and two without a lock are not.
#[test]
fn loops_run_at_once_without_a_lock_and_one_at_a_time_under_it() {
    assert!(!at_once(&run("one", ITERATIONS / 10).trace), "one loop has one thread");
    assert!(!at_once(&run("several.gil", ITERATIONS).trace), "only the lock's holder runs a task");
    if machine::cores() < 2 {
        println!("not measured: there is only one core");
        return;
    }
    assert!((0..ATTEMPTS).any(|_| at_once(&run("several.free", ITERATIONS).trace)));
}

#[test]
fn the_lock_goes_from_loop_to_loop_while_they_compute() {
    // Two tasks of different loops: neither waits until the other has done all of its work.
    let trace = run("several.gil", ITERATIONS).trace;
    let of = |lane: usize| {
        let spans = trace.lanes[lane].spans.iter().filter(|span| span.state == State::Running);
        (spans.clone().map(|span| span.start).min().unwrap(), spans.map(|span| span.end).max().unwrap())
    };
    let (a, b) = (of(0), of(TASKS));
    assert!(a.0 < b.1 && b.0 < a.1, "{a:?} {b:?}");
}

#[test]
fn only_several_loops_are_judged_and_by_the_cores_that_they_used() {
    let mut result = run("one", 1000);
    result.used.cores = Some(1.9);
    assert_eq!(judge(case("one"), &result), None);
    assert_eq!(judge(case("several.free"), &result).unwrap().outcome, Outcome::Holds);
    assert_eq!(judge(case("several.gil"), &result).unwrap().outcome, Outcome::DoesNotHold);
    let python =
        |gil| Interpreter { path: "python".into(), implementation: "CPython".into(), version: [3, 14, 0], gil };
    let twin = |cores: f64| {
        let one = |id: &str, unit, value| Measure::new(id, Text::default(), unit, vec![value]);
        let measures = vec![one("wall.several", Unit::Ns, 1e9), one("cores.several", Unit::Times, cores)];
        Report { measures, ..Report::default() }
    };
    let outcome = |gil, cores| judge_twin(&python(gil), &twin(cores), Some(0.0)).outcome;
    assert_eq!(outcome(Some(false), 1.9), Outcome::Holds);
    assert_eq!(outcome(Some(true), 1.9), Outcome::DoesNotHold, "a GIL that does not keep them apart");
    assert!(matches!(outcome(None, 1.9), Outcome::NotMeasured(_)));
    assert!(matches!(judge_twin(&python(Some(true)), &Report::default(), None).outcome, Outcome::NotMeasured(_)));
    if machine::cores() > 1 {
        assert_eq!(outcome(Some(true), 1.0), Outcome::Holds);
        assert_eq!(outcome(Some(false), 1.0), Outcome::DoesNotHold, "one core although there is no GIL");
    }
    assert!(lab::claims::ledger().iter().any(|claim| claim.id == CLAIM));
}
