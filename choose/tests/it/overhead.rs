//! What watching costs is measured, not asserted: a busy machine would fail a limit.

use lab::report::Report;

use crate::programs::run;
use crate::pythons::PYTHON;

#[test]
fn every_program_is_run_with_and_without_a_sampler() {
    let args = ["overhead", "--rounds", "2", "--pieces", "10", "--python", PYTHON, "--json"];
    let report: Report = serde_json::from_str(&run(&args).ends_with(0).out).unwrap();
    let of = |end: &str| -> Vec<&[f64]> {
        report.measures.iter().filter(|one| one.id.ends_with(end)).map(|one| &one.samples[..]).collect()
    };
    for part in [".wall", ".more_wall", ".more_cpu", ".sampling", ".samples", ".per_sample"] {
        assert_eq!(of(part).iter().map(|samples| samples.len()).collect::<Vec<_>>(), [2, 2, 2], "{part}");
    }
    // Ten waits of 10 ms, and two of 50 ms in each of the 50 threads.
    assert!(of("wait.wall")[0].iter().all(|ns| *ns >= 0.1e9) && of("threads.wall")[0].iter().all(|ns| *ns >= 0.1e9));
    assert_eq!(report.tables[0].rows.len(), 3);
    assert!(run(&["overhead", "--no-python"]).ends_with(0).out.contains("Not measured"));
}
