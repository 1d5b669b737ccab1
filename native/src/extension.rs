//! The extension module: built by cargo when it is needed, and put where Python finds it.
//!
//! Nothing else builds it: it is a member of the workspace that no program depends on, so the first build of the sections does not grow.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lab::lang::Text;
use lab::python::Interpreter;
use lab::{atomic_write, process, text};

/// A build that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(1800);
/// The package, and the module of the same name.
const PACKAGE: &str = "native-extension";
const MODULE: &str = "native_extension";
/// The oldest version of Python that the extension is built for: the feature `abi3-py38` of `pyo3`.
const OLDEST: [u32; 2] = [3, 8];

/// What an extension is built for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Abi {
    /// Every CPython with a GIL: the stable ABI.
    Stable,
    /// One version of free-threaded CPython, which has an ABI of its own.
    FreeThreaded([u32; 2], PathBuf),
}

impl Abi {
    /// The ABI of an interpreter. The reason, if the extension cannot be built for it.
    pub fn of(python: &Interpreter) -> Result<Abi, Text> {
        let [major, minor, _] = python.version;
        if python.implementation != "CPython" {
            return Err(text!("확장 모듈은 CPython용입니다", "the extension is for CPython"));
        }
        if [major, minor] < OLDEST {
            let [major, minor] = OLDEST;
            return Err(text!(
                "확장 모듈에는 파이썬 {major}.{minor} 이상이 필요합니다",
                "the extension needs Python {major}.{minor} or later"
            ));
        }
        match python.gil {
            Some(false) => Ok(Abi::FreeThreaded([major, minor], python.path.clone())),
            Some(true) | None => Ok(Abi::Stable),
        }
    }

    /// The folder of its build, below cargo's.
    fn name(&self) -> String {
        match self {
            Abi::Stable => "abi3".to_owned(),
            Abi::FreeThreaded([major, minor], _) => format!("cp{major}{minor}t"),
        }
    }

    /// What tells pyo3 for which Python it builds: the stable ABI needs none at all.
    fn environment(&self) -> (&'static str, PathBuf) {
        match self {
            Abi::Stable => ("PYO3_NO_PYTHON", "1".into()),
            Abi::FreeThreaded(_, path) => ("PYO3_PYTHON", path.clone()),
        }
    }
}

/// The folder from which this interpreter can import the module. The reason, if it cannot be built.
///
/// cargo decides whether it must build. A copy that was built before is enough where cargo cannot be started.
pub fn folder(python: &Interpreter) -> Result<PathBuf, Text> {
    let abi = Abi::of(python)?;
    let target = below_target()?.join(abi.name());
    let folder = target.join("python");
    let copy = folder.join(format!("{MODULE}{}", if cfg!(windows) { ".pyd" } else { ".so" }));
    if !copy.is_file() {
        tell_of_the_build();
    }
    match build(&abi, &target) {
        Ok(library) => put(&library, &copy).map_err(Text::same)?,
        Err(NoBuild::NoCargo(_)) if copy.is_file() => {}
        Err(NoBuild::NoCargo(why) | NoBuild::Failed(why)) => return Err(why),
    }
    Ok(folder)
}

/// Why there is no new build.
enum NoBuild {
    NoCargo(Text),
    Failed(Text),
}

/// Builds the library with cargo, in a folder of its own: what pyo3 is built for depends on the environment, and in the folder of the
/// workspace each build would undo the last one.
fn build(abi: &Abi, target: &Path) -> Result<PathBuf, NoBuild> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let words = ["build", "--quiet", "--locked", "-p", PACKAGE, "--target-dir"];
    let mut words = words.map(Into::into).to_vec();
    words.push(target.into());
    let root = workspace().map_err(NoBuild::NoCargo)?;
    let (name, value) = abi.environment();
    let built = process::run_guarded(Path::new(&cargo), &words, LIMIT, |command| {
        command.current_dir(&root).env_remove("PYO3_PYTHON").env_remove("PYO3_NO_PYTHON").env(name, value);
    });
    let library = target.join("debug").join(format!("{}{MODULE}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX));
    match built {
        Ok(_) => Ok(library),
        // 127 is the guard's: the program could not be started.
        Err(Text { ko, en }) if en.starts_with("exit code 127") => Err(NoBuild::NoCargo(text!(
            "확장 모듈을 빌드할 cargo를 실행할 수 없습니다: {ko}",
            "cargo, which builds the extension, cannot be started: {en}"
        ))),
        Err(Text { ko, en }) => Err(NoBuild::Failed(text!(
            "확장 모듈을 빌드할 수 없습니다(cargo build -p {PACKAGE}): {ko}",
            "the extension cannot be built (cargo build -p {PACKAGE}): {en}"
        ))),
    }
}

/// A Python that has loaded the old copy keeps it: the new one takes its name, and not its place on disk.
fn put(library: &Path, copy: &Path) -> Result<(), String> {
    let bytes = fs::read(library).map_err(|e| format!("{}: {e}", library.display()))?;
    if fs::read(copy).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = copy.parent().expect("it is in a folder");
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    atomic_write::write(copy, &bytes).map_err(|e| e.text().en.clone())
}

fn tell_of_the_build() {
    let bar = progress::steps(1);
    bar.println(
        text!(
            "확장 모듈을 처음 빌드합니다. 30초쯤 걸립니다.",
            "building the extension for the first time; it takes about 30 s."
        )
        .to_string(),
    );
    bar.finish_and_clear();
}

/// `native` in cargo's folder for what it builds, which this program is in.
pub fn below_target() -> Result<PathBuf, Text> {
    let exe = env::current_exe().map_err(|e| Text::same(e.to_string()))?;
    let profile =
        exe.ancestors().find(|folder| matches!(folder.file_name(), Some(name) if name == "debug" || name == "release"));
    let target = profile.and_then(Path::parent);
    target.map(|target| target.join("native")).ok_or_else(|| {
        text!("이 프로그램은 cargo의 target 폴더 안에 있어야 합니다", "this program must be in cargo's target folder")
    })
}

/// The root of the sources: two folders above the twins.
fn workspace() -> Result<PathBuf, Text> {
    let twin = lab::twin_script!("release");
    let root = twin.ancestors().nth(3).filter(|root| root.join("Cargo.toml").is_file());
    root.map(Path::to_owned)
        .ok_or_else(|| text!("소스 폴더를 찾을 수 없습니다", "the folder of the sources is not there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(implementation: &str, version: [u32; 3], gil: Option<bool>) -> Interpreter {
        Interpreter { path: "python".into(), implementation: implementation.into(), version, gil }
    }

    #[test]
    fn one_build_serves_every_python_with_a_gil() {
        let of = |version, gil| Abi::of(&python("CPython", version, gil)).map(|abi| abi.name());
        assert_eq!(of([3, 8, 18], Some(true)).unwrap(), "abi3");
        assert_eq!(of([3, 15, 0], Some(true)).unwrap(), "abi3");
        assert_eq!(of([3, 13, 5], Some(false)).unwrap(), "cp313t");
        assert_eq!(of([3, 14, 0], Some(false)).unwrap(), "cp314t");
        assert!(of([3, 7, 16], Some(true)).is_err());
        assert!(Abi::of(&python("PyPy", [3, 11, 1], Some(true))).is_err());
    }

    #[test]
    fn a_new_build_replaces_the_copy() {
        let folder = env::temp_dir().join(format!("native-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (library, copy) = (folder.join("library"), folder.join("python/copy"));
        for content in ["old", "new"] {
            fs::write(&library, content).unwrap();
            put(&library, &copy).unwrap();
            assert_eq!(fs::read_to_string(&copy).unwrap(), content);
        }
        assert!(put(&folder.join("missing"), &copy).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
