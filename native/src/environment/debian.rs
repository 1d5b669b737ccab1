//! PyTorch as Debian packs it for its own Python, unpacked into a folder: nothing is installed, and nobody need be root.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lab::lang::Text;
use lab::{process, text};

use super::library::{Cost, interpreter};

/// A step that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(1800);
const PACKAGE: &str = "python3-torch";
const PYTHON: &str = "/usr/bin/python3";

/// Measured on 30 November 2026, Debian 12: python3-torch 1.13.1 and 175 packages that it needs.
pub(super) const COST: Cost = Cost { download: 150_000_000, disk: 800_000_000, seconds: 30 };

/// Whether this system has Debian's tools and Debian's Python.
pub(super) fn is_here() -> bool {
    ["/usr/bin/apt-get", "/usr/bin/dpkg-deb", PYTHON].iter().all(|file| Path::new(file).is_file())
}

pub(super) fn fill(folder: &Path, tell: &dyn Fn(&Text)) -> Result<(), Text> {
    let packages = needed()?;
    let count = packages.len();
    tell(&text!("Debian 패키지 {count}개를 내려받습니다", "downloading {count} packages of Debian"));
    let (root, archives) = (folder.join("root"), folder.join("archives"));
    fs::create_dir_all(&archives).map_err(|e| Text::same(e.to_string()))?;
    let mut words: Vec<OsString> = ["download", "-qq"].map(OsString::from).to_vec();
    words.extend(packages.iter().map(OsString::from));
    run("/usr/bin/apt-get", &words, &archives).map_err(|Text { ko, en }| {
        text!(
            "apt-get이 실패했습니다({ko}). 네트워크에 연결되어 있는지 확인하고 apt-get update를 실행하십시오",
            "apt-get failed ({en}). Check that there is a network, and run apt-get update"
        )
    })?;
    tell(&text!("패키지를 풉니다", "unpacking them"));
    for archive in listed(&archives) {
        run("/usr/bin/dpkg-deb", &["-x".into(), archive.into(), root.clone().into()], &archives)?;
    }
    let written = fs::remove_dir_all(&archives).and_then(|()| wrapper(folder, &root));
    written.map_err(|e| Text::same(e.to_string()))
}

/// The packages that PyTorch needs and that are not installed.
fn needed() -> Result<Vec<String>, Text> {
    let words = ["install", "--simulate", "--no-install-recommends", PACKAGE].map(OsString::from);
    let plan = run("/usr/bin/apt-get", &words, Path::new("/")).map_err(|Text { ko, en }| {
        text!(
            "apt-get이 {PACKAGE}를 찾지 못합니다({ko}). apt-get update를 실행하십시오",
            "apt-get does not find {PACKAGE} ({en}). Run apt-get update"
        )
    })?;
    Ok(to_install(&plan))
}

/// The names in the lines "Inst NAME (VERSION …)".
fn to_install(plan: &str) -> Vec<String> {
    let names = plan.lines().filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// An interpreter that finds the unpacked libraries before the system's.
fn wrapper(folder: &Path, root: &Path) -> std::io::Result<()> {
    let mut libraries = Vec::new();
    for top in ["lib", "usr/lib"] {
        with_libraries(&root.join(top), 2, &mut libraries);
    }
    let path = libraries.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":");
    let modules = root.join("usr/lib/python3/dist-packages");
    let script =
        format!("#!/bin/sh\nLD_LIBRARY_PATH='{path}' PYTHONPATH='{}' exec {PYTHON} \"$@\"\n", modules.display());
    let python = interpreter(folder);
    fs::create_dir_all(folder.join("bin"))?;
    fs::write(&python, script)?;
    #[cfg(unix)]
    fs::set_permissions(&python, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    Ok(())
}

/// The folders with shared libraries, down to this depth: those of the architecture, and `blas` and `lapack` in them.
fn with_libraries(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let inside = listed(folder);
    let is_library = |file: &PathBuf| file.to_string_lossy().contains(".so");
    if inside.iter().any(|file| is_library(file) && !file.is_dir()) {
        found.push(folder.to_owned());
    }
    for below in inside.iter().filter(|file| depth > 0 && file.is_dir() && !file.is_symlink()) {
        with_libraries(below, depth - 1, found);
    }
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path()).collect();
    files.sort();
    files
}

fn run(program: &str, words: &[OsString], folder: &Path) -> Result<String, Text> {
    process::run_guarded(Path::new(program), words, LIMIT, |command| {
        command.current_dir(folder).env("LC_ALL", "C");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_is_read_from_the_plan() {
        let plan = "Reading package lists...\nInst libgloo0 (0.0 Debian:12 [amd64])\nInst python3-torch (1.13)\nConf libgloo0 (0.0)\n";
        assert_eq!(to_install(plan), ["libgloo0", "python3-torch"]);
    }
}
