//! Image processing as a reader runs it: the same bytes by every technique, and one bad picture costs no other.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions; the helpers are called by nothing else"
)]

mod endings;
mod formats;
mod memory;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{self, error_line};
use harness::{Done, finish};
use lab::report::Report;
use multiprocessing::picture;
use tempfile::TempDir;

const TECHNIQUES: [&str; 3] = ["sequence", "threads", "processes"];

/// A folder of pictures with these names, all copies of the smallest one that comes with the project.
fn pictures(names: &[&OsStr]) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    for name in names {
        fs::copy(Path::new(picture::FOLDER).join("rocket.jpg"), home.path().join(name)).unwrap();
    }
    home
}

fn named(names: &[&str]) -> TempDir {
    pictures(&names.iter().map(OsStr::new).collect::<Vec<_>>())
}

const LANGS: [&str; 2] = ["ko", "en"];

/// The error line of a failed run; it must be in this language.
fn error_line_in(lang: &str, done: &Done) -> String {
    let line = error_line(done);
    assert_eq!(lab::lang::has_hangul(&line), lang == "ko", "{line}");
    line
}

fn command(dir: &Path, out: &Path, more: &[&str]) -> Command {
    command_in("en", dir, out, more)
}

fn command_in(lang: &str, dir: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = common::command(&["images", "--no-python", "--lang", lang, "--workers", "2", "--rounds", "1"]);
    command.args(more).arg(dir).arg("--out").arg(out);
    command
}

fn run(dir: &Path, out: &Path, more: &[&str]) -> Done {
    finish(harness::start(&mut command(dir, out, more)))
}

fn report(dir: &Path, out: &Path) -> Report {
    common::report(&run(dir, out, &["--json"]).ends_with(0))
}

/// The report of a run in which some pictures failed: exit code 1, and the report says what was done.
fn partly_failed(dir: &Path, out: &Path) -> Report {
    let report = common::report(&run(dir, out, &["--json"]).ends_with(1));
    assert_eq!(report.exit_code, 1);
    report
}

fn names(folder: &Path) -> BTreeSet<OsString> {
    fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect()
}

#[test]
fn every_technique_writes_the_same_bytes() {
    let (dir, out) = (Path::new(picture::FOLDER), tempfile::tempdir().unwrap());
    let report = report(dir, out.path());
    let first = out.path().join("sequence");
    assert_eq!(names(&first).len(), 5);
    for technique in TECHNIQUES {
        let folder = out.path().join(technique);
        assert_eq!(names(&folder), names(&first));
        for name in names(&first) {
            let bytes = fs::read(folder.join(&name)).unwrap();
            assert_eq!(bytes, fs::read(first.join(&name)).unwrap(), "{technique} {name:?}");
            let source = dir.join(Path::new(&name).file_stem().unwrap());
            assert_eq!(bytes, picture::shrink(&source).unwrap(), "{name:?}");
        }
        assert!(report.measure(&format!("wall.{technique}")).is_some());
    }
    assert_eq!(
        report.traces.iter().map(|t| t.lanes.iter().map(|l| l.spans.len()).sum()).collect::<Vec<usize>>(),
        [5; 3]
    );
    assert!(report.traces[2].lanes.len() <= 2 && !report.traces[2].lanes.is_empty());
}

/// Threads against processes; the sequence is the third drawing, and by default it would stand first.
#[test]
fn the_first_screen_draws_threads_and_processes() {
    let (dir, out) = (Path::new(picture::FOLDER), tempfile::tempdir().unwrap());
    let drawn = |more: &[&str]| {
        let page = run(dir, out.path(), more).ends_with(0).out;
        ["Rust, in sequence", "Rust, threads (2)", "Rust, processes (2)"].map(|title| page.contains(title))
    };
    assert_eq!(drawn(&[]), [false, true, true]);
    assert_eq!(drawn(&["--full"]), [true; 3]);
}

#[test]
fn names_that_differ_only_in_their_end_do_not_overwrite_each_other() {
    let (dir, out) = (named(&["a.jpg", "a.jpeg", "A.JPG", "notes.txt"]), tempfile::tempdir().unwrap());
    fs::create_dir(dir.path().join("folder.png")).unwrap();
    report(dir.path(), out.path());
    assert_eq!(
        names(&out.path().join("processes")),
        ["A.JPG.jpg", "a.jpeg.jpg", "a.jpg.jpg"].map(OsString::from).into()
    );
}

#[test]
fn a_broken_picture_is_named_and_the_others_are_done() {
    let (dir, out) = (named(&["a.jpg", "b.jpg", "c.jpg"]), tempfile::tempdir().unwrap());
    let whole = fs::read(dir.path().join("b.jpg")).unwrap();
    fs::write(dir.path().join("b.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(dir.path().join("d.png"), b"words").unwrap();
    let report = partly_failed(dir.path(), out.path());
    for technique in TECHNIQUES {
        assert_eq!(
            names(&out.path().join(technique)),
            ["a.jpg.jpg", "c.jpg.jpg"].map(OsString::from).into(),
            "{technique}"
        );
    }
    let note = |name: &str| report.notes.iter().any(|note| note.en.contains("failed") && note.en.contains(name));
    assert!(note("b.jpg") && note("d.png") && !note("a.jpg"));
    assert!(report.shows.en.starts_with("2 of 4 pictures"), "{}", report.shows.en);
}

#[test]
fn broken_pictures_only_are_a_failure() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(dir.path().join("d.png"), b"words").unwrap();
    assert!(error_line(&run(dir.path(), out.path(), &[]).ends_with(1)).contains("d.png"));
}

#[test]
fn every_picture_that_failed_is_named() {
    let (dir, out) = (named(&["good.jpg"]), tempfile::tempdir().unwrap());
    let bad: Vec<String> = (0..15).map(|n| format!("bad-{n}.png")).collect();
    for name in &bad {
        fs::write(dir.path().join(name), b"words").unwrap();
    }
    let report = partly_failed(dir.path(), out.path());
    for name in bad {
        assert!(report.notes.iter().any(|note| note.en.contains(&name) && note.ko.contains(&name)), "{name}");
    }
}

/// 83 Hangul letters and `.png` are 253 bytes: a file may be called so, but not with `.jpg` behind it.
#[test]
fn a_name_too_long_for_its_result_costs_that_picture_only() {
    let (too_long, long) = ("가".repeat(83) + ".png", "나".repeat(81) + ".jpg");
    let (dir, out) = (named(&["a.jpg", &too_long, &long, "z.jpg"]), tempfile::tempdir().unwrap());
    let report = partly_failed(dir.path(), out.path());
    let notes: Vec<_> = report.notes.iter().filter(|note| note.en.contains("picture failed")).collect();
    assert!(notes.len() == 1 && notes[0].en.contains(&too_long), "{notes:?}");
    fs::remove_file(dir.path().join(&too_long)).unwrap();
    // Results are replaced now, under a name in between that must not be too long either.
    let _ = self::report(dir.path(), out.path());
    for technique in TECHNIQUES {
        let known = ["a.jpg.jpg".to_owned(), format!("{long}.jpg"), "z.jpg.jpg".to_owned()];
        assert_eq!(names(&out.path().join(technique)), known.map(OsString::from).into(), "{technique}");
    }
}

#[cfg(unix)]
#[test]
fn names_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let name = OsStr::from_bytes(b"caf\xe9\xff.jpg");
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join(OsStr::from_bytes(b"in\xfe"));
    fs::create_dir(&dir).unwrap();
    if fs::copy(Path::new(picture::FOLDER).join("rocket.jpg"), dir.join(name)).is_err() {
        println!("not measured: this file system takes no such names");
        return;
    }
    let out = home.path().join(OsStr::from_bytes(b"out\xfd"));
    report(&dir, &out);
    for technique in TECHNIQUES {
        assert_eq!(names(&out.join(technique)), [OsStr::from_bytes(b"caf\xe9\xff.jpg.jpg").to_owned()].into());
    }
}

#[test]
fn a_wrong_command_line_is_one_line_and_leaves_nothing() {
    let (dir, home) = (named(&["a.jpg"]), tempfile::tempdir().unwrap());
    let (file, inside, free) = (dir.path().join("a.jpg"), dir.path().join("new/out"), home.path().join("out"));
    let gone = home.path().join("gone");
    for (dir, out, more) in [
        (gone.as_path(), free.as_path(), ["--rounds", "1"]),
        (&file, &free, ["--rounds", "1"]),
        (dir.path(), &inside, ["--rounds", "1"]),
        (dir.path(), dir.path(), ["--rounds", "1"]),
        (dir.path(), &free, ["--workers", "0"]),
        (dir.path(), &free, ["--workers", "65"]),
    ] {
        let mut command = common::command(&["images", "--no-python", "--lang", "en"]);
        command.arg(dir).arg("--out").arg(out).args(more);
        let line = error_line(&finish(harness::start(&mut command)).ends_with(2));
        assert!((line.starts_with("--") || line.starts_with("DIR")) && !lab::lang::has_hangul(&line), "{line}");
    }
    assert_eq!(names(dir.path()), ["a.jpg"].map(OsString::from).into());
    assert!(names(home.path()).is_empty());
}

#[test]
fn a_folder_without_pictures_is_said() {
    let (dir, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(error_line(&run(dir.path(), out.path(), &[]).ends_with(1)).contains("no picture"));
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_said() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    /// The user `nobody`, which root can become.
    const NOBODY: u32 = 65534;
    let (dir, out) = (named(&["a.jpg"]), tempfile::tempdir().unwrap());
    let allow = |mode| fs::set_permissions(dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    for lang in LANGS {
        allow(0o000);
        let may_all = fs::read_dir(dir.path()).is_ok();
        let mut command = command_in(lang, dir.path(), out.path(), &[]);
        if may_all {
            command.uid(NOBODY);
        }
        let done = command.spawn().map(finish);
        allow(0o700);
        let Ok(done) = done else {
            println!("not measured: whoever runs this test may read everything, and nobody else can run the program");
            return;
        };
        assert!(error_line_in(lang, &done.ends_with(2)).contains("DIR"));
    }
}
