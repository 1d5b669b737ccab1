//! The programs of the sections: beside this one, where cargo puts them.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lab::lang::Text;
use lab::{process, text};

/// A build that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(1800);

/// The folder that this program is in names cargo's profile: `debug`, `release`.
pub fn profile() -> Option<String> {
    let exe = env::current_exe().ok()?;
    Some(exe.parent()?.file_name()?.to_str()?.to_owned())
}

/// Where the program of a section is, if it was built.
pub fn path(package: &str) -> Result<PathBuf, Text> {
    let exe = env::current_exe().map_err(|e| Text::same(e.to_string()))?;
    let program = exe.with_file_name(format!("{package}{}", env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    let release = if profile().as_deref() == Some("release") { " --release" } else { "" };
    Err(text!(
        "{package} 프로그램이 없습니다. 먼저 실행: cargo build{release} -p {package}",
        "there is no program {package}; first run: cargo build{release} -p {package}"
    ))
}

/// Builds the program of a section as `cargo run` would: on its own, so that it keeps its own features. Does nothing where cargo did
/// not start us: then the programs are as they are.
pub fn build(package: &str) -> Result<(), Text> {
    let (Some(cargo), Some(manifest)) = (env::var_os("CARGO"), env::var_os("CARGO_MANIFEST_DIR")) else {
        return Ok(());
    };
    let Some(root) = Path::new(&manifest).parent() else { return Ok(()) };
    let mut words: Vec<OsString> = ["build", "--quiet", "-p", package].map(OsString::from).to_vec();
    match profile().as_deref() {
        Some("release") => words.push("--release".into()),
        Some("debug") | None => {}
        Some(other) => words.extend(["--profile".into(), other.into()]),
    }
    let built = process::run_guarded(Path::new(&cargo), &words, LIMIT, |command| _ = command.current_dir(root));
    built.map(drop).map_err(|why| Text {
        ko: format!("{package}: 빌드할 수 없습니다: {}", why.ko),
        en: format!("{package}: cannot be built: {}", why.en),
    })
}
