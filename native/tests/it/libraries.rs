//! Which calls release the GIL is the same on every Python, however busy the machine is: it is a property of the code.

use lab::report::Report;

use crate::program::{pythons, report};

/// Calls of the standard library, and whether two threads can be in them at the same time.
const KNOWN: [(&str, bool); 7] = [
    ("zlib: compress, 1 MiB", true),
    ("hashlib: sha256, 16 MiB", true),
    ("sqlite3: a query without a table", true),
    ("hashlib: sha256, 30000 × 1 KiB", false),
    ("json: parse 60000 objects", false),
    ("re: search, no match", false),
    ("builtins: sum(range(3000000))", false),
];

fn overlaps(report: &Report) -> Vec<(&str, f64)> {
    let of = report.measures.iter().filter(|measure| measure.id.contains(".overlap."));
    of.map(|measure| (&*measure.name.en, measure.samples[0])).collect()
}

#[test]
fn the_call_decides_and_not_the_machine() {
    for python in pythons() {
        let report = report(&["libraries", "--calls", "2"], std::slice::from_ref(&python));
        let overlaps = overlaps(&report);
        for (call, releases) in KNOWN {
            let found: Vec<_> = overlaps.iter().filter(|(name, _)| name.ends_with(call)).collect();
            // A Python without sqlite3 or with a hashlib without OpenSSL exists; then the notes name what is missing.
            let Some((name, share)) = found.first() else {
                assert!(call.starts_with("sqlite3"), "{python}: {call} is missing: {:?}", report.notes);
                continue;
            };
            if name.contains("free-threaded") {
                continue;
            }
            assert_eq!(*share > 0.5, releases, "{name}: {share}");
            assert!(releases || *share == 0.0, "{name}: {share}");
        }
    }
}

#[test]
fn what_is_not_there_is_named_with_the_way_to_get_it() {
    let missing = report(&["libraries"], &[]);
    assert!(missing.tables[0].rows.iter().all(|row| row[0].en.ends_with("not measured")));
}
