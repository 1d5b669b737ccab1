//! The command `grade`: a folder of submissions, each in a copy of its own, with points for each promise.
//!
//! - [`submissions`]: what is in the folder, without following a link out of it
//! - [`saved`]: what an earlier run has graded already
//! - [`sheet`]: points per promise
//! - [`formats`]: the sheet for a person, a program, a spreadsheet, Gradescope, GitHub

pub mod formats;
pub mod saved;
pub mod sheet;
pub mod submissions;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use lab::cli::{Args, Choice as _, Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::{Error, Result, atomic_write, machine, terminal, text};

use crate::assess::{self, Assessment, Kept};
use crate::limits::{self, Guards};
use crate::tools::{self, Tools};
use crate::track::Track;
use crate::{labs, parallel};
use formats::Format;
use saved::Saved;
use sheet::{Grade, Mark, Sheet};
use submissions::Entry;

/// `cargo run -p exercises -- grade DIR…`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let folders = options
        .positional_words("dir", text!("제출물의 폴더, 또는 제출물 하나", "folders of submissions, or one submission"));
    let only = options.words("lab", text!("이 실습만(여러 번 지정 가능)", "only this lab (may be repeated)"));
    let format = options.choice("format", Format::Table, text!("출력 형식", "how the result is written"));
    let out = options.output(
        "out",
        text!(
            "결과를 쓸 파일. gradescope 형식이고 제출물이 여럿이면 폴더",
            "the file for the result; with the format gradescope and several submissions, a folder"
        ),
    );
    let saved = options.output(
        "saved",
        text!(
            "이미 채점한 결과를 두는 폴더(기본: target/ 안)",
            "the folder for what is graded already (default: in target/)"
        ),
    );
    let fresh = options.flag(
        "fresh",
        text!("저장된 결과를 쓰지 않고 모두 다시 채점", "grade everything anew, also what was graded before"),
    );
    let about = text!(
        "제출물 폴더를 채점: 제출물마다 별도의 복사본에서, 제한을 두고",
        "grades a folder of submissions, each in a copy of its own and with limits"
    );
    Experiment::page("grade", about, options, move |args| {
        let wanted = Wanted {
            folders: args.get(folders).iter().map(PathBuf::from).collect(),
            labs: args.get(only),
            format: args.get(format),
            out: args.get(out),
            saved: args.get(saved),
            fresh: args.get(fresh),
        };
        grade(args, &wanted)
    })
}

/// What was asked for.
struct Wanted {
    folders: Vec<PathBuf>,
    labs: Vec<String>,
    format: Format,
    out: Option<PathBuf>,
    saved: Option<PathBuf>,
    fresh: bool,
}

fn grade(args: &Args, wanted: &Wanted) -> Result<u8> {
    if wanted.folders.is_empty() {
        return Err(Error::usage(text!(
            "제출물의 폴더를 지정하십시오: grade DIR",
            "name the folder of the submissions: grade DIR"
        )));
    }
    let labs = match &wanted.labs[..] {
        [] => labs::all()?,
        words => words.iter().map(|word| labs::find(word)).collect::<Result<_>>()?,
    };
    let entries = submissions::find(&wanted.folders, &labs, !wanted.labs.is_empty())?;
    writable(wanted, &entries)?;
    let has = |track| entries.iter().any(|entry| entry.track == track && entry.source.is_ok());
    let tools = if has(Track::Rust) { Some(tools::find()?) } else { None };
    let pythons = if has(Track::Python) { args.find_pythons()? } else { Vec::new() };
    if has(Track::Python) && pythons.is_empty() {
        return Err(Error::failed(text!(
            "Python 제출물이 있는데 Python이 없습니다. --python PATH 로 지정하십시오.",
            "there are submissions in Python, and no Python was found: give one with --python PATH."
        )));
    }
    limits::stop_on_ctrl_c()?;
    let grader = Grader {
        tools,
        pythons,
        saved: Saved::open(wanted.saved.as_deref())?,
        fresh: wanted.fresh,
        guards: Mutex::default(),
    };
    let (sheet, failed) = grader.all(&entries);
    deliver(&sheet, wanted)?;
    if limits::is_stopped() {
        let (done, all) = (sheet.grades.len(), entries.len());
        terminal::complain(&text!(
            "중단했습니다. {all}개 중 {done}개를 채점했습니다. 같은 명령을 다시 실행하면 이어서 채점합니다.",
            "stopped: {done} of {all} are graded. The same command goes on from there."
        ));
        return Ok(limits::INTERRUPTED);
    }
    Ok(u8::from(failed))
}

/// Better now than after ten minutes of grading. A submission is never written over.
fn writable(wanted: &Wanted, entries: &[Entry]) -> Result<()> {
    let Some(out) = &wanted.out else { return Ok(()) };
    // A file that is not there yet is no submission.
    let is_out = out
        .canonicalize()
        .ok()
        .is_some_and(|out| entries.iter().any(|entry| entry.path.canonicalize().is_ok_and(|path| path == out)));
    if is_out {
        let path = out.display();
        return Err(Error::usage(text!(
            "--out {path}: 제출 파일입니다. 다른 파일을 주십시오.",
            "--out {path}: this is a submission. Give another file."
        )));
    }
    if out.is_dir() { Ok(()) } else { atomic_write::can_be_written(out) }
}

/// What grades.
struct Grader {
    tools: Option<Tools>,
    pythons: Vec<Interpreter>,
    saved: Saved,
    fresh: bool,
    guards: Mutex<Option<Guards>>,
}

impl Grader {
    /// One more at a time than there are cores, because runs mostly wait. Whether some could not be graded, for a reason that is not theirs.
    fn all(&self, entries: &[Entry]) -> (Sheet, bool) {
        let bar = progress::steps(entries.len());
        let failed = AtomicBool::new(false);
        let grade = |entry: &Entry| {
            if limits::is_stopped() {
                return None;
            }
            bar.set_message(lab::escape::escape_controls(&entry.submission));
            let grade = self.one(entry).unwrap_or_else(|e| {
                failed.store(true, Ordering::Relaxed);
                not_graded(entry, e.text())
            });
            bar.inc(1);
            // What was stopped in the middle counts as not graded.
            (!limits::is_stopped() || grade.refused.is_none()).then_some(grade)
        };
        let grades: Vec<Grade> = parallel::map(entries, machine::cores() + 1, grade).into_iter().flatten().collect();
        bar.finish_and_clear();
        let guards = self.guards.lock().expect("nobody panics with it").take();
        let sheet = Sheet {
            missing: entries.len() - grades.len(),
            grades,
            unguarded: guards.map(|guards| guards.missing()).unwrap_or_default(),
        };
        (sheet, failed.into_inner())
    }

    fn one(&self, entry: &Entry) -> Result<Grade> {
        let source = match &entry.source {
            Ok(source) => source,
            Err(why) => return Ok(refused(entry, why)),
        };
        let key = self.saved.key(entry, source, self.tools.as_ref(), &self.pythons);
        if let Some(grade) = self.saved.load(&key).filter(|_| !self.fresh) {
            return Ok(grade);
        }
        let (grade, guards) = self.assess(entry, source)?;
        if let Some(guards) = guards {
            *self.guards.lock().expect("nobody panics with it") = Some(guards);
        }
        self.saved.save(&key, &grade)?;
        Ok(grade)
    }

    fn assess(&self, entry: &Entry, source: &[u8]) -> Result<(Grade, Option<Guards>)> {
        let assessed = match entry.track {
            Track::Rust => {
                let tools = self.tools.as_ref().expect("found, because there is a submission in Rust");
                vec![assess::rust(&entry.lab, source, tools)?]
            }
            Track::Python => {
                let one = |python| assess::python(&entry.lab, source, python);
                self.pythons.iter().map(one).collect::<Result<Vec<_>>>()?
            }
        };
        let guards = assessed.iter().flat_map(|a| a.runs.values()).map(|run| run.ended.guards).next();
        Ok((graded(entry, source, &assessed), guards))
    }
}

/// Points for a promise if it was kept on each interpreter on which it was asked.
fn graded(entry: &Entry, source: &[u8], assessed: &[Assessment]) -> Grade {
    let several = assessed.len() > 1;
    let promises = assessed.first().map(|first| &first.promises[..]).unwrap_or_default();
    let mark = |(number, (promise, _)): (usize, &(crate::manifest::Promise, Kept))| {
        let (mut asked, mut seen) = (false, None);
        for assessment in assessed {
            match assessment.promises.get(number).map(|(_, kept)| kept) {
                Some(Kept::Yes) => asked = true,
                Some(Kept::No(broken)) => {
                    asked = true;
                    seen = seen.or_else(|| Some(on(assessment.python.as_ref().filter(|_| several), &broken.seen)));
                }
                Some(Kept::NotAsked(_)) | None => {}
            }
        }
        let most = if asked { promise.points } else { 0 };
        let points = if seen.is_none() { most } else { 0 };
        Mark { promise: promise.id.clone(), title: promise.text(), points, most, seen }
    };
    Grade {
        marks: promises.iter().enumerate().map(mark).collect(),
        refused: assessed.iter().find_map(|a| a.not_compiled.as_ref()).map(|why| with_details(&why.why, &why.said)),
        notes: notes(source, assessed),
        with: with(entry.track, assessed),
        seconds: assessed.iter().map(|a| a.took.as_secs_f64()).sum(),
        ..empty(entry)
    }
}

fn on(python: Option<&Interpreter>, seen: &Text) -> Text {
    match python {
        Some(python) => Text { ko: format!("{python}: {}", seen.ko), en: format!("{python}: {}", seen.en) },
        None => seen.clone(),
    }
}

fn with(track: Track, assessed: &[Assessment]) -> String {
    let pythons: Vec<String> = assessed.iter().filter_map(|a| a.python.as_ref()).map(ToString::to_string).collect();
    if pythons.is_empty() { track.word().to_owned() } else { pythons.join(", ") }
}

/// The compiler's first error behind the sentence, and all that it said below it.
fn with_details(why: &Text, said: &str) -> Text {
    let first = said.lines().find(|line| line.starts_with("error")).unwrap_or_default();
    let tell = |why: &str| if said.trim().is_empty() { why.to_owned() } else { format!("{why}: {first}\n{said}") };
    Text { ko: tell(&why.ko), en: tell(&why.en) }
}

/// What a teacher should look at.
fn notes(source: &[u8], assessed: &[Assessment]) -> Vec<Text> {
    /// Words that only a submission needs that means to speak for the driver. One process cannot hide them from it.
    const SUSPICIOUS: [&str; 5] = ["KIT_OUT", "KIT_NONCE", "kit::", "import kit", "recorded-"];

    let mut notes = Vec::new();
    let left = assessed.iter().flat_map(|a| a.runs.values()).map(|run| run.ended.left_behind).max().unwrap_or(0);
    if left > 0 {
        notes.push(text!(
            "프로세스 {left}개를 남겨 두어 종료시켰습니다.",
            "it left {left} processes running, which were ended."
        ));
    }
    let source = String::from_utf8_lossy(source);
    if let Some(word) = SUSPICIOUS.iter().find(|word| source.contains(**word)) {
        notes.push(text!(
            "소스에 '{word}'이(가) 있습니다. 채점기의 기록을 위조하려는 것일 수 있으니 직접 확인하십시오.",
            "its source has the word '{word}': it may mean to forge the grader's record. Look at it yourself."
        ));
    }
    notes
}

fn empty(entry: &Entry) -> Grade {
    Grade {
        submission: entry.submission.clone(),
        lab: entry.lab.name.to_owned(),
        file: entry.file.clone(),
        with: entry.track.word().to_owned(),
        marks: Vec::new(),
        refused: None,
        notes: Vec::new(),
        seconds: 0.0,
    }
}

/// No points, for a reason of the submission's own.
fn refused(entry: &Entry, why: &Text) -> Grade {
    let mark = |promise: &crate::manifest::Promise| Mark {
        promise: promise.id.clone(),
        title: promise.text(),
        points: 0,
        most: promise.points,
        seen: Some(why.clone()),
    };
    let marks = entry.lab.manifest.promises_of(entry.track).map(mark).collect();
    Grade { marks, refused: Some(why.clone()), ..empty(entry) }
}

/// Not the submission's fault, and not saved: the next run tries again.
fn not_graded(entry: &Entry, why: &Text) -> Grade {
    refused(entry, &text!("채점하지 못했습니다: {why}", "it could not be graded: {why}"))
}

/// The sheet where it was asked for.
fn deliver(sheet: &Sheet, wanted: &Wanted) -> Result<()> {
    match (&wanted.out, wanted.format) {
        (Some(folder), Format::Gradescope) if folder.is_dir() => write_each(sheet, folder)?,
        (Some(path), format) => atomic_write::write(path, formats::document(sheet, format)?.as_bytes())?,
        (None, format) => terminal::print(&formats::document(sheet, format)?),
    }
    if wanted.format == Format::Github {
        formats::hand_over(sheet)?;
    }
    Ok(())
}

fn write_each(sheet: &Sheet, folder: &Path) -> Result<()> {
    let file =
        |(name, document): (String, String)| (folder.join(format!("{}.json", file_name(&name))), document.into_bytes());
    let files: Vec<_> = formats::results(sheet).into_iter().map(file).collect();
    atomic_write::write_together(&files)
}

/// The name of a submission is the name of a file already; only what Windows does not allow is replaced.
fn file_name(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || r#"<>:"/\|?*"#.contains(c) { '_' } else { c }).collect()
}
