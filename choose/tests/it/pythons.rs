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

fn publishes(python: &Path) -> bool {
    let code = "import sys, sysconfig; v = sys.version_info; \
                print(v[0] == 3 and 13 <= v[1] <= 15 and sys.implementation.name == 'cpython' \
                and not sysconfig.get_config_var('Py_GIL_DISABLED'))";
    let said = Command::new(python).args(["-c", code]).output();
    said.is_ok_and(|said| said.stdout.starts_with(b"True"))
}
