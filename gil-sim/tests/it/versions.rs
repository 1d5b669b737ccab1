//! One scenario under the lock of every version, in the simulator.

use std::path::Path;
use std::time::Duration;

use gil_sim::experiments::versions::{self, LOCK_VARIANTS, LockVariant};
use gil_sim::scenario;
use gil_sim::sim::Setup;
use lab::lang::has_hangul;
use lab::report::Report;
use lab::trace::{State, Trace};

use crate::{MS, run};

fn shipped(name: &str) -> scenario::Scenario {
    scenario::read(&scenario::file_of(Path::new(name))).expect("it comes with the program")
}

fn variant(id: &str) -> LockVariant {
    LOCK_VARIANTS.into_iter().find(|variant| variant.id == id).expect("one of all")
}

#[test]
fn every_lock_keeps_its_promise() {
    let report = versions::run(None, None).unwrap();
    let trace = |id: &str| &report.traces[LOCK_VARIANTS.iter().position(|variant| variant.id == id).unwrap()];
    let peak = |id| trace(id).peak_in_flight(&[State::Running]);
    assert_eq!((peak("2.7"), peak("3.12"), peak("3.13"), peak("3.12-interpreters")), (1, 1, 1, 2));
    assert_eq!(peak("3.13t"), 2, "nothing keeps them apart but the number of cores");
    let apart = |id| trace(id).overlap(0, 1, State::Running) == 0;
    assert!(apart("2.7") && apart("3.12") && apart("3.13") && !apart("3.12-interpreters") && !apart("3.13t"));
    assert_eq!(report, versions::run(None, None).unwrap(), "the same every time");
    let of = |what: &str, id: &str| report.measure(&format!("{what}.{id}")).unwrap().median();
    assert_eq!(of("switches", "3.13t"), 0.0, "no lock, no switch");
    assert!(of("switches", "2.7") > 10.0 * of("switches", "3.12"), "a hundred ticks are shorter than 5 ms");
    assert!(of("rounds", "2.7") > of("rounds", "3.12"), "the old lock knows no convoy");
}

/// Threads are not cores: three that no lock keeps apart still have two cores between them, and the third waits for its turn.
#[test]
fn no_more_threads_run_at_once_than_there_are_cores() {
    let shipped = ["convoy-two", "article-cpu", "interpreters", "native", "many-cores"].map(|name| shipped(name).setup);
    for (setup, cores) in shipped.iter().flat_map(|setup| [1, 2, 3].map(|cores| (setup, cores))) {
        for variant in LOCK_VARIANTS {
            let setup = Setup { end: setup.end.min(200 * MS), ..setup.clone() };
            let outcome = versions::simulate(&setup, variant, cores);
            let peak = outcome.trace.peak_in_flight(&[State::Running, State::Native]);
            assert!(peak <= cores, "{}: {peak} on {cores} cores", variant.id);
        }
    }
    let free = versions::simulate(&shipped[0], variant("3.13t"), 2).trace;
    assert!(free.peak_in_flight(&[State::Ready]) > 0, "somebody waits for a core");
    // The known-wrong twin: who waits for a core counted as running.
    assert!(free.peak_in_flight(&[State::Running, State::Ready]) > 2);
}

#[test]
fn small_multiples_have_one_time_axis() {
    for file in [None, Some("article-cpu"), Some("interpreters"), Some("python2")] {
        let report = versions::run(file.map(Path::new), None).unwrap();
        assert_eq!(report.traces.len(), LOCK_VARIANTS.len());
        let ends: Vec<u64> = report.traces.iter().map(Trace::end).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{file:?}: {ends:?}");
        for trace in &report.traces {
            assert!(trace.start() < trace.end() / 100, "{file:?}: they begin together");
            assert!(has_hangul(&trace.title.ko) && !has_hangul(&trace.title.en));
        }
    }
    let half = versions::run(None, Some(Duration::from_millis(15))).unwrap();
    assert_eq!(half.traces[0].end(), 15 * MS);
}

#[test]
fn two_interpreters_are_those_of_the_scenario() {
    let peak = |name: &str, id: &str| {
        versions::simulate(&shipped(name).setup, variant(id), 2).trace.peak_in_flight(&[State::Running])
    };
    assert_eq!((peak("interpreters", "3.12"), peak("interpreters", "3.12-interpreters")), (1, 2));
    assert_eq!((peak("article-cpu", "3.12"), peak("article-cpu", "3.12-interpreters")), (1, 2));
    // Threads keep their names and their order when they are distributed.
    let names = |id| {
        let trace = versions::simulate(&shipped("convoy-two").setup, variant(id), 2).trace;
        trace.lanes.into_iter().map(|lane| lane.name).collect::<Vec<_>>()
    };
    assert_eq!(names("3.12"), names("3.12-interpreters"));
}

#[test]
fn the_program_shows_versions_in_both_languages() {
    for (lang, word) in [("ko", "같은 시나리오"), ("en", "The same scenario")] {
        let page = run(&["versions", "--full", "--lang", lang]);
        assert!(page.0 == Some(0) && page.1.contains(word), "{}", page.1);
        assert!(lang == "ko" || !has_hangul(&page.1));
    }
    let (code, json, _) = run(&["versions", "convoy-two", "--seconds", "0.02", "--json"]);
    let report: Report = serde_json::from_str(&json).unwrap();
    assert_eq!((code, report.experiment.as_str(), report.traces.len()), (Some(0), "gil-sim/versions", 5));
}
