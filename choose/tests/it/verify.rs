//! The check of the predictions runs every version of a program and holds the results against each other.

use crate::programs::run;
use crate::pythons::PYTHON;

#[test]
fn a_program_is_recorded_and_all_its_versions_are_measured() {
    let args = ["verify", "sleep", "tiny", "--rounds", "1", "--pieces", "2", "--python", PYTHON, "--json"];
    let report: lab::report::Report = serde_json::from_str(&run(&args).ends_with(0).out).unwrap();
    let of = |end: &str| report.measures.iter().filter(|measure| measure.id.ends_with(end)).count();
    assert_eq!((of(".predicted"), of(".measured")), (6, 6), "two programs in three ways");
    assert_eq!(report.tables[0].rows.len(), 2);
    let measured = report.measures.iter().find(|measure| measure.id.ends_with("sleep.threads.measured")).unwrap();
    assert!(measured.median() > 0.0);
}

/// The interpreter of an environment without any library.
#[test]
fn a_library_that_an_interpreter_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python3");
    let found = std::process::Command::new(PYTHON).args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    let found = String::from_utf8(found.stdout).unwrap();
    // Isolated, and without the folder of added libraries.
    let script = format!("#!/bin/sh\nexec '{}' -S \"$@\"\n", found.trim());
    std::fs::write(&python, script).unwrap();
    std::fs::set_permissions(&python, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let args = ["verify", "numpy_blas", "tiny", "--rounds", "1", "--pieces", "2", "--json", "--lang", "en", "--python"];
    let done = run(&[&args[..], &[python.to_str().unwrap()]].concat()).ends_with(0);
    let report: lab::report::Report = serde_json::from_str(&done.out).unwrap();
    assert!(
        report.notes.iter().any(|note| note.en.ends_with("numpy_blas: not measured: it has no numpy.")),
        "{:?}",
        report.notes
    );
    assert_eq!(report.tables[0].rows.len(), 1, "the other one is measured");
}

#[test]
fn an_unknown_program_is_refused_with_the_list() {
    let done = run(&["verify", "no_such"]).ends_with(2);
    assert!(done.err.contains("there is no program 'no_such'") && done.err.contains("cpu_loop"), "{}", done.err);
    assert!(run(&["verify", "tiny", "--no-python"]).ends_with(0).out.contains("Not measured"));
}
