//! A process has variables of its own: what it changes reaches the parent through shared memory only.

use std::fs;

use crate::common::{command, error_line, report, run};
use harness::{Done, finish, start};
use lab::claims::Outcome;
use lab::report::{Report, Unit};
use multiprocessing::experiments::memory::report::{Seen, judge};

#[test]
fn the_parent_sees_what_a_thread_changed_and_what_was_changed_in_shared_memory() {
    let report = report(&run(&["memory", "--no-python", "--json"]).ends_with(0));
    let value = |id: &str| report.measure(id).unwrap().median();
    // A process begins with a 0 of its own, whatever the parent has put into its variable.
    for (who, at_first, after) in [("thread", 1.0, 2.0), ("process", 0.0, 1.0), ("shared", 1.0, 2.0)] {
        assert_eq!(value(&format!("at_first.{who}")), at_first, "{who}");
        assert_eq!(value(&format!("changed_to.{who}")), 2.0, "{who}");
        assert_eq!(value(&format!("after.{who}")), after, "{who}");
        assert_eq!(report.measure(&format!("after.{who}")).unwrap().unit, Unit::Count);
    }
    assert_eq!(report.verdicts[0].outcome, Outcome::Holds, "{:?}", report.verdicts);
}

const APART: Seen = Seen { at_first: 1, changed_to: 2, after: 1 };
const TOGETHER: Seen = Seen { after: 2, ..APART };
const UNCHANGED: Seen = Seen { changed_to: 1, ..APART };

fn outcome(seen: &[(&str, Seen)]) -> Outcome {
    let measures = seen.iter().flat_map(|(id, seen)| seen.measures(id)).collect();
    judge("x", &Report { measures, ..Report::default() }).outcome
}

#[test]
fn programs_that_do_something_else_are_noticed() {
    let of = |thread, process, shared| outcome(&[("thread", thread), ("process", process), ("shared", shared)]);
    assert_eq!(of(TOGETHER, APART, TOGETHER), Outcome::Holds);
    assert_eq!(of(TOGETHER, TOGETHER, TOGETHER), Outcome::DoesNotHold, "the process is a thread");
    assert_eq!(of(APART, APART, TOGETHER), Outcome::DoesNotHold, "the thread has a copy");
    assert_eq!(of(TOGETHER, APART, APART), Outcome::DoesNotHold, "the shared memory is not shared");
    // A change that nobody made cannot be seen, and a parent that does not see it proves nothing.
    assert!(matches!(of(TOGETHER, UNCHANGED, TOGETHER), Outcome::NotMeasured(_)));
    assert!(matches!(outcome(&[("thread", TOGETHER), ("process", APART)]), Outcome::NotMeasured(_)));
    let start_methods = |spawn| {
        let processes = [("process.fork", APART), ("process.spawn", spawn)];
        outcome(&[&[("thread", TOGETHER), ("shared", TOGETHER)][..], &processes].concat())
    };
    assert_eq!(start_methods(APART), Outcome::Holds);
    assert_eq!(start_methods(TOGETHER), Outcome::DoesNotHold, "one of two start methods shares its memory");
}

#[test]
fn no_file_is_left_and_a_folder_that_is_missing_is_named_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    let in_folder = |folder: &str| -> Done {
        let mut command = command(&["memory", "--no-python", "--lang", "en"]);
        finish(start(command.env("TMPDIR", folder).env("TMP", folder).env("TEMP", folder)))
    };
    in_folder(home.path().to_str().unwrap()).ends_with(0);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    let done = in_folder("/no/such/folder").ends_with(1);
    assert!(error_line(&done).contains("shared memory cannot be had"), "{done:?}");
}

#[test]
fn a_process_refuses_a_file_that_is_too_short_instead_of_dying_of_it() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("short");
    fs::write(&path, b"1234567").unwrap();
    let mut command = command(&["memory-change", "--lang", "en", "--shared", path.to_str().unwrap()]);
    // A child's standard input is its lifeline: it must stay open.
    let (reader, _lifeline) = std::io::pipe().unwrap();
    let done = finish(start(command.stdin(reader))).ends_with(1);
    assert!(error_line(&done).contains("shared memory cannot be had"), "{done:?}");
}
