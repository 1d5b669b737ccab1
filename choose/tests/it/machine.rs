//! Memory, data passed, a cluster and many pieces: what is seen of them in a run, and what is said from its file alone.

use std::path::Path;

use lab::report::Report;

use crate::programs::{record, run, value};
use crate::pythons::PYTHON;

const MIB: f64 = (1 << 20) as f64;

/// Writes a recorded run, with other values of some measurements.
fn write(file: &Path, report: &Report, changed: &[(&str, f64)]) {
    let mut report = report.clone();
    for (id, value) in changed {
        let found = report.measures.iter_mut().find(|measure| measure.id == *id);
        found.unwrap_or_else(|| panic!("no {id}")).samples = vec![*value];
    }
    std::fs::write(file, report.to_json()).unwrap();
}

#[track_caller]
fn again(file: &Path, args: &[&str]) -> Report {
    let mut all = vec!["again", file.to_str().unwrap(), "--json"];
    all.extend(args);
    serde_json::from_str(&run(&all).ends_with(0).out).unwrap()
}

fn says(report: &Report, words: &str) -> bool {
    report.notes.iter().any(|note| note.en.contains(words))
}

#[test]
fn what_workers_pass_is_seen() {
    let pool = "\
import multiprocessing, time
def piece(n): return bytes(8 << 20)
def main():
    with multiprocessing.get_context('fork').Pool(2) as pool:
        for _ in pool.imap(piece, range(8)): pass
        time.sleep(0.6)
main()
";
    let report = record(&[PYTHON, "-c", pool]);
    let passed = value(&report, "passed") / MIB;
    assert!((48.0..96.0).contains(&passed), "64 MiB are passed: {passed}");
    let doubt = |report: &Report| {
        let found = report.notes.iter().find(|note| note.en.starts_with("processes:"));
        found.map(|note| note.en.clone()).unwrap_or_default()
    };
    assert!(doubt(&report).contains("own processes passed"), "{:?}", report.notes);

    let threads = "\
from concurrent.futures import ThreadPoolExecutor
import time
with ThreadPoolExecutor(2) as pool:
    list(pool.map(lambda n: bytes(8 << 20), range(8)))
    time.sleep(0.4)
";
    let report = record(&[PYTHON, "-c", threads]);
    assert!(value(&report, "passed") < MIB, "{}", value(&report, "passed"));
    assert!(doubt(&report).contains("cannot be seen and is not counted (--payload)"), "{:?}", report.notes);
}

#[test]
fn processes_that_may_not_fit_into_memory_are_warned_of() {
    let report = record(&[PYTHON, "-c", "data = b'x' * (200 << 20); sum(i * i for i in range(3_000_000))"]);
    let memory = value(&report, "memory");
    assert!(memory > 200.0 * MIB && value(&report, "machine.available") > memory, "{memory}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let of = |available: f64| {
        write(&file, &report, &[("machine.available", available)]);
        let report = again(&file, &["--cores", "8", "--pieces", "8"]);
        let row = report.tables[0].rows.iter().find(|row| row[0].en == "processes").unwrap()[4].en.clone();
        (says(&report, "Warning: processes may not fit into memory"), row)
    };
    let (warns, row) = of(64.0 * memory);
    assert!(!warns && row.starts_with('≤') && !row.ends_with('!'), "{row}");
    let (warns, row) = of(4.0 * memory);
    assert!(warns && row.ends_with('!'), "eight workers and the program: {row}");
}

/// The largest cache that the system tells of, in MiB.
fn cache() -> Option<u64> {
    let folders = std::fs::read_dir("/sys/devices/system/cpu/cpu0/cache").ok()?.flatten();
    let size = |path: &Path| {
        let words = std::fs::read_to_string(path.join("size")).ok()?;
        words.trim().strip_suffix('K')?.parse::<u64>().ok()
    };
    folders.filter_map(|entry| size(&entry.path())).max().map(|kib| kib / 1024)
}

#[test]
fn native_code_on_more_memory_than_the_cache_holds_has_a_wider_interval() {
    let mib = cache().unwrap_or(0) + 64;
    let code = format!("import hashlib; data = b'x' * ({mib} << 20); [hashlib.sha256(data) for _ in range(8)]");
    let report = record(&[PYTHON, "-c", &code]);
    let told = says(&report, "(memory-bound) was not seen: that takes hardware counters");
    assert_eq!(told, value(&report, "machine.copy_gain") > 0.0, "{:?}", report.notes);
    if lab::machine::cores() > 1 && cache().is_some() {
        assert!(told, "{:?} {}", cache(), value(&report, "machine.available"));
    }

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let known = |gain: f64| {
        let work = [("work.unsplit", 0.0), ("work.python", 0.0), ("work.native", 4e9), ("work.busy", 4e9)];
        let machine = [("memory", 1e9), ("machine.cache", 1e7), ("machine.copy_gain", gain), ("machine.copiers", 2.0)];
        write(&file, &report, &[work, machine].concat());
        let report = again(&file, &["--cores", "16", "--pieces", "64"]);
        let samples = &report.measure("factor.processes").unwrap().samples;
        (samples[0], samples[1])
    };
    let ((low, factor), (other_low, other)) = (known(1.2), known(0.0));
    assert!((factor - other).abs() < 1e-9 && low < 1.3 && other_low > 2.0 * low, "{low} {factor} {other_low} {other}");
}

#[test]
fn a_cluster_is_estimated_and_suggested_only_where_it_is_worth_it() {
    let report = record(&[PYTHON, "-c", "sum(i * i for i in range(3_000_000))"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let suggested = "a cluster (Celery, Dask, Ray) is worth a thought";
    let args = ["--hosts", "10", "--cores", "4", "--pieces", "1000"];
    write(&file, &report, &[]);
    let short = again(&file, &args);
    assert!(value(&short, "factor.cluster") < 2.0 && !says(&short, suggested));
    assert!(says(&short, "no cluster ran here"), "it is named as an estimate: {:?}", short.notes);
    assert!(short.measure("choice.cluster").is_none());

    write(&file, &report, &[("work.unsplit", 3600e9), ("work.busy", 3600e9)]);
    let long = again(&file, &args);
    assert!(value(&long, "factor.cluster") > 2.0 * value(&long, "factor.processes"));
    assert!(says(&long, "with 10 machines") && says(&long, suggested), "{:?}", long.notes);
    let loaded = again(&file, &[&args[..], &["--payload", "1GiB"]].concat());
    assert!(value(&loaded, "factor.cluster") < value(&long, "factor.cluster") / 10.0, "the network carries a TiB");
    for none in [["--hosts", "1", "--pieces", "1000"], ["--hosts", "10", "--pieces", "2"]] {
        let report = again(&file, &[&none[..], &["--cores", "4"]].concat());
        assert!(report.measure("factor.cluster").is_none(), "{none:?}");
    }
    run(&["again", file.to_str().unwrap(), "--hosts", "0"]).ends_with(2);
}

#[test]
fn the_curve_goes_from_one_piece_to_a_thousand() {
    let report = record(&[PYTHON, "-c", "sum(i * i for i in range(3_000_000))"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    write(&file, &report, &[]);
    let report = again(&file, &["--cores", "16", "--pieces", "1000", "--payload", "4MiB"]);
    let column: Vec<&str> = report.tables[1].rows.iter().map(|row| row[0].en.as_str()).collect();
    assert_eq!((column[0], column[column.len() - 1]), ("1", "1000"));
    let curve = |name: &str| {
        let found = report.charts[0].curves.iter().find(|curve| curve.name.en == name);
        found.unwrap_or_else(|| panic!("no {name}")).points.clone()
    };
    for way in ["threads", "asyncio", "processes"] {
        let points = curve(way);
        assert_eq!((points.len(), points[points.len() - 1].0), (column.len(), 1000.0), "{way}");
    }
    assert!((curve("processes")[column.len() - 1].1 - value(&report, "factor.processes")).abs() < 1e-9);
    assert_eq!(curve("a cluster (estimate)")[0].0, 32.0, "16 pieces need no more than the cores of one machine");
    let full = run(&["again", file.to_str().unwrap(), "--full"]).ends_with(0);
    assert!(full.out.contains("over the number of pieces on") && full.out.contains("│ 1000"), "{}", full.out);
}

#[test]
fn what_a_program_imports_anyway_costs_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let of = |imports: &str| {
        let (script, file) = (folder.path().join("program.py"), folder.path().join("run.json"));
        std::fs::write(&script, format!("{imports}\ntotal = 0\nfor i in range(3_000_000): total += i\n")).unwrap();
        run(&["--out", file.to_str().unwrap(), "--", PYTHON, script.to_str().unwrap()]).ends_with(0);
        serde_json::from_str::<Report>(&std::fs::read_to_string(&file).unwrap()).unwrap()
    };
    let (without, with) = (of("import sys"), of("import asyncio, sqlite3"));
    let [before, after] = [&without, &with].map(|report| value(report, "cost.import_asyncio"));
    assert!(after < before / 10.0, "{before} {after}");
    assert!(value(&with, "cost.imports") > value(&without, "cost.imports") + 0.5 * before);
    assert_eq!([&without, &with].map(|report| value(report, "sqlite")), [0.0, 1.0]);
}
