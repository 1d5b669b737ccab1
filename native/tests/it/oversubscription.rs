//! The pool of a library adds threads, and a limit takes them away: where there is a NumPy with a pool.

use lab::claims::Outcome;

use crate::program::{pythons, report};

#[test]
fn a_limit_leaves_only_the_threads_of_python() {
    let pythons = pythons();
    let report = report(&["oversubscription", "--seconds", "0.1"], &pythons[..pythons.len().min(1)]);
    let of =
        |id: &str| report.measures.iter().find(|measure| measure.id.ends_with(id)).map(|measure| measure.samples[0]);
    match of("environment.computed.2") {
        Some(computed) => {
            assert!(computed <= 2.0, "{computed} threads computed with the pool limited to one");
            assert!(of("default.computed.2").unwrap() >= 1.0);
        }
        None => {
            println!("not measured: {:?}", report.verdicts[0].outcome);
            assert!(matches!(report.verdicts[0].outcome, Outcome::NotMeasured(_)));
        }
    }
}
