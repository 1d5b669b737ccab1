//! The page as files.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{Done, finish, start};
use serde_json::Value;

fn export(dir: &Path) -> Done {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workbench"));
    command
        .arg("export")
        .arg(dir)
        .args(["--lang", "en"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    finish(start(&mut command))
}

#[test]
fn the_files_are_a_whole_page_with_all_answers() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("page");
    let done = export(&dir).ends_with(0);
    assert!(done.out.contains("index.html") && done.out.contains("data.js"), "{done:?}");
    let read = |name: &str| fs::read_to_string(dir.join(name)).unwrap();
    let (index, script, data) = (read("index.html"), read("page.js"), read("data.js"));
    for named in index.split('"').filter_map(|word| word.strip_prefix("./")) {
        assert!(dir.join(named).is_file(), "index.html names {named}");
    }
    let policy = index.split_once("http-equiv=\"Content-Security-Policy\" content=\"").expect("a policy").1;
    let policy = policy.split_once('"').unwrap().0;
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("connect-src"),
        "{policy}"
    );
    assert!(!index.contains("type=\"module\"") && !script.lines().any(|line| line.starts_with("import ")));
    let json = data.strip_prefix("globalThis.workbenchExport = ").and_then(|data| data.strip_suffix(";\n")).unwrap();
    let all: Value = serde_json::from_str(json).unwrap();
    let length = |key: &str| all[key].as_object().unwrap().len();
    assert_eq!((length("play"), length("kitchen")), (16, 6));
    let scenarios = all["meta"]["scenarios"].as_array().unwrap().len();
    assert_eq!(length("simulate"), scenarios * 3 * (3 + 3 + 1 + 1), "versions, cores and intervals");
    // From each beginning the goal can be reached.
    for (id, graph) in all["play"].as_object().unwrap() {
        let nodes = graph["nodes"].as_array().unwrap();
        assert!(nodes.iter().any(|node| !node["won"].is_null()), "{id}: {} states, and none wins", nodes.len());
    }
    let size: u64 = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("the exported page: {} KiB", size / 1024);
    // Once more into its own folder, and not into another's.
    export(&dir).ends_with(0);
    let other = home.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.txt"), "mine").unwrap();
    let refused = export(&other).ends_with(2);
    assert_eq!((refused.err.lines().count(), fs::read_dir(&other).unwrap().count()), (1, 1), "{refused:?}");
    assert_eq!(export(&other.join("thesis.txt")).ends_with(1).err.lines().count(), 1);
}
