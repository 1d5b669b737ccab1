//! One submission of one lab: compiled, run, judged. `check`, `grade` and `verify` all go this way.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::python::Interpreter;
use lab::{Error, Result};

use crate::compile::{NotCompiled, compile};
use crate::copy::Copy;
use crate::labs::Lab;
use crate::manifest::Promise;
use crate::promise::Broken;
use crate::scenario::{self, Program, Run};
use crate::tools::Tools;
use crate::track::Track;
use crate::{parallel, plain};

/// What one promise came to.
#[derive(Clone, Debug)]
pub enum Kept {
    /// It was kept.
    Yes,
    /// It was broken.
    No(Broken),
    /// It is not asked on this interpreter, for this reason.
    NotAsked(Text),
}

/// A submission, judged.
#[derive(Debug)]
pub struct Assessment {
    /// Where it ran, if it is in Python.
    pub python: Option<Interpreter>,
    /// The promises of the lab in order, and what they came to. Broken, all of them, if there was no program.
    pub promises: Vec<(Promise, Kept)>,
    /// Why there was no program.
    pub not_compiled: Option<NotCompiled>,
    /// The run of each scenario.
    pub runs: BTreeMap<String, Run>,
    /// From the copy to the last answer.
    pub took: Duration,
}

impl Assessment {
    /// Whether every promise that was asked was kept.
    pub fn passed(&self) -> bool {
        self.promises.iter().all(|(_, kept)| !matches!(kept, Kept::No(_)))
    }

    /// The ids of the promises that were broken.
    pub fn broken(&self) -> Vec<&str> {
        let broken = self.promises.iter().filter(|(_, kept)| matches!(kept, Kept::No(_)));
        broken.map(|(promise, _)| promise.id.as_str()).collect()
    }

    /// Points earned, and points of the promises that were asked.
    pub fn points(&self) -> (u32, u32) {
        self.promises.iter().fold((0, 0), |(earned, all), (promise, kept)| match kept {
            Kept::Yes => (earned + promise.points, all + promise.points),
            Kept::No(_) => (earned, all + promise.points),
            Kept::NotAsked(_) => (earned, all),
        })
    }
}

/// Judges a Rust submission.
pub fn rust(lab: &Lab, source: &[u8], tools: &Tools) -> Result<Assessment> {
    let start = Instant::now();
    let copy = Copy::of(lab, Track::Rust, source)?;
    let program = match plain::names_the_grader(&copy.source) {
        Some(line) => Err(NotCompiled { why: not_plain(line), said: String::new() }),
        None => compile(tools, &copy)?,
    };
    let mut assessment = match program {
        Ok(program) => judge(lab, Track::Rust, &Program::Rust(program), &copy)?,
        Err(why) => without_a_program(lab, Track::Rust, why),
    };
    assessment.took = start.elapsed();
    Ok(assessment)
}

/// Judges a Python submission on one interpreter.
pub fn python(lab: &Lab, source: &[u8], python: &Interpreter) -> Result<Assessment> {
    let start = Instant::now();
    let copy = Copy::of(lab, Track::Python, source)?;
    let mut assessment = match plain::names_the_grader(&copy.source) {
        Some(line) => {
            let why = NotCompiled { why: not_plain(line), said: String::new() };
            Assessment { python: Some(python.clone()), ..without_a_program(lab, Track::Python, why) }
        }
        None => judge(lab, Track::Python, &Program::Python(python.clone()), &copy)?,
    };
    assessment.took = start.elapsed();
    Ok(assessment)
}

/// A submission that has no program breaks every promise.
fn without_a_program(lab: &Lab, track: Track, why: NotCompiled) -> Assessment {
    let broken = |promise: &Promise| (promise.clone(), Kept::No(Broken::seen(why.why.clone())));
    let promises = lab.manifest.promises_of(track).map(broken).collect();
    Assessment { python: None, promises, not_compiled: Some(why), runs: BTreeMap::new(), took: Duration::ZERO }
}

fn not_plain(line: usize) -> Text {
    lab::text!(
        "{line}행에 'kit'이라는 이름이 있습니다. 채점기의 라이브러리이므로, 제출물에는 다른 이름을 쓰십시오",
        "line {line} has the name 'kit', which is the grader's library: use another name"
    )
}

/// Runs every scenario once, several at a time because they mostly wait, and asks every promise.
fn judge(lab: &Lab, track: Track, program: &Program, copy: &Copy) -> Result<Assessment> {
    const AT_A_TIME: usize = 4;
    let python = match program {
        Program::Python(python) => Some(python.clone()),
        Program::Rust(_) => None,
    };
    let promises: Vec<Promise> = lab.manifest.promises_of(track).cloned().collect();
    let asked = promises.iter().filter(|promise| promise.why_not_asked(python.as_ref()).is_none());
    let mut scenarios: Vec<&str> = asked.map(|promise| promise.scenario.as_str()).collect();
    scenarios.sort_unstable();
    scenarios.dedup();
    let run =
        |scenario: &&str| Ok(((*scenario).to_owned(), scenario::run(program, copy, scenario, &lab.manifest.limits)?));
    let runs = parallel::map(&scenarios, AT_A_TIME, run).into_iter().collect::<Result<BTreeMap<String, Run>>>()?;
    let ask = |promise: Promise| {
        let kept = match promise.why_not_asked(python.as_ref()) {
            Some(why) => Kept::NotAsked(why),
            None => ask(lab, &promise, &runs[&promise.scenario]),
        };
        (promise, kept)
    };
    let promises = promises.into_iter().map(ask).collect();
    Ok(Assessment { python, promises, not_compiled: None, runs, took: Duration::ZERO })
}

/// A run that was broken off keeps nothing; what the judge saw in it until then says more than that it was broken off.
fn ask(lab: &Lab, promise: &Promise, run: &Run) -> Kept {
    let judged = run.recorded.as_ref().map(|recorded| (lab.judge)(&promise.id, recorded));
    match (&run.broken_off, judged) {
        (None, Some(Ok(()))) => Kept::Yes,
        (None, Some(Err(broken))) => Kept::No(broken),
        (Some(why), Some(Err(broken))) if broken.place.is_some() => Kept::No(Broken {
            seen: Text {
                ko: format!("{} {}.", broken.seen.ko, why.ko),
                en: format!("{} Then {}.", broken.seen.en, why.en),
            },
            place: broken.place,
        }),
        (Some(why), _) => Kept::No(Broken::seen(Text { ko: format!("{}.", why.ko), en: format!("{}.", why.en) })),
        (None, None) => Kept::No(Broken::without("run")),
    }
}

/// The lab exists in this track, or the error that says in which.
pub fn exists_in(lab: &Lab, track: Track) -> Result<()> {
    use lab::cli::Choice as _;
    if lab.has(track) {
        return Ok(());
    }
    let (name, track) = (lab.name, track.word());
    Err(Error::usage(lab::text!("{name}: {track} 트랙이 없는 실습입니다.", "{name}: this lab has no {track} track.")))
}
