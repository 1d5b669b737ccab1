//! The outside judge: what is read of the interpreter's own profiler, and what is said where there is none.
//!
//! `tests/data/two-threads.gecko.json` was recorded with `python3.15 -m profiling.sampling run -a -r 5khz --gecko` of
//! `python/cpu_bound.py 2 1000000 0.005`, on 30 November 2026. Its tables of samples and frames, which nobody reads here, were cut out.

use gil_sim::sampling::{GilSpans, judge};
use gil_sim::turns::Turns;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::trace::{State, Trace};

const RECORDED: &str = include_str!("../data/two-threads.gecko.json");
/// The native ids that the program printed when it was recorded; the profile has those of the main thread too.
const THREADS: [u64; 2] = [14766, 14768];

fn named() -> [(u64, Text); 2] {
    THREADS.map(|id| (id, Text::same(id.to_string())))
}

fn recorded() -> Trace {
    GilSpans::read(RECORDED).and_then(|spans| spans.trace(Text::default(), named())).expect("it was recorded")
}

#[test]
fn a_recorded_profile_says_whose_turn_it_was() {
    let trace = recorded();
    assert!(trace.is_serial(State::Running), "the interpreter names one holder at a time");
    for lane in &trace.lanes {
        assert!(lane.spans.windows(2).all(|pair| pair[0].end <= pair[1].start), "spans of a lane do not overlap");
        assert!(lane.spans.iter().all(|span| matches!(span.state, State::Running | State::WaitingForLock)));
    }
    let turns = Turns::of(&trace);
    let order: Vec<usize> = turns.turns.iter().map(|turn| turn.lane).collect();
    assert_eq!(order, [0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1], "as in the file");
    assert_eq!(turns.turns[0].start, 26_918_667_892_467, "ms since the start, as ns of our clock");
    assert_eq!(turns.holds(0)[..2], [39_851_000.0, 6_999_000.0]);
    assert_eq!(turns.after(1), [6, 1]);
    assert!(turns.waits[0].contains(&28_722_000.0), "{:?}", turns.waits[0]);
    assert_eq!(GilSpans::read(RECORDED).unwrap().grain, 265_701, "the interval in its head, in ns");
}

/// Each wrong file is the recorded one with one thing changed.
#[test]
fn a_wrong_profile_is_refused_in_one_line() {
    let change = |from: &str, to: &str| {
        assert!(RECORDED.contains(from), "{from}");
        RECORDED.replacen(from, to, 1)
    };
    for (wrong, why) in [
        (String::new(), "cannot be read"),
        ("{}".to_owned(), "cannot be read"),
        (RECORDED[..RECORDED.len() / 2].to_owned(), "cannot be read"),
        (change("\"startTime\":[0.0,", "\"startTime\":["), "differ in length"),
        (change("\"length\":41", "\"length\":42"), "differ in length"),
        (change("\"Has GIL\"", "\"Had GIL\""), "no thread holds"),
        (change("\"stringArray\":[\"(root)\",", "\"stringArray\":["), "no string"),
        (change("\"endTime\":[39.851", "\"endTime\":[-39.851"), "no time"),
        (change("\"endTime\":[39.851", "\"endTime\":[null"), "no time"),
        (change("\"endTime\":[39.851", "\"endTime\":[1e300"), "no time"),
    ] {
        let refused = GilSpans::read(&wrong).expect_err(why);
        assert!(refused.en.contains(why) && refused.en.lines().count() == 1, "{refused:?}, not {why}");
    }
    let nobody = GilSpans::read(RECORDED).unwrap().trace(Text::default(), [(1, Text::default())]).unwrap_err();
    assert!(nobody.en.contains("no thread 1"), "{nobody:?}");
}

#[test]
fn who_cannot_judge_says_why() {
    let python = |minor, gil| Interpreter {
        path: "/given/by/path".into(),
        implementation: "CPython".into(),
        version: [3, minor, 0],
        gil: Some(gil),
    };
    assert_eq!(
        judge(&[python(14, true), python(15, true), python(16, true)]),
        Ok(python(15, true)),
        "the first that can"
    );
    assert!(judge(&[python(14, true)]).unwrap_err().en.contains("no CPython 3.15"));
    assert!(judge(&[python(15, false)]).unwrap_err().en.contains("it has no GIL"));
    assert!(judge(&[]).unwrap_err().en.contains("no Python"));
    let other = Interpreter { implementation: "PyPy".into(), ..python(15, true) };
    assert!(judge(&[other]).is_err(), "only CPython has this profiler");
}

/// The whole way, with a program that answers as CPython 3.15 does: it copies the recorded profile to where it was told to.
#[cfg(unix)]
mod stand_in {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use lab::report::Report;

    use crate::run;

    const TWIN: &str = r#"{"experiment": "gil-sim/cpu-bound", "traces": [{"title": {"ko": "t", "en": "t"}, "lanes": [
        {"name": {"ko": "스레드 0", "en": "Thread 0"}, "spans": []}, {"name": {"ko": "스레드 1", "en": "Thread 1"}, "spans": []}]}],
        "tables": [{"title": {"ko": "native_id", "en": "native_id"}, "head": [{"ko": "native_id", "en": "native_id"}],
        "rows": [[{"ko": "14766", "en": "14766"}], [{"ko": "14768", "en": "14768"}]]}]}"#;

    /// What `gil-sim` reports with an interpreter whose profiler does this.
    fn with_profiler(does: &str) -> Report {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("python3.15");
        let recorded = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/two-threads.gecko.json");
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in\n-c) echo '{{\"name\": \"CPython\", \"version\": [3, 15, 0], \"gil\": true, \"source\": \"asked\", \"lacks\": [], \"prefix\": [1]}}'; exit;;\n\
             -m) [ \"$1 $2 $3 $4 $7\" = '-m profiling.sampling run -a --gecko' ] || exit 3\nRECORDED='{recorded}'\n{does}\nesac\ncat <<'END'\n{TWIN}\nEND\n"
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let args = ["--iterations", "100000", "--json", "--python", path.to_str().unwrap()];
        let (code, out, err) = run(&args);
        assert_eq!((code, err.as_str()), (Some(0), ""));
        serde_json::from_str(&out).unwrap()
    }

    fn not_measured(report: &Report) -> Vec<&str> {
        let notes = report.notes.iter().map(|note| note.en.as_str());
        notes.filter(|note| note.starts_with("who holds the GIL") && note.contains("not measured")).collect()
    }

    #[test]
    fn its_lanes_are_drawn_beside_ours() {
        let report = with_profiler("cp \"$RECORDED\" \"$9\";;");
        assert!(not_measured(&report).is_empty(), "{:?}", report.notes);
        let seen = report.traces.last().unwrap();
        assert!(seen.title.en.contains("3.15.0: who holds the GIL"), "{:?}", seen.title);
        let names: Vec<&str> = seen.lanes.iter().map(|lane| lane.name.en.as_str()).collect();
        assert_eq!(names, ["Thread 0", "Thread 1"], "as the program called them");
        assert_eq!(seen.lanes, super::renamed(&super::recorded(), &seen.lanes));
        let rows = &report.tables.last().unwrap().rows;
        assert_eq!(rows.len(), 4, "our lanes and its");
        assert_eq!(rows[3].last().unwrap().en, "Thread 0: 86 %, Thread 1: 14 %");
    }

    #[test]
    fn a_profiler_that_is_not_allowed_to_is_one_line() {
        for (does, why) in [
            ("echo 'no right to read its memory' >&2; exit 1;;", "exit code 1: no right to read its memory"),
            (";;", "No such file"),
            ("echo '{}' > \"$9\";;", "cannot be read"),
        ] {
            let report = with_profiler(does);
            let said = not_measured(&report);
            assert!(said.len() == 1 && said[0].contains(why) && said[0].lines().count() == 1, "{said:?}, not {why}");
        }
    }
}

/// The lanes of a trace under the names of others.
#[cfg(unix)]
fn renamed(trace: &Trace, names: &[lab::trace::Lane]) -> Vec<lab::trace::Lane> {
    let pairs = trace.lanes.iter().zip(names);
    pairs.map(|(lane, named)| lab::trace::Lane { name: named.name.clone(), ..lane.clone() }).collect()
}
