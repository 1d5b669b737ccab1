//! Where interpreters are: on the PATH, in the system's folders, in pyenv's and uv's.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// The interpreter where none is given.
pub(super) const DEFAULT: &str = "python3";

/// Programs that may be interpreters, the default one first, each once. None of them has been asked.
pub(super) fn everywhere() -> Vec<PathBuf> {
    let default = PathBuf::from(DEFAULT);
    let mut found: Vec<PathBuf> = is_on_path(&default).then_some(default).into_iter().collect();
    let mut targets = Vec::new();
    // In a shared folder the longest name of a file says most: `python3.11` rather than `python`. A version's own folder says it.
    let shared = shared_folders().into_iter().flat_map(|folder| programs(&folder).into_iter().rev());
    let versions = version_folders().into_iter().flat_map(|folder| programs(&folder));
    for program in shared.chain(versions) {
        let target = fs::canonicalize(&program).unwrap_or_else(|_| program.clone());
        if !targets.contains(&target) {
            targets.push(target);
            found.push(by_name(program));
        }
    }
    found
}

/// A program as a reader types it: its name, if that leads to it.
fn by_name(program: PathBuf) -> PathBuf {
    match program.file_name().map(PathBuf::from) {
        Some(name) if on_path(&name).is_some_and(|first| first == program) => name,
        _ => program,
    }
}

/// Whether a program of this name is on the PATH.
pub(super) fn is_on_path(name: &Path) -> bool {
    on_path(name).is_some()
}

/// The first program of this name on the PATH.
fn on_path(name: &Path) -> Option<PathBuf> {
    let mut file = name.as_os_str().to_owned();
    if !name.as_os_str().to_string_lossy().ends_with(env::consts::EXE_SUFFIX) {
        file.push(env::consts::EXE_SUFFIX);
    }
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(&file)).find(|program| program.is_file())
}

fn below_home(folder: &str) -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("HOME")?).join(folder))
}

/// Folders with programs of all kinds.
fn shared_folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // What a version manager puts on the PATH forwards to one of its versions, or complains that none is chosen.
    let mut folders: Vec<PathBuf> =
        env::split_paths(&path).filter(|folder| folder.file_name() != Some(OsStr::new("shims"))).collect();
    folders.extend(["/usr/local/bin", "/usr/bin"].map(PathBuf::from));
    folders.extend(below_home(".local/bin"));
    folders
}

/// The folders of pyenv's and uv's versions.
fn version_folders() -> Vec<PathBuf> {
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| below_home(".pyenv"));
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(|| below_home(".local/share"));
    let uv = env::var_os("UV_PYTHON_INSTALL_DIR").map(PathBuf::from);
    let uv = uv.or_else(|| data.map(|data| data.join("uv").join("python")));
    let versions = pyenv.map(|root| root.join("versions")).into_iter().chain(uv);
    versions.flat_map(|versions| entries(&versions)).map(|version| version.join("bin")).collect()
}

/// The programs in a folder whose names are those of interpreters, the shortest names first.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let is_program = |path: &PathBuf| is_name(path) && path.is_file();
    let mut programs: Vec<PathBuf> = entries(folder).into_iter().filter(is_program).collect();
    programs.sort_by_key(|program| program.as_os_str().len());
    programs
}

/// What is in a folder, sorted; nothing if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
    entries.sort();
    entries
}

/// `python`, `python3.14t`, `pypy3`, `jython`, and not `python3-config` or `pypy3compile`.
fn is_name(program: &Path) -> bool {
    let name = program.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let name = name.strip_suffix(env::consts::EXE_SUFFIX).unwrap_or(name);
    let known = ["python", "pypy", "jython", "graalpy", "ipy", "rustpython"];
    let version = known.iter().find_map(|known| name.strip_prefix(known));
    let is_version = |version: &str| version.chars().all(|c| c.is_ascii_digit() || c == '.');
    version.is_some_and(|version| is_version(version.strip_suffix('t').unwrap_or(version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_are_known_by_the_form_of_their_names() {
        for name in
            ["python", "python3", "python2.7", "python3.14t", "pypy3.11", "jython", "graalpy", "ipy", "rustpython"]
        {
            assert!(is_name(Path::new(&format!("{name}{}", env::consts::EXE_SUFFIX))), "{name}");
        }
        for name in ["python3-config", "python3.14-gdb.py", "pypy3compile", "ipython", "py", "pythonw3", "jython.jar"] {
            assert!(!is_name(Path::new(name)), "{name}");
        }
    }
}
