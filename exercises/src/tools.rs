//! The compiler and the kit, found once: cargo builds the kit, then plain `rustc` compiles each submission against it.
//!
//! The kit is part of this library's own dependencies. So `cargo build -p exercises --lib` has nothing to build after
//! `cargo run -p exercises`, and tells the files of the kit and of the crates that a submission may use.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lab::{Error, Result, text};
use serde_json::Value;

use crate::labs::root;
use crate::limits;

/// What a submission may use besides std, and the kit for the driver.
const CRATES: [&str; 4] = ["kit", "tokio", "crossbeam", "loom"];

/// What compiles a submission.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The compiler itself, not rustup's proxy: that would look for a toolchain in the folder of the submission.
    pub rustc: PathBuf,
    /// The folder of the toolchain.
    pub sysroot: PathBuf,
    /// The crates that can be named, with their files.
    pub crates: Vec<(&'static str, PathBuf)>,
    /// The folder with the crates that those need.
    pub dependencies: PathBuf,
}

/// Builds the kit, if it is not built yet, and finds the compiler.
pub fn find() -> Result<Tools> {
    let sysroot = sysroot()?;
    let crates = build()?;
    let kit = &crates.iter().find(|(name, _)| *name == "kit").expect("all are found").1;
    let dependencies = kit.parent().unwrap_or(kit).to_owned();
    let rustc = sysroot.join("bin").join(format!("rustc{}", env::consts::EXE_SUFFIX));
    Ok(Tools { rustc, sysroot, crates, dependencies })
}

fn no_program(program: &OsStr, e: &std::io::Error) -> Error {
    let name = program.to_string_lossy();
    Error::failed(text!(
        "{name}을(를) 실행할 수 없습니다: {e}. Rust를 설치하고(rustup.rs) 다시 실행하십시오.",
        "{name} cannot be started: {e}. Install Rust (rustup.rs) and run this again."
    ))
}

fn build() -> Result<Vec<(&'static str, PathBuf)>> {
    let cargo: OsString = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command.args(["build", "--quiet", "-p", "exercises", "--lib", "--message-format=json-render-diagnostics"]);
    // What cargo sets for a package that it runs must not reach the build of another one.
    let own = |(name, _): &(OsString, OsString)| name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_"));
    env::vars_os().filter(own).for_each(|(name, _)| _ = command.env_remove(name));
    command.current_dir(root()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| no_program(&cargo, &e))?;
    let lines = child.stdout.take().map(BufReader::new).expect("it is piped").lines();
    let mut found = Vec::new();
    for line in lines.map_while(std::result::Result::ok) {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        let name = message["target"]["name"].as_str().unwrap_or_default();
        let is_library = message["reason"] == "compiler-artifact" && message["target"]["kind"][0] == "lib";
        let Some(name) = CRATES.iter().find(|known| is_library && **known == name) else { continue };
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(
            files.map(PathBuf::from).find(|file| file.extension().is_some_and(|e| e == "rlib")).map(|f| (*name, f)),
        );
    }
    let status = child.wait()?;
    if limits::is_stopped() {
        return Err(limits::stopped());
    }
    if !status.success() || found.len() < CRATES.len() {
        return Err(Error::failed(text!(
            "채점에 쓰는 라이브러리(exercise-kit)를 빌드하지 못했습니다. 원인은 위에 출력된 cargo의 메시지에 있습니다.",
            "the library that the grader needs (exercise-kit) could not be built; cargo says why above."
        )));
    }
    Ok(found)
}

fn sysroot() -> Result<PathBuf> {
    let rustc: OsString = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(&rustc);
    command.args(["--print", "sysroot"]).current_dir(root()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|e| no_program(&rustc, &e))?;
    let mut said = String::new();
    child.stdout.take().expect("it is piped").read_to_string(&mut said)?;
    let folder = Path::new(said.trim());
    if !child.wait()?.success() || !folder.is_dir() {
        return Err(Error::failed(text!(
            "rustc가 어디에 설치되어 있는지 알 수 없습니다 ('rustc --print sysroot').",
            "rustc does not say where it is installed ('rustc --print sysroot')."
        )));
    }
    Ok(folder.to_owned())
}
