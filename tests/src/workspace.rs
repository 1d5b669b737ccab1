//! The workspace's folder, and whether a program is older than its sources, by modification times as cargo does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Deserialize;

/// The root folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate is a folder of the workspace")
}

#[derive(Deserialize)]
struct Root {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    dependencies: BTreeMap<String, Dependency>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Dependency {
    Version(#[allow(dead_code, reason = "only members of the workspace count")] String),
    Detailed { path: Option<PathBuf> },
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(default)]
    dependencies: BTreeMap<String, serde::de::IgnoredAny>,
}

/// Whether the program of this member is missing or older than its sources or those of a member that it depends on.
pub fn is_stale(name: &str, program: &Path) -> bool {
    let Ok(built) = fs::metadata(program).and_then(|file| file.modified()) else {
        return true;
    };
    // Templates are compiled in, as sources are.
    let sources = |folder: &PathBuf| ["src", "templates"].map(|below| newest(&folder.join(below)));
    folders_of(name).iter().flat_map(sources).any(|modified| modified > built)
}

/// The folder of a member and of all members that it depends on.
fn folders_of(name: &str) -> BTreeSet<PathBuf> {
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let root: Root = basic_toml::from_str(&read(&workspace().join("Cargo.toml"))).expect("cargo reads it too");
    let member = |name: &str| match root.workspace.dependencies.get(name) {
        Some(Dependency::Detailed { path: Some(path) }) => Some(workspace().join(path)),
        _ => None,
    };
    let mut found = BTreeSet::new();
    let mut next = vec![member(name).unwrap_or_else(|| workspace().join(name))];
    while let Some(folder) = next.pop() {
        let manifest: Manifest = basic_toml::from_str(&read(&folder.join("Cargo.toml"))).expect("cargo reads it too");
        if found.insert(folder) {
            next.extend(manifest.dependencies.keys().filter_map(|name| member(name)));
        }
    }
    found
}

/// When the newest file below a folder was modified.
fn newest(folder: &Path) -> SystemTime {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let modified = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => newest(&entry.path()),
        _ => entry.metadata().and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH),
    };
    entries.map(modified).max().unwrap_or(SystemTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_depends_on_the_members_below_it() {
        let folders = folders_of("threading");
        for member in ["threading", "support/lab", "gil-sim"] {
            assert!(folders.contains(&workspace().join(member)), "{member}: {folders:?}");
        }
        assert!(!folders.contains(&workspace().join("mutex")), "{folders:?}");
    }

    #[test]
    fn an_older_or_missing_program_is_noticed() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let program = dir.path().join("threading");
        assert!(is_stale("threading", &program), "it is missing");
        fs::write(&program, "").expect("the folder is ours");
        assert!(!is_stale("threading", &program), "it was written just now");
        let file = fs::File::open(&program).expect("written above");
        file.set_modified(SystemTime::UNIX_EPOCH).expect("the file is ours");
        assert!(is_stale("threading", &program), "it is older than the sources");
    }
}
