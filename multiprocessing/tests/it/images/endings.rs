//! The program ends in the middle: it is killed, one of its workers is, or nothing more can be written. There is never a partial file.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::{LANGS, TECHNIQUES, command, error_line_in, named, names};
use crate::common::{self, ATTEMPTS, children, has_proc, kill_if_alive, run_script, until_gone, until_seen, workers};
use harness::{Guarded, finish, ignores_interrupts, signal, until};
use multiprocessing::picture;

/// Whether every file of a folder is a whole result, with an expected name.
fn all_whole(folder: &Path, asked: &BTreeSet<OsString>) -> bool {
    let whole = picture::shrink(&Path::new(picture::FOLDER).join("rocket.jpg")).unwrap();
    names(folder).iter().all(|name| asked.contains(name) && fs::read(folder.join(name)).unwrap() == whole)
}

/// A write fails in the middle of a file: the shell limits the size of files to some KiB.
#[cfg(unix)]
#[test]
fn no_space_is_one_line_and_no_half_a_file() {
    let (dir, out) = (named(&["a.jpg", "b.jpg"]), tempfile::tempdir().unwrap());
    for (lang, words) in LANGS.into_iter().zip(["쓸 수 없습니다", "cannot be written"]) {
        let script = r#"trap '' XFSZ; ulimit -f 8; exec "$0" images --no-python --lang "$3" "$1" --out "$2""#;
        let done = run_script(script, &[dir.path().as_ref(), out.path().as_ref(), lang.as_ref()]).ends_with(1);
        assert!(error_line_in(lang, &done).contains(words), "{done:?}");
        for technique in TECHNIQUES {
            assert!(names(&out.path().join(technique)).is_empty(), "{technique}");
        }
    }
}

/// A full file system, if one can be mounted.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_line() {
    let (dir, disk) = (named(&["a.jpg", "b.jpg"]), tempfile::tempdir().unwrap());
    // `unshare` itself may end with 1. 77: nothing can be mounted; 78: the program has failed with 1, as it should.
    let script = r#"exec unshare -rm sh -c '
        mount -t tmpfs -o size=8k none "$2" 2>/dev/null || exit 77
        "$0" images --no-python --lang "$3" "$1" --out "$2"; test $? = 1 || exit 79; find "$2" -type f; exit 78' "$0" "$@""#;
    for (lang, words) in LANGS.into_iter().zip(["쓸 수 없습니다", "cannot be written"]) {
        let done = run_script(script, &[dir.path().as_ref(), disk.path().as_ref(), lang.as_ref()]);
        if matches!(done.status.code(), Some(1 | 77 | 127)) {
            return println!("not measured: no file system can be mounted here");
        }
        // No file is left, and there is no report.
        assert!(error_line_in(lang, &done.ends_with(78)).contains(words), "{words}");
    }
}

/// Ended at many points: in every technique, at the first file and at later ones.
#[test]
fn ending_it_leaves_whole_files_only() {
    if !has_proc() {
        return;
    }
    let files: Vec<String> = (0..24).map(|n| format!("{n}.jpg")).collect();
    let dir = named(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let asked: BTreeSet<OsString> = files.iter().map(|name| format!("{name}.jpg").into()).collect();
    let signals: &[&str] = if ignores_interrupts() { &["KILL"] } else { &["INT", "KILL"] };
    let mut interrupted = 0;
    for (round, technique) in TECHNIQUES.into_iter().cycle().take(9).enumerate() {
        let out = tempfile::tempdir().unwrap();
        let folder = out.path().join(technique);
        let program = Guarded(harness::start(&mut command(dir.path(), out.path(), &[])));
        until("some files are there", || names(&folder).len() > round);
        let all = children(program.0.id());
        signal(signals[round % signals.len()], program.0.id());
        let done = finish(program);
        // On a busy machine it may be done before we look.
        interrupted += usize::from(!done.status.success());
        // Or while it prints, when all is done.
        let prints = names(&out.path().join("processes")).len() == files.len();
        let silent = done.out.is_empty() || prints;
        assert!(done.status.success() || silent && done.err.is_empty(), "{technique}: {done:?}");
        // The workers of the pool may still be at their last picture.
        until_gone(&all);
        for technique in TECHNIQUES {
            assert!(all_whole(&out.path().join(technique), &asked), "{technique}: {:?}", names(&folder));
        }
    }
    assert!(interrupted > 0);
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("0.jpg.jpg"), b"half").unwrap();
    assert!(!all_whole(out.path(), &asked), "the check can fail");
}

#[test]
fn a_killed_worker_costs_no_picture() {
    if !has_proc() {
        return;
    }
    let files: Vec<String> = (0..20).map(|n| format!("{n}.jpg")).collect();
    let dir = named(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let mut killed = false;
    for _ in 0..ATTEMPTS {
        let out = tempfile::tempdir().unwrap();
        let mut program = Guarded(harness::start(&mut command(dir.path(), out.path(), &["--json"])));
        let victim = until_seen("a worker is at work", &mut program, |pid| {
            workers(pid).first().copied().filter(|_| !names(&out.path().join("processes")).is_empty())
        });
        killed |= victim.is_some_and(kill_if_alive);
        let report = common::report(&finish(program).ends_with(0));
        assert!(report.shows.en.starts_with("20 of 20"), "{}", report.shows.en);
        if killed {
            return;
        }
    }
    panic!("no worker was caught at work");
}
