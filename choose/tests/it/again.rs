//! A recorded run answers for other cores, pieces and data, without running anything.

use choose::recording::Recording;

use crate::programs::{read, record, run, value};
use crate::pythons::PYTHON;

#[test]
fn the_recording_is_the_same_and_the_answer_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let first = record(&[PYTHON, "-c", "sum(i * i for i in range(6_000_000))"]);
    std::fs::write(&file, first.to_json()).unwrap();
    assert_eq!(read(&file), first);
    let again = |args: &[&str]| -> lab::report::Report {
        let mut all = vec!["again", file.to_str().unwrap(), "--json"];
        all.extend(args);
        serde_json::from_str(&run(&all).ends_with(0).out).unwrap()
    };
    let wide = again(&["--cores", "16", "--pieces", "64"]);
    assert_eq!(Recording::of_report(&wide), Recording::of_report(&first));
    let factor = |report: &lab::report::Report| value(report, "factor.processes");
    let narrow = again(&["--cores", "2", "--pieces", "64"]);
    assert!(factor(&wide) > 1.5 * factor(&narrow), "{} {}", factor(&wide), factor(&narrow));
    let loaded = again(&["--cores", "16", "--pieces", "64", "--payload", "64MiB"]);
    assert!(factor(&loaded) < factor(&wide) / 2.0, "data to pass makes processes slower");
    assert_eq!(value(&loaded, "plan.payload"), f64::from(64 << 20));
}

/// The page of a browser, from the saved run that the book shows.
#[test]
fn a_saved_run_becomes_a_page_with_its_lanes() {
    let saved = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/cpu_loop.json");
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let again = run(&["again", saved, "--cores", "4", "--html", page.to_str().unwrap(), "--json"]).ends_with(0);
    let report: lab::report::Report = serde_json::from_str(&again.out).unwrap();
    assert!(!report.traces.is_empty(), "the lanes of the recorded run");
    let page = std::fs::read_to_string(page).unwrap();
    for text in [&report.shows, &report.traces[0].title, &report.charts[0].title, &report.tables[0].title] {
        assert!(page.contains(&text.ko) && page.contains(&text.en.replace('\'', "&#39;")), "{text}");
    }
    assert!(page.contains("class=\"lane\"") && page.contains("pool.map(piece, pieces)"));
    let nowhere = folder.path().join("no/such/folder/page.html");
    let refused = run(&["again", saved, "--html", nowhere.to_str().unwrap()]);
    assert!(refused.err.lines().count() == 1 && refused.out.is_empty(), "{refused:?}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let (text, other) = (write("text", "hello"), write("other.json", "{\"experiment\": \"threading/cpu\"}"));
    let cases = [
        (vec!["again"], "give a file"),
        (vec!["again", "/no/such/file"], "cannot be read"),
        (vec!["again", "/"], "is a folder"),
        (vec!["again", &text], "this is no recorded run"),
        (vec!["again", &other], "this is no recorded run"),
    ];
    for (args, said) in cases {
        let done = run(&args).ends_with(2);
        assert!(done.err.contains(said) && done.err.lines().count() == 1, "{args:?}: {}", done.err);
    }
}

#[test]
fn a_recording_that_is_broken_or_from_the_future_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    let whole: serde_json::Value = serde_json::from_str(&record(&["sleep", "0.2"]).to_json()).unwrap();
    let again = |words: &str| {
        std::fs::write(&file, words).unwrap();
        run(&["again", file.to_str().unwrap(), "--json"])
    };
    again(&whole.to_string()).ends_with(0);
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = whole.clone();
        change(&mut value);
        value.to_string()
    };
    let half = whole.to_string().len() / 2;
    let wrong = [
        String::from_utf8_lossy(&whole.to_string().as_bytes()[..half]).into_owned(),
        changed(&|report| report["from_the_future"] = true.into()),
        changed(&|report| report["measures"][0]["unit"] = "parsec".into()),
        changed(&|report| report["measures"][0]["samples"] = serde_json::json!([])),
        changed(&|report| report["measures"][0]["samples"] = serde_json::json!([-1.0])),
        changed(&|report| report["measures"][0]["samples"] = serde_json::json!([null])),
        changed(&|report| drop(report["measures"].as_array_mut().unwrap().remove(0))),
        changed(&|report| report["measures"] = serde_json::json!([])),
    ];
    for words in wrong {
        let done = again(&words).ends_with(2);
        assert!(done.err.contains("this is no recorded run") && done.err.lines().count() == 1, "{}", done.err);
    }
    // No number, however odd, is a panic.
    let count = whole["measures"].as_array().unwrap().len();
    for n in 0..count {
        for odd in [0.0, 1e-300, 1e300] {
            let done = again(&changed(&|report| report["measures"][n]["samples"] = serde_json::json!([odd])));
            let refused = done.status.code() == Some(2) && done.err.lines().count() == 1;
            assert!(done.status.success() || refused, "measure {n} is {odd}: {}", done.err);
        }
    }
}
