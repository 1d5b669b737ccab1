//! The house keeps its floor plan: arrows between crates run one way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use tests::run::SECTIONS;
use tests::workspace::workspace;

/// Libraries that know no other member of the workspace.
const KNOW_NOBODY: [&str; 5] = ["lab", "process-pool", "loopback", "web", "harness"];

/// The folders of all members, by name.
fn members() -> BTreeMap<String, PathBuf> {
    let folders = |parent: PathBuf| fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().path());
    let all = folders(workspace().to_owned()).chain(folders(workspace().join("support")));
    let members = all.filter(|folder| folder.join("Cargo.toml").is_file());
    members.map(|folder| (folder.file_name().unwrap().to_str().unwrap().to_owned(), folder)).collect()
}

/// `[dependencies]` of a manifest, without those for tests.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let section =
        |line: &str| line == "[dependencies]" || (line.starts_with("[target.") && line.ends_with(".dependencies]"));
    let mut inside = false;
    let mut found = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = section(line);
        } else if let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| inside && !name.is_empty()) {
            found.insert(name.to_owned());
        }
    }
    found
}

#[test]
fn arrows_between_crates_run_one_way() {
    let members = members();
    for (name, folder) in &members {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let known: Vec<String> =
            dependencies(&manifest).into_iter().filter(|name| members.contains_key(name)).collect();
        if KNOW_NOBODY.contains(&name.as_str()) {
            assert!(known.is_empty(), "{name} knows {known:?}");
        }
        if SECTIONS[..5].contains(&name.as_str()) {
            let others: Vec<_> = known.iter().filter(|k| SECTIONS.contains(&k.as_str()) && *k != "gil-sim").collect();
            assert!(others.is_empty(), "the section {name} knows {others:?}");
        }
    }
    assert_eq!(
        dependencies("[dependencies]\na.workspace = true\n[dev-dependencies]\nb = \"1\"\n"),
        ["a".into()].into()
    );
}
