//! File I/O, the article's other use case for threads: read and checksum every file under a directory, warm and cold.
//!
//! Article: 멀티스레딩, "파일 I/O". Run: `cargo run -p threading -- files`. Python twin: `python/files.py`.

pub mod cache;
mod cold;
mod file_set;
pub mod techniques;
pub mod tree;

use std::path::{Path, PathBuf};

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::{Error, Result, stats, text, twin_script};

use file_set::FileSet;
pub use file_set::Workload;
use techniques::{TECHNIQUES, title};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Links {
    Skip,
    Follow,
}

impl Choice for Links {
    const WORDS: &'static [(&'static str, Links)] = &[("skip", Links::Skip), ("follow", Links::Follow)];
}

/// `cargo run -p threading -- files`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("읽을 폴더 (기본: 이 워크스페이스)", "the directory to read (default: this workspace)");
    let dir = options.positional_path("dir", about);
    let threads = options.threads(1..=256, 4);
    let links = options.choice("links", Links::Skip, text!("심볼릭 링크", "symbolic links"));
    let about = text!("먼저 DIR에 만들 작은 파일의 수", "small files to make in DIR first");
    let make = options.size("make", 0..=1_000_000, 0, about);
    options.needs(make, dir);
    let rounds = options.rounds(3);
    let about = text!(
        "파일 읽기와 체크섬: 순차 실행, 스레드, rayon",
        "reading and checksumming files: in sequence, threads, rayon"
    );
    Experiment::new("files", about, options, move |a| {
        let root = directory(a.get(dir), a.get(make))?;
        let (threads, rounds) = (a.get(threads), a.get(rounds));
        run(&Workload { root, threads, rounds, follow: a.get(links) == Links::Follow }, a.pythons())
    })
}

/// The given directory, filled with new files if asked for; by default this workspace.
fn directory(named: Option<PathBuf>, make: usize) -> Result<PathBuf> {
    match named {
        None => Ok(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).to_owned()),
        Some(dir) => {
            if make > 0 {
                tree::make(&dir, make)?;
            }
            Ok(dir)
        }
    }
}

/// Reads every file by each technique in turn, warm and cold.
pub fn run(workload: &Workload, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("threading/files");
    let root = tree::open(&workload.root)?;
    let (paths, unlisted) = tree::list(&root, workload.follow);
    if paths.is_empty() {
        return Err(nothing_to_read(&root, &unlisted));
    }
    let mut files = FileSet::read(root, paths);
    let warm = warm(&mut report, &mut files, workload)?;
    let cold = cold::measure(&mut report, &mut files, workload)?;
    compare_with_python(&mut report, &files, workload, pythons);
    report.lines.push(files.digest.clone());
    let (root, digest) = (files.root.display(), &files.digest);
    report.notes.push(text!("{root}: SHA-256 {digest}.", "{root}: SHA-256 {digest}."));
    unlisted.into_iter().chain(files.failures()).for_each(|failure| report.fail(failure));
    let gains = files.same_by_all().then_some((warm, cold));
    report.shows = shows(&files, report.failures.len(), gains);
    Ok(report)
}

/// No file was listed; with the reasons, if there are any.
fn nothing_to_read(root: &Path, unlisted: &[Text]) -> Error {
    let (root, more) = (root.display(), unlisted.len().saturating_sub(1));
    Error::failed(match unlisted {
        [] => text!("{root}: 읽을 파일이 없습니다.", "{root}: there is no file to read."),
        [Text { ko, en }] => text!("{root}: 읽을 파일이 없습니다. {ko}", "{root}: there is no file to read. {en}"),
        [Text { ko, en }, ..] => text!(
            "{root}: 읽을 파일이 없습니다. {ko} 그 밖에 {more}건.",
            "{root}: there is no file to read. {en} And {more} more."
        ),
    })
}

/// Runs every technique in turn, with the files in the page cache. Returns the speed-up of threads.
fn warm(report: &mut Report, files: &mut FileSet, workload: &Workload) -> Result<f64> {
    let mut walls = TECHNIQUES.map(|_| Vec::new());
    for round in 0..workload.rounds {
        for (n, technique) in TECHNIQUES.into_iter().enumerate() {
            let trace = files.read_by(technique, workload.threads)?;
            walls[n].push(trace.duration() as f64);
            if round + 1 == workload.rounds {
                report.traces.push(trace);
            }
        }
    }
    let median = |n: usize| stats::median(&walls[n]).unwrap_or(f64::NAN);
    let gain = median(0) / median(1);
    for (technique, samples) in TECHNIQUES.into_iter().zip(walls) {
        let name = title(technique, workload.threads);
        report.measures.push(Measure::new(format!("wall.{technique}"), name, Unit::Ns, samples));
    }
    Ok(gain)
}

fn compare_with_python(report: &mut Report, files: &FileSet, workload: &Workload, pythons: &[Interpreter]) {
    let links = if workload.follow { "follow" } else { "skip" };
    let args = [files.root.display().to_string(), workload.threads.to_string(), links.to_owned()];
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

/// The sentence; with speeds only if all techniques read the same.
fn shows(files: &FileSet, wrong: usize, gains: Option<(f64, Option<f64>)>) -> Text {
    let (count, bytes) = (files.paths.len(), unit::value(files.bytes as f64, Unit::Bytes));
    let left_out = match wrong {
        0 => Text::default(),
        n => {
            text!(" 실패한 {n}개는 위에 적었고 나머지는 읽었습니다.", " {n} failed (listed above); the rest were read.")
        }
    };
    let said = match gains {
        None => text!(
            "파일 {count}개({bytes})를 읽은 결과가 방식마다 다르므로 시간을 비교하지 않습니다.",
            "The techniques did not read the same from the files ({count}, {bytes}), so the times are not compared."
        ),
        Some((warm, cold)) => {
            let cold = cold
                .map_or_else(Text::default, |gain| text!(", 디스크에서 {gain:.2}배", ", from the disk at {gain:.2}×"));
            let (ko, en) = (cold.ko, cold.en);
            text!(
                "파일 {count}개({bytes})의 다이제스트가 모든 방식에서 같습니다. 순차 실행 대비 스레드의 속도는 캐시에서 {warm:.2}배{ko}입니다.",
                "The digest of all files ({count}, {bytes}) is the same with every technique. Compared with the sequence, threads read from the cache at {warm:.2}× the speed{en}."
            )
        }
    };
    Text { ko: said.ko + &left_out.ko, en: said.en + &left_out.en }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_different_results_are_not_compared() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("file"), "before").unwrap();
        let root = tree::open(home.path()).unwrap();
        let (paths, _) = tree::list(&root, false);
        let mut files = FileSet::read(root, paths);
        let mut report = Report::new("threading/files");
        let workload = Workload { root: home.path().to_owned(), threads: 2, rounds: 1, follow: false };
        warm(&mut report, &mut files, &workload).unwrap();
        assert!(files.same_by_all());
        std::fs::write(home.path().join("file"), "after").unwrap();
        let gain = warm(&mut report, &mut files, &workload).unwrap();
        assert!(!files.same_by_all());
        assert_eq!(cold::measure(&mut report, &mut files, &workload).unwrap(), None);
        assert!(report.verdicts.iter().all(|v| matches!(v.outcome, lab::claims::Outcome::NotMeasured(_))));
        let gains = |gains| shows(&files, 1, gains).en;
        assert!(gains(Some((gain, None))).contains('×') && !gains(None).contains('×'));
    }
}
