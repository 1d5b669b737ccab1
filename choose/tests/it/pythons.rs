//! The interpreters of this machine, for tests that need one.

use std::path::{Path, PathBuf};
use std::process::Command;

/// `python3`, which all tests of Python need.
pub const PYTHON: &str = "python3";

/// A CPython with a GIL whose version is in the range of those that publish where it is. `None` if this machine has none: then the test
/// says so.
pub fn that_publishes() -> Option<PathBuf> {
    let named = ["python3.13", "python3.14", "python3.15", PYTHON].map(PathBuf::from);
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let versions = std::fs::read_dir(home.join(".pyenv/versions")).into_iter().flatten().flatten();
    let managed = versions.map(|version| version.path().join("bin/python"));
    let found = named.into_iter().chain(managed).find(|python| publishes(python));
    if found.is_none() {
        eprintln!("not tested: this machine has no CPython 3.13 to 3.15");
    }
    found
}

/// The CPythons of this machine before 3.13, which publish nothing: each version once.
pub fn older() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let versions = std::fs::read_dir(home.join(".pyenv/versions")).into_iter().flatten().flatten();
    let managed = versions.map(|version| version.path().join("bin/python"));
    let named = (8..13).map(|minor| PathBuf::from(format!("/usr/bin/python3.{minor}")));
    let code = "import sys; v = sys.version_info; \
                print('%02d' % v[1] if v[0] == 3 and 8 <= v[1] < 13 and sys.implementation.name == 'cpython' else '')";
    let version = |python: &PathBuf| {
        let said = Command::new(python).args(["-c", code]).output().ok()?;
        Some(String::from_utf8(said.stdout).ok()?.trim().to_owned()).filter(|version| !version.is_empty())
    };
    let all = managed.chain(named).filter_map(|python| Some((version(&python)?, python)));
    let by_version: std::collections::BTreeMap<String, PathBuf> = all.collect();
    if by_version.is_empty() {
        eprintln!("not tested: this machine has no CPython 3.8 to 3.12");
    }
    by_version.into_values().collect()
}

fn publishes(python: &Path) -> bool {
    let code = "import sys, sysconfig; v = sys.version_info; \
                print(v[0] == 3 and 13 <= v[1] <= 15 and sys.implementation.name == 'cpython' \
                and not sysconfig.get_config_var('Py_GIL_DISABLED'))";
    let said = Command::new(python).args(["-c", code]).output();
    said.is_ok_and(|said| said.stdout.starts_with(b"True"))
}
