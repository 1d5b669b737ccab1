//! Image processing, the article's use case for processes: the pictures of a folder in sequence, in threads, in processes.
//!
//! Article: 멀티프로세싱, 사용 사례. Run: `cargo run -p multiprocessing -- images`. Python twin: `python/images.py`.

mod job;
mod paths;
mod report;
mod technique_runs;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::{Error, Result, clock, text, twin_script};

use crate::picture;
use crate::pool_errors::{self, Bilingual};
use crate::work_queue::{self, QueueResults};
use process_pool::{Failure, Pool};
use progress::ProgressBar;
use technique_runs::{TECHNIQUES, TechniqueRuns};

pub use job::{Job, Outcome, PICTURE};

/// The claim's id in the ledger.
const IMAGES: &str = "processes-image-processing";
/// The trace of the processes, here and in the twin.
const PROCESSES: usize = 2;

pub fn command() -> Experiment {
    let mut options = Options::new();
    let dir = options.positional_path(
        "dir",
        text!(
            "이미지가 있는 폴더 (기본: 함께 제공되는 이미지)",
            "the folder of pictures (default: those that come with it)"
        ),
    );
    let out = options.output(
        "out",
        text!(
            "결과를 쓸 폴더 (기본: 이 프로그램 옆의 images)",
            "the folder to write to (default: images, beside the program)"
        ),
    );
    let workers = options.size(
        "workers",
        1..=64,
        4,
        text!("작업을 나눌 스레드나 프로세스의 수", "threads or processes that share the work"),
    );
    let rounds = options.rounds(3);
    Experiment::new(
        "images",
        text!(
            "이미지 처리: 순차 실행, 스레드, 프로세스 풀",
            "image processing: in sequence, in threads, on a pool of processes"
        ),
        options,
        move |a| {
            let dir = a.get(dir).unwrap_or_else(|| picture::FOLDER.into());
            run(&dir, a.get(out).as_deref(), a.get(workers), a.get(rounds), a.pythons())
        },
    )
}

/// Processes every picture of `dir` by each technique, `rounds` times in turn. Without `out` the folder is beside the program.
pub fn run(dir: &Path, out: Option<&Path>, workers: usize, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let dir = paths::input(dir)?;
    let out = match out {
        Some(out) => out.to_owned(),
        None => env::current_exe()?.with_file_name("images"),
    };
    let pictures = picture::list(&dir)?;
    let count = pictures.len();
    if count == 0 {
        let dir = dir.display();
        return Err(Error::failed(text!(
            "{dir}: 이미지(png, jpg, jpeg)가 없습니다.",
            "{dir}: there is no picture (png, jpg, jpeg)."
        )));
    }
    let folders = paths::output(&out, &TECHNIQUES, &dir)?;
    let mut runs = TECHNIQUES.map(|_| TechniqueRuns::default());
    let bar = progress::steps(count * TECHNIQUES.len() * rounds);
    for _ in 0..rounds {
        for ((technique, folder), runs) in TECHNIQUES.into_iter().zip(&folders).zip(&mut runs) {
            bar.set_message(technique);
            let jobs = jobs(&pictures, folder);
            let start = clock::now();
            let done = run_technique(technique, &jobs, workers, &bar)?;
            require_one_done(&pictures, &done.results)?;
            runs.add(clock::now().saturating_sub(start), done, report::title(technique, workers));
        }
    }
    bar.finish_and_clear();
    let broken = broken(&pictures, &runs)?;
    same_bytes(&pictures, &folders, &broken)?;
    let mut report = report::report(workers, runs);
    report.verdicts.push(work_queue::judge(IMAGES, "Rust", workers, report.traces.get(PROCESSES)));
    report::describe(&mut report, count, &out, &broken);
    join_twin(&mut report, &dir, workers, rounds, pythons);
    Ok(report)
}

/// A picture's JPEG keeps the whole name: `a.png` and `a.jpg` may be in one folder.
fn target(picture: &Path, folder: &Path) -> PathBuf {
    let mut name = picture.file_name().unwrap_or_default().to_owned();
    name.push(".jpg");
    folder.join(name)
}

fn jobs(pictures: &[PathBuf], folder: &Path) -> Vec<Job> {
    pictures.iter().map(|picture| Job::new(picture, &target(picture, folder))).collect()
}

/// All pictures by one technique.
fn run_technique(technique: &str, jobs: &[Job], workers: usize, bar: &ProgressBar) -> Result<QueueResults<Outcome>> {
    let work = |job: &Job| {
        let outcome = job.run();
        bar.inc(1);
        outcome
    };
    match technique {
        "sequence" => Ok(work_queue::in_sequence(jobs, work)),
        "threads" => work_queue::in_threads(jobs, workers, work),
        _ => in_processes(jobs, workers, bar),
    }
}

fn in_processes(jobs: &[Job], workers: usize, bar: &ProgressBar) -> Result<QueueResults<Outcome>> {
    let pool = Pool::builder().workers(workers).build().map_err(pool_errors::failed)?;
    let done = work_queue::in_processes(&pool, &PICTURE, jobs, || bar.inc(1));
    let results: Result<Vec<Outcome>> = done.results.into_iter().map(outcome).collect();
    Ok(QueueResults { results: results?, lanes: done.lanes })
}

/// A picture that kills its worker has failed, like one that cannot be decoded. A pool that does not work fails the run.
fn outcome(result: Result<Outcome, Failure>) -> Result<Outcome> {
    match result {
        Ok(outcome) => Ok(outcome),
        Err(e @ (Failure::Panicked(_) | Failure::Aborted { .. } | Failure::Died { .. } | Failure::TimedOut { .. })) => {
            Ok(Outcome::Failed(e.text()))
        }
        Err(e) => Err(Error::failed(e.text())),
    }
}

/// The pictures that failed by any technique, and why. An error if all did.
fn broken<'p>(pictures: &'p [PathBuf], runs: &[TechniqueRuns; 3]) -> Result<Vec<(&'p Path, Text)>> {
    let all: Vec<&Vec<Outcome>> = runs.iter().flat_map(|runs| &runs.outcomes).collect();
    let why = |n: usize| {
        all.iter().find_map(|outcomes| match &outcomes[n] {
            Outcome::Failed(why) => Some(why.clone()),
            _ => None,
        })
    };
    let named = pictures.iter().enumerate().filter_map(|(n, picture)| Some((picture.as_path(), why(n)?)));
    let broken: Vec<_> = named.collect();
    if broken.len() < pictures.len() { Ok(broken) } else { Err(all_failed(broken[0].0, &broken[0].1)) }
}

/// An error as soon as one technique fails on all pictures, as on a full disk: so would the others.
fn require_one_done(pictures: &[PathBuf], outcomes: &[Outcome]) -> Result<()> {
    match (pictures, outcomes) {
        ([first, ..], [Outcome::Failed(why), rest @ ..])
            if rest.iter().all(|outcome| matches!(outcome, Outcome::Failed(_))) =>
        {
            Err(all_failed(first, why))
        }
        _ => Ok(()),
    }
}

fn all_failed(first: &Path, why: &Text) -> Error {
    let first = first.display();
    Error::failed(Text {
        ko: format!("처리할 수 있는 이미지가 하나도 없습니다. {first}: {}", why.ko),
        en: format!("not one picture can be used. {first}: {}", why.en),
    })
}

/// Compares the files of all techniques with those of the sequence.
fn same_bytes(pictures: &[PathBuf], folders: &[PathBuf], broken: &[(&Path, Text)]) -> Result<()> {
    let whole = |picture: &&PathBuf| broken.iter().all(|(other, _)| other != picture);
    for picture in pictures.iter().filter(whole) {
        let [first, others @ ..] = folders else { return Ok(()) };
        let known = fs::read(target(picture, first))?;
        for other in others {
            let path = target(picture, other);
            if fs::read(&path)? != known {
                let path = path.display();
                return Err(Error::failed(text!(
                    "{path}: 순차 실행의 결과와 다릅니다. 실행 중에 이미지가 바뀌었습니까?",
                    "{path}: differs from the result in sequence. Did a picture change meanwhile?"
                )));
            }
        }
    }
    Ok(())
}

fn join_twin(report: &mut Report, dir: &Path, workers: usize, rounds: usize, pythons: &[Interpreter]) {
    let Some(dir) = dir.to_str() else {
        let why = text!(
            "CPython: 측정하지 않음: 폴더 이름이 UTF-8이 아닙니다.",
            "CPython: not measured: the name of the folder is not UTF-8."
        );
        return report.notes.push(why);
    };
    let args = [dir.to_owned(), workers.to_string(), rounds.min(3).to_string()];
    python::join(report, pythons, twin_script!("images"), &args, &[IMAGES], |python, twin| {
        vec![work_queue::judge(IMAGES, &python.to_string(), workers, twin.traces.get(PROCESSES))]
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use process_pool::{End, WorkerLoss};

    #[test]
    fn a_picture_that_kills_its_worker_is_broken_and_a_pool_without_workers_is_a_failure() {
        let died = Failure::Died { how: End::Signal(6), attempts: 3 };
        assert!(matches!(outcome(Err(died)), Ok(Outcome::Failed(why)) if why.en.contains("signal 6")));
        assert_eq!(outcome(Ok(Outcome::Written)), Ok(Outcome::Written));
        assert_eq!(outcome(Err(Failure::NoWorker(WorkerLoss::Ended(End::Unknown)))).unwrap_err().code(), 1);
    }

    #[test]
    fn what_is_broken_by_one_technique_is_not_compared() {
        let pictures = ["a.png", "b.png"].map(PathBuf::from);
        let why = text!("이유", "why");
        let runs = |last: Vec<Outcome>| {
            let outcomes = [vec![Outcome::Written, Outcome::Written], vec![Outcome::Written, Outcome::Written], last];
            outcomes.map(|outcomes| TechniqueRuns { outcomes: vec![outcomes], ..TechniqueRuns::default() })
        };
        let one = runs(vec![Outcome::Written, Outcome::Failed(why.clone())]);
        assert_eq!(broken(&pictures, &one).unwrap(), [(Path::new("b.png"), why.clone())]);
        let all = runs(vec![Outcome::Failed(why.clone()), Outcome::Failed(why)]);
        assert!(broken(&pictures, &all).unwrap_err().text().en.contains("a.png"));
    }

    /// A technique that failed on a picture did less work; its time gives no speed-up.
    #[test]
    fn a_failure_of_one_technique_alone_prevents_the_comparison() {
        let why = text!("이유", "why");
        let failed = || vec![Outcome::Written, Outcome::Failed(why.clone())];
        let written = || vec![Outcome::Written, Outcome::Written];
        let shown = |outcomes: [Vec<Outcome>; 3]| {
            let runs = outcomes.map(|outcomes| TechniqueRuns {
                walls: vec![1e9],
                outcomes: vec![outcomes],
                ..TechniqueRuns::default()
            });
            let mut report = report::report(2, runs);
            report::describe(&mut report, 2, Path::new("out"), &[]);
            (report.measure("speedup.threads").is_some(), report.shows.en.contains('×'))
        };
        assert_eq!(shown([written(), written(), written()]), (true, true));
        assert_eq!(shown([failed(), failed(), failed()]), (true, true), "all failed at the same picture");
        assert_eq!(shown([written(), failed(), written()]), (false, false));
        assert_eq!(shown([failed(), failed(), written()]), (false, false));
    }

    #[test]
    fn other_bytes_are_noticed() {
        let home = tempfile::tempdir().unwrap();
        let folders = ["sequence", "threads"].map(|name| home.path().join(name));
        let pictures = [PathBuf::from("a.png")];
        for (folder, bytes) in folders.iter().zip([b"same", b"same"]) {
            fs::create_dir(folder).unwrap();
            fs::write(target(&pictures[0], folder), bytes).unwrap();
        }
        assert!(same_bytes(&pictures, &folders, &[]).is_ok());
        fs::write(target(&pictures[0], &folders[1]), b"sam\xe9").unwrap();
        assert!(same_bytes(&pictures, &folders, &[]).unwrap_err().text().en.contains("threads"));
        let broken = [(pictures[0].as_path(), text!("이유", "why"))];
        assert!(same_bytes(&pictures, &folders, &broken).is_ok());
    }
}
