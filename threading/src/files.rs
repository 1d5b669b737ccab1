//! File I/O, the article's other use case for threads: read and checksum every file under a directory.
//!
//! Article: 멀티스레딩, "파일 I/O". Run: `cargo run -p threading -- files`. Python twin: `python/files.py`.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use hmac_sha256::Hash;
use lab::lang::Text;
use lab::record::{LaneRecorder, Recorder};
use lab::report::{Measure, Report, Unit};
use lab::trace::{State, Trace};
use lab::twin::{self, Interpreter};
use lab::{Error, Result, show, stats, text, twin_script};
use rayon::prelude::*;
use walkdir::WalkDir;

/// How much of a file is read at once, in bytes.
const PIECE: usize = 256 * 1024;

/// The SHA-256 of a file, or why it could not be read.
pub type Sum = Result<[u8; 32], String>;

/// The techniques, in the order in which they are shown.
const TECHNIQUES: [&str; 3] = ["sequence", "threads", "rayon"];

/// Reads every file under `root` in sequence, with threads and with rayon, `rounds` times in turn.
pub fn run(root: &Path, threads: usize, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/files");
    let root = &open_directory(root)?;
    let paths = list(root, &mut report.notes);
    if paths.is_empty() {
        let root = root.display();
        return Err(Error::failed(text!("{root}: 읽을 파일이 없습니다.", "{root}: there is no file to read.")));
    }
    // Read once before anything is timed: the first reader would pay for the disk, the others for the page cache.
    let sums = sums(&paths);
    let expected = digest(root, &paths, &sums);
    let mut walls = TECHNIQUES.map(|_| Vec::new());
    for round in 0..rounds {
        for (n, technique) in TECHNIQUES.into_iter().enumerate() {
            let (sums, trace) = read_all(technique, &paths, threads)?;
            if digest(root, &paths, &sums) != expected {
                return Err(changed(technique));
            }
            walls[n].push(trace.duration() as f64);
            if round + 1 == rounds {
                report.traces.push(trace);
            }
        }
    }
    let median = |n: usize| stats::median(&walls[n]).unwrap_or(f64::NAN);
    let gain = show::value(median(0) / median(1), Unit::Times);
    for (technique, samples) in TECHNIQUES.into_iter().zip(walls) {
        let name = title(technique, threads);
        report.measures.push(Measure::new(format!("wall.{technique}"), name, Unit::Ns, samples));
    }
    report.lines.push(hex(&expected));
    compare_with_python(&mut report, root, threads, pythons);
    describe(&mut report, root, &paths, &sums, &expected);
    let files = paths.len();
    report.shows = text!(
        "파일 {files}개의 다이제스트가 모든 방식에서 같고, 스레드는 차례로 읽기의 {gain} 속도입니다.",
        "The digest of {files} files is the same by every technique, and threads read at {gain} the speed of one after another."
    );
    Ok(report)
}

/// Reads and sums all files by one technique.
fn read_all(technique: &str, paths: &[PathBuf], threads: usize) -> Result<(Vec<Sum>, Trace)> {
    let recorder = Recorder::new();
    let sums = match technique {
        "sequence" => sequence(paths, recorder.lane(text!("스레드 0", "Thread 0"))),
        "threads" => in_threads(paths, threads, &recorder)?,
        _ => in_rayon(paths, &recorder),
    };
    Ok((sums, recorder.finish(title(technique, threads))))
}

fn title(technique: &str, threads: usize) -> Text {
    match technique {
        "sequence" => text!("차례로", "in sequence"),
        "threads" => text!("스레드 {threads}개", "{threads} threads"),
        other => Text::same(other),
    }
}

fn changed(technique: &str) -> Error {
    Error::failed(text!(
        "{technique}: 다이제스트가 다릅니다. 그 사이에 파일이 바뀌었습니까?",
        "{technique}: another digest. Did a file change meanwhile?"
    ))
}

/// Every regular file under a directory, in order of path. Links are not followed; what cargo marks as a cache (CACHEDIR.TAG)
/// and git's own folder are left out. What cannot be listed becomes a note.
pub fn list(root: &Path, notes: &mut Vec<Text>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let walk = WalkDir::new(root).into_iter().filter_entry(|e| {
        let skipped = e.file_type().is_dir() && (e.file_name() == ".git" || e.path().join("CACHEDIR.TAG").exists());
        e.depth() == 0 || !skipped
    });
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_file() => paths.push(entry.into_path()),
            Ok(_) => {}
            Err(e) => notes.push(text!("폴더를 읽을 수 없었습니다: {e}", "a directory could not be read: {e}")),
        }
    }
    paths.sort();
    paths
}

fn open_directory(root: &Path) -> Result<PathBuf> {
    let real = root.canonicalize().and_then(|real| fs::read_dir(&real).map(|_| real));
    real.map_err(|e| no_directory(root, &e))
}

fn no_directory(root: &Path, e: &io::Error) -> Error {
    let root = root.display();
    Error::usage(text!(
        "--dir {root}: 읽을 수 있는 폴더를 주십시오: {e}",
        "--dir {root}: give a directory that can be read: {e}"
    ))
}

/// The sums of all files, one after another.
pub fn sums(paths: &[PathBuf]) -> Vec<Sum> {
    sequence(paths, Recorder::new().lane(Text::default()))
}

/// One file after another.
fn sequence(paths: &[PathBuf], mut lane: LaneRecorder) -> Vec<Sum> {
    paths.iter().map(|path| sum(path, &mut lane)).collect()
}

/// Threads that take the next file until none is left.
fn in_threads(paths: &[PathBuf], threads: usize, recorder: &Recorder) -> Result<Vec<Sum>> {
    let next = AtomicUsize::new(0);
    let sums = Mutex::new(vec![None; paths.len()]);
    let take = || {
        let n = next.fetch_add(1, Relaxed);
        paths.get(n).map(|path| (n, path))
    };
    thread::scope(|scope| {
        for i in 0..threads {
            let mut lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let (take, sums) = (&take, &sums);
            let work = move || {
                while let Some((n, path)) = take() {
                    let sum = sum(path, &mut lane);
                    sums.lock().expect("nobody panics in it")[n] = Some(sum);
                }
            };
            thread::Builder::new().spawn_scoped(scope, work).map_err(|e| Error::no_thread(&e))?;
        }
        Ok::<(), Error>(())
    })?;
    let sums = sums.into_inner().expect("nobody panics in it");
    Ok(sums.into_iter().map(|sum| sum.expect("the threads end when all are done")).collect())
}

/// rayon's parallel iterator: the same line as the sequence, with `par_` before it.
fn in_rayon(paths: &[PathBuf], recorder: &Recorder) -> Vec<Sum> {
    let name = |i| text!("rayon 스레드 {i}", "rayon thread {i}");
    // A lane a thread of the pool, which only that thread ever locks.
    let lanes: Vec<_> = (0..rayon::current_num_threads()).map(|i| Mutex::new(recorder.lane(name(i)))).collect();
    let mine = || lanes[rayon::current_thread_index().unwrap_or(0)].lock().expect("nobody panics in it");
    paths.par_iter().map(|path| sum(path, &mut mine())).collect()
}

/// Reads a file piece by piece: waiting for I/O while it reads, running while it computes.
fn sum(path: &Path, lane: &mut LaneRecorder) -> Sum {
    let mut piece = vec![0; PIECE];
    let mut sha = Hash::new();
    lane.enter(State::WaitingForIo);
    let read = File::open(path).and_then(|file| {
        // As long as it is now: a file that grows, or one in /proc that has no end, must not keep us for ever.
        let length = file.metadata()?.len();
        let mut file = file.take(length);
        loop {
            lane.enter(State::WaitingForIo);
            let n = file.read(&mut piece)?;
            if n == 0 {
                return Ok(());
            }
            lane.enter(State::Running);
            sha.update(&piece[..n]);
        }
    });
    lane.leave();
    read.map(|()| sha.finalize()).map_err(|e| e.to_string())
}

/// One digest for all: the SHA-256 of every path below the root, a zero byte, and the file's own SHA-256 (nothing if unreadable).
fn digest(root: &Path, paths: &[PathBuf], sums: &[Sum]) -> [u8; 32] {
    let mut sha = Hash::new();
    for (path, sum) in paths.iter().zip(sums) {
        sha.update(path.strip_prefix(root).unwrap_or(path).as_os_str().as_encoded_bytes());
        sha.update([0]);
        sha.update(sum.as_ref().map_or(&[][..], |sum| &sum[..]));
    }
    sha.finalize()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn compare_with_python(report: &mut Report, root: &Path, threads: usize, pythons: &[Interpreter]) {
    let args = [root.display().to_string(), threads.to_string()];
    let ours = report.lines.clone();
    let mut notes = Vec::new();
    twin::join(report, pythons, twin_script!("files"), &args, &[], |python, twin| {
        notes.push(match twin.lines == ours {
            true => text!("{python}: 다이제스트가 같습니다.", "{python}: the same digest."),
            false => text!("{python}: 다이제스트가 다릅니다!", "{python}: another digest!"),
        });
        Vec::new()
    });
    report.notes.extend(notes);
}

fn describe(report: &mut Report, root: &Path, paths: &[PathBuf], sums: &[Sum], digest: &[u8; 32]) {
    let digest = hex(digest);
    let root = root.display();
    report.notes.push(text!(
        "{root}: SHA-256 {digest}. 페이지 캐시에 올라온 뒤에 쟀습니다.",
        "{root}: SHA-256 {digest}. Measured with a warm page cache."
    ));
    for (path, sum) in paths.iter().zip(sums) {
        if let Err(e) = sum {
            let path = path.display();
            report.notes.push(text!("{path}: 읽을 수 없었습니다: {e}", "{path}: could not be read: {e}"));
        }
    }
}
