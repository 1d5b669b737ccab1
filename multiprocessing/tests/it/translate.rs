//! Translation as a reader runs it: the same translations in every mode, equal to those of another implementation.

#![allow(
    clippy::unwrap_used,
    reason = "clippy.toml allows it in test functions; the helpers are called by nothing else"
)]

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::{self, ATTEMPTS, children, error_line, has_proc, kill_if_alive, report, until_seen, workers};
use harness::{Done, Guarded, alive, finish, signal, until, until_some};
use multiprocessing::translate::modes::MODES;
use multiprocessing::translate::sentences;

/// numpy's translations of the sentences that come with the project (`python/translate.py`, in single precision).
const KNOWN: &str = include_str!("data/translations.txt");

fn command(args: &[&str]) -> Command {
    let mut command = common::command(&["translate", "--no-python", "--lang", "en", "--workers", "2"]);
    command.args(args);
    command
}

fn start(args: &[&str]) -> Guarded {
    Guarded(harness::start(&mut command(args)))
}

fn run(args: &[&str], file: &OsStr) -> Done {
    finish(harness::start(command(args).arg(file)))
}

#[test]
fn the_shipped_sentences_are_translated_as_by_numpy() {
    let report = report(&run(&["--rounds", "1", "--json"], sentences::SHIPPED.as_ref()).ends_with(0));
    let known: Vec<&str> = KNOWN.lines().collect();
    assert!(known.len() > 300);
    assert_eq!(report.lines, known);
    assert_eq!(report.traces.iter().map(|t| t.lanes.len()).collect::<Vec<_>>(), [1, 2, 2, 2], "all workers had work");
    // What the page shows reads like English; not everything in the file does, and a note says so.
    let stutters = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        words.windows(2).any(|two| two[0] == two[1])
    };
    let shown: Vec<&str> = report.tables[0].rows.iter().map(|row| row[1].en.as_str()).collect();
    assert!(shown.len() == 8 && !shown.iter().any(|words| stutters(words)), "{shown:?}");
    assert!(known.iter().any(|words| stutters(words)), "the known-wrong choice: any of the file");
    assert!(report.notes.iter().any(|note| note.en.contains("not as a translator")), "{:?}", report.notes);
    for mode in MODES {
        let spans: usize =
            report.traces[MODES.iter().position(|m| *m == mode).unwrap()].lanes.iter().map(|l| l.spans.len()).sum();
        assert_eq!(spans, known.len(), "{mode}");
        assert!(
            report.measure(&format!("speed.{mode}")).is_some() && report.measure(&format!("start.{mode}")).is_some()
        );
    }
    if !has_proc() {
        return;
    }
    // The file has 9.2 MB: two copies need that much more than one mapping.
    let memory = |mode: &str| report.measure(&format!("memory.{mode}")).unwrap().median() / 1e6;
    assert!(memory("copies") > memory("mapped") + 5.0, "{} {}", memory("copies"), memory("mapped"));
    assert!(memory("copies") > memory("threads") + 5.0, "{} {}", memory("copies"), memory("threads"));
    assert!(memory("sequence") > 9.2, "the weights are counted");
}

#[test]
fn the_translations_go_to_a_file() {
    let home = tempfile::tempdir().unwrap();
    let (file, to) = (home.path().join("words"), home.path().join("out"));
    fs::write(&file, "\u{feff}我很高興。\r\n\n  你會說英語嗎？ \n\u{1f600}\n").unwrap();
    let args = ["--rounds", "1", "--json", "--out", to.to_str().unwrap()];
    let report = report(&run(&args, file.as_os_str()).ends_with(0));
    let written = fs::read_to_string(&to).unwrap();
    assert_eq!(written, "i'm very happy .\n\ncan you speak english ?\n[?]\n", "a line for each line");
    assert_eq!(report.lines.len(), 4);
    assert!(report.notes.iter().any(|note| note.en.ends_with("left out: 1.")), "{:?}", report.notes);
}

#[cfg(unix)]
#[test]
fn the_name_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(OsStr::from_bytes(b"\xe9\xff"));
    if fs::write(&file, "我很高興。").is_err() {
        println!("not measured: this file system takes no such names");
        return;
    }
    assert_eq!(report(&run(&["--rounds", "1", "--json"], file.as_os_str()).ends_with(0)).lines, ["i'm very happy ."]);
}

#[test]
fn a_file_that_cannot_be_translated_is_one_line() {
    let home = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = home.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let large = put("large", b"");
    fs::File::options().write(true).open(&large).unwrap().set_len(17 << 20).unwrap();
    let blank = put("blank", b" \n\n");
    for file in [home.path(), &home.path().join("gone"), &put("empty", b""), &blank, &put("latin1", b"caf\xe9"), &large]
    {
        let line = error_line(&run(&["--rounds", "1"], file.as_os_str()).ends_with(2));
        assert!(line.starts_with("FILE") && !lab::lang::has_hangul(&line), "{line}");
    }
    for args in [["--workers", "0"], ["--rounds", "0"]] {
        error_line(&common::run(&["translate", args[0], args[1]]).ends_with(2));
    }
    let nowhere = home.path().join("no/such/folder");
    // Said before the work is done.
    error_line(&run(&["--out", nowhere.to_str().unwrap()], sentences::SHIPPED.as_ref()).ends_with(1));
}

/// A long run, the process of its present mode, and the children of that process: two workers, and possibly the fork server.
fn at_work() -> (Guarded, u32, Vec<u32>) {
    let program = start(&["--rounds", "20", "--json"]);
    let (mode, workers) = until_some("two workers are at work", || {
        let mode = children(program.0.id()).into_iter().find(|c| c.command.contains("process-translate"))?.pid;
        let all: Vec<u32> = children(mode).iter().map(|child| child.pid).collect();
        (workers(mode).len() == 2).then_some((mode, all))
    });
    (program, mode, workers)
}

#[test]
fn no_process_outlives_a_killed_program() {
    if !has_proc() {
        return;
    }
    let (program, mode, workers) = at_work();
    signal("KILL", program.0.id());
    until("all are gone", || !alive(mode) && !workers.iter().any(|pid| alive(*pid)));
}

#[test]
fn a_killed_worker_changes_no_translation() {
    if !has_proc() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("words");
    let shipped = fs::read_to_string(sentences::SHIPPED).unwrap();
    fs::write(&file, shipped.lines().take(120).collect::<Vec<_>>().join("\n")).unwrap();
    let known: Vec<&str> = KNOWN.lines().take(120).collect();
    for _ in 0..ATTEMPTS {
        let mut program = start(&["--rounds", "1", "--json", file.to_str().unwrap()]);
        let victim = until_seen("a worker is at work", &mut program, |pid| {
            let mode = children(pid).into_iter().find(|c| c.command.contains("process-translate"))?;
            workers(mode.pid).first().copied()
        });
        let killed = victim.is_some_and(kill_if_alive);
        let report = report(&finish(program).ends_with(0));
        assert_eq!(report.lines, known);
        if killed {
            return;
        }
    }
    panic!("no worker was caught at work");
}

#[test]
fn a_mode_that_fails_ends_the_program_with_one_line() {
    if !has_proc() {
        return;
    }
    for _ in 0..ATTEMPTS {
        let (program, mode, workers) = at_work();
        if !kill_if_alive(mode) {
            continue; // it had ended, and the next mode has begun
        }
        let done = finish(program);
        until("its workers are gone", || !workers.iter().any(|pid| alive(*pid)));
        // A mode that had printed its report could be killed without harm.
        if done.status.success() {
            continue;
        }
        let line = error_line(&done.ends_with(1));
        return assert!(line.starts_with("translating"), "{line}");
    }
    panic!("no mode was killed in time");
}

#[test]
fn the_shipped_files_are_there() {
    for name in ["LICENSE", "SOURCES.md", "model.safetensors", "input.vocab.json", "output.vocab.json", "sentences.txt"]
    {
        assert!(Path::new(sentences::SHIPPED).with_file_name(name).is_file(), "{name}");
    }
}

#[test]
fn lines_that_end_with_cr_alone_are_sentences_too() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("words");
    fs::write(&file, "我很高興。\r\r你會說英語嗎？\r").unwrap();
    let report = report(&run(&["--rounds", "1", "--json"], file.as_os_str()).ends_with(0));
    assert_eq!(report.lines, ["i'm very happy .", "", "can you speak english ?"]);
}

#[test]
fn a_sentence_without_a_known_character_is_marked_and_not_translated() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("words");
    fs::write(&file, "안녕하세요\n我很高興。\n").unwrap();
    let report = report(&run(&["--rounds", "1", "--json"], file.as_os_str()).ends_with(0));
    assert_eq!(report.lines, ["[?]", "i'm very happy ."]);
    assert!(report.notes.iter().any(|note| note.en.contains("not translated")), "{:?}", report.notes);
}

#[test]
fn control_characters_of_the_input_do_not_reach_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("words");
    fs::write(&file, "我很高興。\u{1b}]0;title\u{7}\u{1b}[31m\n").unwrap();
    let page = run(&["--rounds", "1", "--full"], file.as_os_str()).ends_with(0).out;
    assert!(page.contains("我很高興") && !page.chars().any(|c| c.is_control() && c != '\n'), "{page:?}");
}
