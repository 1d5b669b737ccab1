//! Image processing, the article's use case for processes: the pictures of a folder in sequence, in threads, in processes.
//!
//! Article: 멀티프로세싱, 사용 사례. Run: `cargo run -p multiprocessing -- images`. Python twin: `python/images.py`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::Trace;
use lab::twin::{self, Interpreter};
use lab::{Error, Result, clock, show, text, twin_script};
use serde::{Deserialize, Serialize};

use crate::folders;
use crate::picture;
use crate::pool::{Failure, Pool, Task};
use crate::share::{self, Done, Timed};
use crate::whole;

/// The techniques, in the order in which they are shown; each has a folder of its name.
const TECHNIQUES: [&str; 3] = ["sequence", "threads", "processes"];
/// A picture in a process of the pool.
pub static PICTURE: Task<Job, Timed<Fate>> = Task::new("picture", |job| Timed::of(|| job.run()));
/// How many broken pictures are named one by one.
const MOST_NAMED: usize = 10;

/// A picture and where its JPEG is to be. Names are whatever the system allows, UTF-8 or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    from: OsString,
    to: OsString,
}

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// Its JPEG was written.
    Written,
    /// It cannot be decoded, for this reason. The others can.
    Broken(Text),
    /// Its JPEG cannot be written, for this reason; nor could the others.
    NotWritten(String),
}

impl Job {
    /// Does it, in whatever thread or process this is.
    pub fn run(&self) -> Fate {
        match picture::shrink(Path::new(&self.from)) {
            Err(why) => Fate::Broken(why),
            Ok(bytes) => match whole::write(Path::new(&self.to), &bytes) {
                Ok(()) => Fate::Written,
                Err(e) => Fate::NotWritten(e.to_string()),
            },
        }
    }
}

/// Processes every picture of `dir` by each technique, `rounds` times in turn. Without `out` the folder is beside the program.
pub fn run(
    dir: &Path,
    out: Option<&Path>,
    workers: usize,
    rounds: usize,
    pythons: &[Interpreter],
) -> Result<Report> {
    let dir = folders::input(dir)?;
    let out = match out {
        Some(out) => out.to_owned(),
        None => env::current_exe()?.with_file_name("images"),
    };
    let pictures = picture::list(&dir)?;
    let count = pictures.len();
    if count == 0 {
        let dir = dir.display();
        return Err(Error::failed(text!(
            "{dir}: 그림(png, jpg, jpeg)이 없습니다.",
            "{dir}: there is no picture (png, jpg, jpeg)."
        )));
    }
    let folders = folders::output(&out, &TECHNIQUES, &dir)?;
    let mut runs = TECHNIQUES.map(|_| Runs::default());
    let bar = progress(count * TECHNIQUES.len() * rounds);
    for _ in 0..rounds {
        for ((technique, folder), runs) in TECHNIQUES.into_iter().zip(&folders).zip(&mut runs) {
            bar.set_message(technique);
            let jobs = jobs(&pictures, folder);
            let start = clock::now();
            let done = once(technique, &jobs, workers, &bar)?;
            runs.add(clock::now().saturating_sub(start), done, title(technique, workers));
            written(&jobs, &runs.fates)?;
        }
    }
    bar.finish_and_clear();
    let broken = broken(&pictures, &runs)?;
    same_bytes(&pictures, &folders, &broken)?;
    let mut report = report(workers, runs);
    describe(&mut report, count, &out, &broken);
    join_twin(&mut report, &dir, workers, rounds, pythons);
    Ok(report)
}

/// A picture's JPEG keeps the whole name: `a.png` and `a.jpg` may lie side by side.
fn target(picture: &Path, folder: &Path) -> PathBuf {
    let mut name = picture.file_name().unwrap_or_default().to_owned();
    name.push(".jpg");
    folder.join(name)
}

fn jobs(pictures: &[PathBuf], folder: &Path) -> Vec<Job> {
    pictures.iter().map(|picture| Job { from: picture.into(), to: target(picture, folder).into() }).collect()
}

/// All rounds of one technique.
#[derive(Default)]
struct Runs {
    walls: Vec<f64>,
    fates: Vec<Vec<Fate>>,
    trace: Trace,
}

impl Runs {
    fn add(&mut self, wall: u64, done: Done<Fate>, title: Text) {
        self.walls.push(wall as f64);
        self.fates.push(done.results);
        self.trace = Trace::new(title, done.lanes);
    }
}

/// All pictures by one technique.
fn once(technique: &str, jobs: &[Job], workers: usize, bar: &ProgressBar) -> Result<Done<Fate>> {
    let work = |job: &Job| {
        let fate = job.run();
        bar.inc(1);
        fate
    };
    match technique {
        "sequence" => Ok(share::in_sequence(jobs, work)),
        "threads" => share::in_threads(jobs, workers, work),
        _ => in_processes(jobs, workers, bar),
    }
}

/// On the pool. A picture that is the death of its worker is as broken as one that cannot be decoded.
fn in_processes(jobs: &[Job], workers: usize, bar: &ProgressBar) -> Result<Done<Fate>> {
    let mut pool = Pool::builder().workers(workers).build()?;
    let done = share::in_processes(&mut pool, &PICTURE, jobs, || bar.inc(1));
    let fate = |result: Result<Fate, Failure>| result.unwrap_or_else(|failure| Fate::Broken(failure.text()));
    Ok(Done { results: done.results.into_iter().map(fate).collect(), lanes: done.lanes })
}

/// Ends the run if a JPEG could not be written: nor could the others.
fn written(jobs: &[Job], rounds: &[Vec<Fate>]) -> Result<()> {
    for (job, fate) in jobs.iter().zip(rounds.last().into_iter().flatten()) {
        if let Fate::NotWritten(why) = fate {
            return Err(folders::cannot_write(Path::new(&job.to), why));
        }
    }
    Ok(())
}

/// The pictures that are broken by any technique, and why. Fails if all are.
fn broken<'p>(pictures: &'p [PathBuf], runs: &[Runs; 3]) -> Result<Vec<(&'p Path, Text)>> {
    let all: Vec<&Vec<Fate>> = runs.iter().flat_map(|runs| &runs.fates).collect();
    let why = |n: usize| {
        all.iter().find_map(|fates| match &fates[n] {
            Fate::Broken(why) => Some(why.clone()),
            _ => None,
        })
    };
    let named = pictures.iter().enumerate().filter_map(|(n, picture)| Some((picture.as_path(), why(n)?)));
    let broken: Vec<_> = named.collect();
    match &broken[..] {
        [(first, why), ..] if broken.len() == pictures.len() => Err(unusable(first, why)),
        _ => Ok(broken),
    }
}

fn unusable(first: &Path, why: &Text) -> Error {
    let first = first.display();
    Error::failed(Text {
        ko: format!("쓸 수 있는 그림이 하나도 없습니다. {first}: {}", why.ko),
        en: format!("not one picture can be used. {first}: {}", why.en),
    })
}

/// Reads what was written, and compares it with what the sequence has written.
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
                    "{path}: 차례로 처리한 결과와 다릅니다. 그 사이에 그림이 바뀌었습니까?",
                    "{path}: not what came out in sequence. Did a picture change meanwhile?"
                )));
            }
        }
    }
    Ok(())
}

fn title(technique: &str, workers: usize) -> Text {
    match technique {
        "sequence" => text!("Rust, 차례로", "Rust, in sequence"),
        "threads" => text!("Rust, 스레드 {workers}개", "Rust, {workers} threads"),
        _ => text!("Rust, 프로세스 {workers}개", "Rust, {workers} processes"),
    }
}

/// Lanes, wall times, and how many times as fast as the sequence of the same round.
fn report(workers: usize, runs: [Runs; 3]) -> Report {
    let mut report = Report::new("multiprocessing/images");
    for (technique, runs) in TECHNIQUES.into_iter().zip(&runs) {
        let name = title(technique, workers);
        let name = Text { ko: format!("{}: 걸린 시간", name.ko), en: format!("{}: wall time", name.en) };
        report.measures.push(Measure::new(format!("wall.{technique}"), name, Unit::Ns, runs.walls.clone()));
    }
    for (technique, other) in TECHNIQUES.into_iter().zip(&runs).skip(1) {
        let name = title(technique, workers);
        let name = Text { ko: format!("{}: 속도 향상", name.ko), en: format!("{}: speed-up", name.en) };
        let gains = runs[0].walls.iter().zip(&other.walls).map(|(sequence, wall)| sequence / wall).collect();
        report.measures.push(Measure::new(format!("speedup.{technique}"), name, Unit::Times, gains));
    }
    report.traces.extend(runs.map(|runs| runs.trace));
    report
}

fn describe(report: &mut Report, pictures: usize, out: &Path, broken: &[(&Path, Text)]) {
    let (done, out) = (pictures - broken.len(), out.display());
    for (picture, why) in broken.iter().take(MOST_NAMED) {
        let picture = picture.display();
        report.notes.push(Text {
            ko: format!("망가진 그림 {picture}: {}", why.ko),
            en: format!("broken picture {picture}: {}", why.en),
        });
    }
    if let more @ 1.. = broken.len().saturating_sub(MOST_NAMED) {
        report.notes.push(text!("망가진 그림이 {more}장 더 있습니다.", "{more} more pictures are broken."));
    }
    report.notes.push(text!(
        "그림 한 장의 일: 풀고, 흐리게 하고, 반으로 줄여 JPEG로 씁니다. 프로세스의 시간에는 풀을 띄우는 시간도 들어 있습니다.",
        "The work of a picture: decoded, blurred, halved, encoded as a JPEG. The time of the processes includes starting the pool."
    ));
    report.notes.push(text!("{out}: 방법마다 폴더 하나.", "{out}: a folder for each technique."));
    let gain = |who: &str| {
        let gain = report.measure(&format!("speedup.{who}")).map_or(f64::NAN, Measure::median);
        show::value(gain, Unit::Times)
    };
    let (threads, processes) = (gain("threads"), gain("processes"));
    report.shows = text!(
        "그림 {pictures}장 가운데 {done}장이 세 방법에서 같은 바이트로 나왔습니다. 차례로 할 때에 견주어 스레드는 {threads}, 프로세스는 {processes}의 속도입니다.",
        "{done} of {pictures} pictures came out, with the same bytes by all three techniques. Against one after another, threads had {threads} the speed, processes {processes}."
    );
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
    twin::join(report, pythons, twin_script!("images"), &args, &[], |_, _| Vec::new());
}

/// On standard error, and only if that is a terminal.
fn progress(steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}").expect("a constant template");
    ProgressBar::new(steps as u64).with_style(style)
}
