//! The student's workspace: a folder of its own with all labs, and what the student has done so far.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use lab::lang;
use lab::{Error, Result, text};
use serde::{Deserialize, Serialize};

use crate::labs::{Lab, root};
use crate::track::Track;

/// The file that makes a folder a workspace.
const STATE: &str = ".exercises.json";

/// A student's folder.
#[derive(Debug)]
pub struct Workspace {
    /// Its path, absolute if this run made it.
    pub folder: PathBuf,
    /// What it remembers from one command to the next.
    pub state: State,
}

/// What a workspace remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The track that was chosen.
    pub track: Track,
    /// Labs that were passed, by track.
    #[serde(default)]
    pub passed: BTreeMap<Track, BTreeSet<String>>,
    /// Hints that were shown, by lab.
    #[serde(default)]
    pub hints: BTreeMap<String, usize>,
}

impl Workspace {
    /// The workspace that is meant: the one that is named, else the one around the current folder, else the one started last.
    pub fn find(named: Option<&Path>) -> Result<Workspace> {
        if let Some(folder) = named {
            return Workspace::open(folder);
        }
        let here = env::current_dir()?;
        let around = here.ancestors().find(|folder| folder.join(STATE).is_file()).map(Path::to_owned);
        let last = || fs::read_to_string(last_file()).ok().map(|path| PathBuf::from(path.trim_end()));
        let Some(folder) = around.or_else(last).filter(|folder| folder.join(STATE).is_file()) else {
            return Err(Error::usage(text!(
                "실습 폴더가 없습니다. 'start DIR'로 만들거나 --dir로 지정하십시오.",
                "there is no workspace. Make one with 'start DIR', or name it with --dir."
            )));
        };
        Workspace::open(&folder)
    }

    fn open(folder: &Path) -> Result<Workspace> {
        let path = folder.join(STATE);
        let shown = folder.display();
        let refuse = |e: &dyn std::fmt::Display| {
            let path = path.display();
            Error::failed(text!("{path}: 읽을 수 없습니다: {e}", "{path}: cannot be read: {e}"))
        };
        let source = match fs::read_to_string(&path) {
            Ok(source) => source,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Err(Error::usage(text!(
                    "{shown}: 실습 폴더가 아닙니다. 'start {shown}'(으)로 만드십시오.",
                    "{shown}: not a workspace of the labs. 'start {shown}' makes one."
                )));
            }
            Err(e) => return Err(refuse(&e)),
        };
        let state = serde_json::from_str(&source).map_err(|e| refuse(&e))?;
        Ok(Workspace { folder: folder.to_owned(), state })
    }

    /// Makes a workspace, or adds what is missing to one. Files that are there already stay as they are.
    pub fn make(folder: &Path, track: Option<Track>, labs: &[Lab]) -> Result<Workspace> {
        let shown = folder.display();
        let is_ours = folder.join(STATE).is_file();
        let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
        if !is_ours && !is_empty {
            return Err(Error::usage(text!(
                "{shown}: 비어 있지 않은 폴더입니다. 새 폴더의 이름을 주십시오.",
                "{shown}: this folder is not empty. Give the name of a new one."
            )));
        }
        let refuse = |e: io::Error| {
            let shown = folder.display();
            Error::failed(text!("{shown}: 만들 수 없습니다: {e}", "{shown}: cannot be made: {e}"))
        };
        fs::create_dir_all(folder).map_err(refuse)?;
        let folder = fs::canonicalize(folder).map_err(refuse)?;
        let mut workspace = if is_ours {
            Workspace::open(&folder)?
        } else {
            let state = State { track: track.unwrap_or(Track::Rust), passed: BTreeMap::new(), hints: BTreeMap::new() };
            Workspace { folder, state }
        };
        workspace.state.track = track.unwrap_or(workspace.state.track);
        workspace.fill(labs).map_err(refuse)?;
        workspace.save()?;
        // Only a convenience: without it, --dir names the workspace.
        let last = last_file();
        let _ = last.parent().map(fs::create_dir_all);
        let _ = fs::write(last, workspace.folder.display().to_string());
        Ok(workspace)
    }

    fn fill(&self, labs: &[Lab]) -> io::Result<()> {
        for lab in labs {
            let folder = self.folder.join(lab.name);
            fs::create_dir_all(&folder)?;
            let task = folder.join("task.md");
            if !task.exists() {
                fs::copy(lab.task(), task)?;
            }
            for track in lab.manifest.tracks() {
                let submission = folder.join(track.file("submission"));
                if !submission.exists() {
                    fs::copy(lab.file("starter", track), submission)?;
                }
            }
        }
        let rust: Vec<&Lab> = labs.iter().filter(|lab| lab.has(Track::Rust)).collect();
        // These follow the list of labs, so they are written again.
        fs::write(self.folder.join("Cargo.toml"), manifest())?;
        fs::write(self.folder.join("labs.rs"), modules(&rust))?;
        // The same versions as the grader's: they are on this machine already, also without a network.
        let lock = self.folder.join("Cargo.lock");
        if !lock.exists() {
            fs::copy(root().join("Cargo.lock"), lock)?;
        }
        fs::create_dir_all(self.folder.join(".cargo"))?;
        fs::write(self.folder.join(".cargo/config.toml"), alias())?;
        fs::write(self.folder.join(".gitignore"), "/target\n")?;
        let seen = root().join(format!("exercises/labs/how-you-are-seen.{}.md", lang::current().code()));
        fs::write(self.folder.join("README.md"), readme(&fs::read_to_string(seen)?))
    }

    /// Keeps what was done.
    pub fn save(&self) -> Result<()> {
        let mut state = serde_json::to_vec_pretty(&self.state).expect("the keys are words");
        state.push(b'\n');
        lab::atomic_write::write(&self.folder.join(STATE), &state)
    }

    /// The student's file of a lab.
    pub fn submission(&self, lab: &Lab, track: Track) -> PathBuf {
        self.folder.join(lab.name).join(track.file("submission"))
    }

    /// Whether a lab was passed in a track.
    pub fn passed(&self, lab: &Lab, track: Track) -> bool {
        self.state.passed.get(&track).is_some_and(|names| names.contains(lab.name))
    }

    /// The first lab of the track that has not been passed.
    pub fn next(&self, labs: &[Lab], track: Track) -> Option<Lab> {
        labs.iter().find(|lab| lab.has(track) && !self.passed(lab, track)).cloned()
    }
}

fn last_file() -> PathBuf {
    root().join("target/exercises/last")
}

/// For an editor and `cargo build`: the grader compiles each submission on its own.
fn manifest() -> String {
    let kit = root().join("support/exercise-kit");
    format!(
        "[package]\nname = \"my-labs\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         # All submissions as one library. The grader compiles each on its own and ignores this file.\n\
         [lib]\npath = \"labs.rs\"\n\n[dependencies]\ncrossbeam = \"0.8\"\nkit = {{ package = \"exercise-kit\", path = {kit:?} }}\n\
         tokio = {{ version = \"1\", features = [\"io-util\", \"macros\", \"net\", \"process\", \"rt\", \"rt-multi-thread\", \"sync\", \"time\"] }}\n\n\
         # A workspace of its own, also inside another one.\n[workspace]\n"
    )
}

fn modules(labs: &[&Lab]) -> String {
    let mut source = String::from(
        "//! All submissions, so that an editor and `cargo build` see them.\n#![allow(dead_code)]\n\npub use kit::sync;\n",
    );
    for lab in labs {
        let module = lab.name.split_once('-').map_or(lab.name, |(_, name)| name).replace('-', "_");
        source.push_str(&format!("\n#[path = \"{}/submission.rs\"]\npub mod {module};\n", lab.name));
    }
    source
}

fn alias() -> String {
    let repository = root().join("Cargo.toml");
    let code = lang::current().code();
    format!(
        "# `cargo exercises check 1` in this folder.\n[alias]\nexercises = [\"run\", \"--quiet\", \"--manifest-path\", {:?}, \"-p\", \"exercises\", \"--\", \"--lang\", \"{code}\"]\n",
        repository.display().to_string()
    )
}

fn readme(seen: &str) -> String {
    let head = text!(
        "# 실습\n\n이 폴더에서 실행합니다.\n\n- `cargo exercises next`: 다음 실습의 과제\n- `cargo exercises check`: 채점. 번호를 주면 그 실습만\n- `cargo exercises hint N`: 실습 N의 힌트, 한 번에 하나씩\n- `cargo exercises solution N`: 통과한 실습의 모범 답안\n- `cargo exercises list`: 목록과 진행 상황\n\n고치는 파일은 각 폴더의 `submission.rs` 또는 `submission.py`입니다.\n",
        "# The labs\n\nIn this folder:\n\n- `cargo exercises next`: the task of the next lab\n- `cargo exercises check`: judges it; with a number, that lab\n- `cargo exercises hint N`: a hint for lab N, one at a time\n- `cargo exercises solution N`: the solution of a lab that you have passed\n- `cargo exercises list`: the labs, and how far you are\n\nThe files to change are `submission.rs` or `submission.py` in each folder.\n"
    );
    format!("{head}\n{seen}")
}
