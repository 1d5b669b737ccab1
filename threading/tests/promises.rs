//! What this section promises: who waits together, who runs in turn, and that all do the same work.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use gil_sim::loops;
use lab::lang::Text;
use lab::record::Recorder;
use lab::say;
use lab::trace::{State, Trace};
use loopback::Server;
use threading::cpu::{self, Job};
use threading::{article, fetch, files};

/// Runs a technique until its jobs have lived at the same time, however long that takes on this machine today.
fn record(technique: impl Fn(Job, Vec<lab::record::LaneRecorder>) -> u64, enough: impl Fn(&Trace) -> bool) -> Trace {
    let mut turns = 1_000_000;
    loop {
        let job = Job { jobs: 2, turns };
        let recorder = Recorder::new();
        let lanes = (0..2).map(|i| recorder.lane(Text::same(i.to_string()))).collect();
        assert_eq!(technique(job, lanes), 2 * loops::sum(turns));
        let trace = recorder.finish(Text::default());
        if enough(&trace) {
            return trace;
        }
        turns *= 2;
    }
}

fn lived_together(trace: &Trace) -> bool {
    trace.peak_in_flight(&State::ALL) == 2
}

#[test]
fn the_loop_is_serial_only_where_something_makes_it_so() {
    assert!(record(cpu::sequence, |_| true).is_serial(State::Running));
    assert!(record(cpu::threads_under_gil, lived_together).is_serial(State::Running));
    // The same question of the same work, answered otherwise.
    assert!(!record(cpu::threads, lived_together).is_serial(State::Running));
}

#[test]
fn rayon_and_crossbeam_do_all_the_work() {
    record(cpu::rayon, |_| true);
    record(cpu::crossbeam, |_| true);
}

#[test]
fn the_listing_says_ten_lines_and_its_threads_wait_together() {
    say::quietly();
    article::listing(Duration::from_secs(1));
    let lines = say::take();
    let lanes = say::lanes(&lines, State::WaitingForIo);
    assert_eq!((lines.len(), lanes.len()), (10, 5));
    let second = 1_000_000_000;
    assert!(lanes.iter().all(|lane| lane.spans[0].end - lane.spans[0].start >= second));
    let trace = Trace::new(Text::default(), lanes);
    assert!(trace.peak_in_flight(&[State::WaitingForIo]) > 1);
}

#[test]
fn requests_in_sequence_never_wait_together_and_with_threads_they_do() {
    let server = Server::start(Duration::from_millis(300)).unwrap();
    let io = [State::WaitingForIo];
    let sequence = fetch::get_all(&server.url(), 3, 1, Text::default()).unwrap();
    assert_eq!((sequence.peak_in_flight(&io), server.take_peak()), (1, 1));
    let threads = fetch::get_all(&server.url(), 12, 6, Text::default()).unwrap();
    assert!(threads.peak_in_flight(&io) > 1);
    assert!(server.take_peak() > 1, "the server saw them too");
    assert_eq!(server.served(), 15);
}

#[test]
fn an_unreachable_server_is_an_error_in_words() {
    let url = Server::start(Duration::ZERO).unwrap().url(); // gone again
    let error = fetch::get_all(&url, 50, 4, Text::default()).unwrap_err();
    assert!(error.code() == 1 && error.text().en.contains(&url), "{error}");
}

fn tree(home: &Path) {
    fs::create_dir_all(home.join("a/b")).unwrap();
    fs::create_dir_all(home.join("cache")).unwrap();
    for (path, bytes) in [
        ("z", &b"last"[..]),
        ("a/b/deep", b""),
        ("a/한글", b"utf-8"),
        ("cache/big", b"skipped"),
        ("cache/CACHEDIR.TAG", b""),
    ] {
        fs::write(home.join(path), bytes).unwrap();
    }
}

#[test]
fn every_technique_has_the_same_digest_and_another_tree_has_another() {
    let home = tempfile::tempdir().unwrap();
    tree(home.path());
    let digest = || files::run(home.path(), 3, 2, &[]).unwrap().lines;
    let before = digest();
    assert_eq!(before, digest());
    fs::write(home.path().join("z"), "changed").unwrap();
    let changed = digest();
    assert_ne!(before, changed);
    fs::rename(home.path().join("z"), home.path().join("y")).unwrap();
    assert_ne!(changed, digest(), "a name counts too");
}

#[test]
fn caches_and_links_are_left_out() {
    let home = tempfile::tempdir().unwrap();
    tree(home.path());
    #[cfg(unix)]
    std::os::unix::fs::symlink(home.path(), home.path().join("a/loop")).unwrap();
    let mut notes = Vec::new();
    let listed = files::list(home.path(), &mut notes);
    let names: Vec<_> =
        listed.iter().map(|p| p.strip_prefix(home.path()).unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["a/b/deep", "a/한글", "z"]);
    assert!(notes.is_empty());
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_the_rest_is_done() {
    let home = tempfile::tempdir().unwrap();
    tree(home.path());
    let report = files::run(home.path(), 2, 1, &[]).unwrap();
    assert!(!report.notes.iter().any(|note| note.en.contains("could not be read")));
    // Root may read everything, so a file that vanishes between listing and reading stands for "no permission".
    let mut notes = Vec::new();
    let paths = files::list(home.path(), &mut notes);
    fs::remove_file(home.path().join("a/한글")).unwrap();
    let sums = files::sums(&paths);
    let failed: Vec<bool> = sums.iter().map(Result::is_err).collect();
    assert_eq!(failed, [false, true, false]);
}

/// A file in /proc says that it is empty and can be read for ever.
#[cfg(target_os = "linux")]
#[test]
fn a_file_without_an_end_is_read_to_the_length_it_claims() {
    let endless = Path::new("/proc/self/pagemap").to_owned();
    let empty = files::sums(&[Path::new("/dev/null").to_owned()]);
    assert_eq!(files::sums(&[endless]), empty);
}
