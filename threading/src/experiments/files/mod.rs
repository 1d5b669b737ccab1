//! File I/O, the article's other use case for threads: read and checksum every file under a directory, warm and cold.
//!
//! Article: 멀티스레딩, "파일 I/O". Run: `cargo run -p threading -- files`. Python twin: `python/files.py`.

pub mod cache;
mod cold;
pub mod techniques;
pub mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::Trace;
use lab::{Error, Result, stats, text, twin_script};

use techniques::{Sum, TECHNIQUES, digest, read_all, sums, title};

/// So many problems are told one by one; the rest is counted.
const TOLD: usize = 5;
/// What to do with symbolic links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    Skip,
    Follow,
}

impl Choice for Links {
    const WORDS: &'static [(&'static str, Links)] = &[("skip", Links::Skip), ("follow", Links::Follow)];
}

pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("읽을 폴더 (기본: 이 워크스페이스)", "the directory to read (default: this workspace)");
    let dir = options.positional_path("dir", about);
    let threads = options.threads(1..=256, 4);
    let links = options.choice("links", Links::Skip, text!("심볼릭 링크", "symbolic links"));
    let about = text!("먼저 DIR에 만들 작은 파일의 수", "small files to make in DIR first");
    let make = options.size("make", 0..=1_000_000, 0, about);
    let rounds = options.rounds(3);
    let about = text!(
        "파일 읽기와 체크섬: 차례로, 스레드, rayon",
        "reading and checksumming files: in sequence, threads, rayon"
    );
    Experiment::new("files", about, options, move |a| {
        let (dir, make) = (a.get(dir), a.get(make));
        if make > 0 {
            let missing = || {
                Error::usage(text!(
                    "--make: 만들 폴더를 주십시오: files DIR",
                    "--make: give the directory to make: files DIR"
                ))
            };
            tree::make(dir.as_deref().ok_or_else(missing)?, make)?;
        }
        let root = dir.as_deref().unwrap_or(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")));
        let follow = a.get(links) == Links::Follow;
        run(&Selection { root, threads: a.get(threads), rounds: a.get(rounds), follow }, a.pythons())
    })
}

/// The files to read, and how often by how many threads.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The directory.
    pub root: &'a Path,
    /// Threads that share the files.
    pub threads: usize,
    /// How often each technique reads all of them.
    pub rounds: usize,
    /// Whether links are followed.
    pub follow: bool,
}

/// Files that were listed, and the digest that every technique must come to.
struct Files {
    root: PathBuf,
    paths: Vec<PathBuf>,
    digest: String,
    /// All of them, in bytes.
    bytes: u64,
}

/// Reads every file in sequence, with threads and with rayon, `rounds` times in turn, warm and cold.
pub fn run(selection: &Selection<'_>, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/files");
    let root = tree::open(selection.root)?;
    let (paths, mut wrong) = tree::list(&root, selection.follow);
    if paths.is_empty() {
        let root = root.display();
        return Err(Error::failed(text!("{root}: 읽을 파일이 없습니다.", "{root}: there is no file to read.")));
    }
    // Read once before anything is timed: the first reader would pay for the disk, the others for the page cache.
    let sums = sums(&paths);
    wrong.extend(unreadable(&paths, &sums));
    let digest = digest(&root, &paths, &sums);
    let bytes = paths.iter().filter_map(|path| fs::metadata(path).ok()).map(|m| m.len()).sum();
    let files = Files { root, paths, digest, bytes };

    let warm = warm(&mut report, &files, selection)?;
    let cold = cold::measure(&mut report, &files, selection)?;
    compare_with_python(&mut report, &files, selection, pythons);
    report.lines.push(files.digest.clone());
    let (root, digest) = (files.root.display(), &files.digest);
    report.notes.push(text!("{root}: SHA-256 {digest}.", "{root}: SHA-256 {digest}."));
    report.notes.extend(told(&wrong));
    report.shows = shows(&files, wrong.len(), warm, cold);
    Ok(report)
}

/// Every technique in turn, with the files in the page cache. Returns how many times as fast as in sequence threads were.
fn warm(report: &mut Report, files: &Files, selection: &Selection<'_>) -> Result<f64> {
    let mut walls = TECHNIQUES.map(|_| Vec::new());
    for round in 0..selection.rounds {
        for (n, technique) in TECHNIQUES.into_iter().enumerate() {
            let trace = checked(technique, files, selection)?;
            walls[n].push(trace.duration() as f64);
            if round + 1 == selection.rounds {
                report.traces.push(trace);
            }
        }
    }
    let median = |n: usize| stats::median(&walls[n]).unwrap_or(f64::NAN);
    let gain = median(0) / median(1);
    for (technique, samples) in TECHNIQUES.into_iter().zip(walls) {
        let name = title(technique, selection.threads);
        report.measures.push(Measure::new(format!("wall.{technique}"), name, Unit::Ns, samples));
    }
    Ok(gain)
}

/// One technique, and whether it came to the same digest.
fn checked(technique: &str, files: &Files, selection: &Selection<'_>) -> Result<Trace> {
    let (sums, trace) = read_all(technique, &files.paths, selection.threads)?;
    if digest(&files.root, &files.paths, &sums) == files.digest {
        return Ok(trace);
    }
    Err(Error::failed(text!(
        "{technique}: 다이제스트가 다릅니다. 그 사이에 파일이 바뀌었습니까?",
        "{technique}: another digest. Did a file change meanwhile?"
    )))
}

fn unreadable<'a>(paths: &'a [PathBuf], sums: &'a [Sum]) -> impl Iterator<Item = Text> {
    paths.iter().zip(sums).filter_map(|(path, sum)| {
        let (path, e) = (path.display(), sum.as_ref().err()?);
        Some(text!("{path}: 읽을 수 없었습니다: {e}", "{path}: could not be read: {e}"))
    })
}

/// The first problems, and how many more there are.
fn told(wrong: &[Text]) -> Vec<Text> {
    let more = wrong.len().saturating_sub(TOLD);
    let rest = (more > 0).then(|| text!("그런 것이 {more}개 더 있습니다.", "and {more} more like these."));
    wrong.iter().take(TOLD).cloned().chain(rest).collect()
}

fn compare_with_python(report: &mut Report, files: &Files, selection: &Selection<'_>, pythons: &[Interpreter]) {
    let links = if selection.follow { "follow" } else { "skip" };
    let args = [files.root.display().to_string(), selection.threads.to_string(), links.to_owned()];
    let mut notes = Vec::new();
    python::join(report, pythons, twin_script!("files"), &args, &[], |python, twin| {
        notes.push(match twin.lines == [files.digest.clone()] {
            true => text!("{python}: 다이제스트가 같습니다.", "{python}: the same digest."),
            false => text!("{python}: 다이제스트가 다릅니다!", "{python}: another digest!"),
        });
        Vec::new()
    });
    report.notes.extend(notes);
}

fn shows(files: &Files, wrong: usize, warm: f64, cold: Option<f64>) -> Text {
    let times = |gain| unit::value(gain, Unit::Times);
    let (count, warm, bytes) = (files.paths.len(), times(warm), unit::value(files.bytes as f64, Unit::Bytes));
    let cold = cold.map_or_else(Text::default, |gain| {
        let gain = times(gain);
        text!(", 디스크에서는 {gain}", ", from the disk at {gain}")
    });
    let left_out = match wrong {
        0 => Text::default(),
        n => text!(
            " 읽지 못한 {n}개는 위에 적었고 나머지는 했습니다.",
            " {n} could not be read, and are named above; the rest was done."
        ),
    };
    Text {
        ko: format!(
            "파일 {count}개({bytes})의 다이제스트가 모든 방식에서 같습니다. 차례로 읽는 속도를 1이라 하면 스레드는 캐시에서 {warm}{}입니다.{}",
            cold.ko, left_out.ko
        ),
        en: format!(
            "The digest of {count} files ({bytes}) is the same by every technique. Against one after another, threads read from the cache at {warm}{}.{}",
            cold.en, left_out.en
        ),
    }
}
