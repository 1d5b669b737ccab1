//! Runs small programs whose parallel versions exist, and compares the predictions with what the parallel versions take.
//!
//! Article: 언제, 무엇을 써야 할까? Run: `cargo run --release -p choose -- verify`. Programs: `python/verify/`.

mod judge;
mod outcome;
mod programs;

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gil_sim::calibrate::Quiet;
use lab::cli::{Args, Experiment, Opt, Options};
use lab::lang::Text;
use lab::machine::{self, Watch};
use lab::python::{self, Interpreter};
use lab::report::{Front, Report};
use lab::{Error, Result, process, stats, text};
use loopback::Server;

use crate::costs::Costs;
use crate::launch;
use crate::machine::Machine;
use crate::predict::{Plan, Way, choice, predict};
use outcome::{Cell, Outcome};
use programs::{PROGRAMS, Program};

/// How long the server of the programs waits with its answers.
const DELAY: Duration = Duration::from_millis(40);
/// One run of a program hangs if it takes longer.
const LIMIT: Duration = Duration::from_secs(120);
/// The versions that a program has beside its sequence.
const WAYS: [Way; 3] = [Way::Threads, Way::Asyncio, Way::Processes];

#[derive(Clone, Copy)]
struct Chosen {
    programs: Opt<Vec<String>>,
    pieces: Opt<u64>,
    rounds: Opt<usize>,
}

/// `choose verify [PROGRAM…]`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("이 프로그램들만 (python/verify의 이름)", "only these programs, by their names in python/verify");
    let programs = options.positional_words("programs", about);
    let about = text!("작업 조각의 수", "pieces of the work");
    let pieces = options.count("pieces", 2..=64, 8, about);
    let rounds = options.rounds(2);
    let chosen = Chosen { programs, pieces, rounds };
    let about = text!("작은 프로그램들로 예측과 실제를 비교", "compares predictions with measured parallel versions");
    Experiment::new("verify", about, options, move |args| run(args, chosen))
}

fn run(args: &Args, chosen: Chosen) -> Result<Report> {
    let programs = selected(&args.get(chosen.programs))?;
    let (pieces, rounds) = (args.get(chosen.pieces), args.get(chosen.rounds));
    let mut report = Report::new("choose/verify");
    if args.pythons().is_empty() {
        report.notes.push(text!("파이썬이 없어 아무것도 재지 않았습니다.", "No Python: nothing was measured."));
        report.shows = text!("측정하지 않았습니다.", "Not measured.");
        report.verdicts = judge::not_measured();
        report.tables = vec![outcome::untried(&programs)];
        return Ok(report);
    }
    let server = Server::start(DELAY)?;
    let address = server.address().to_string();
    let mut class_notes = Vec::new();
    let mut all = Vec::new();
    for python in args.pythons() {
        let watch = Watch::start();
        let quiet = Quiet::ask();
        class_notes = vec![quiet.note()];
        let costs = Costs::measure(&python.path).map_err(|why| {
            let (ko, en) = (why.ko, why.en);
            Error::failed(text!(
                "{python}: 비용을 재지 못했습니다: {ko}",
                "{python}: its costs were not measured: {en}"
            ))
        })?;
        let mut machine = Machine::look();
        machine.measure_copying(machine::cores());
        drop(quiet);
        let plan = Plan { pieces, cores: machine::cores() as u64, payload: 0, hosts: 1 };
        let bench = Bench { python, costs, machine, plan, rounds, server: &address };
        let mut outcomes = Vec::new();
        for program in &programs {
            if let Some(library) = program.needs.filter(|library| !can_import(&python.path, library)) {
                let name = program.name;
                report.notes.push(text!(
                    "{python}, {name}: 측정하지 않음: {library}이(가) 없습니다.",
                    "{python}, {name}: not measured: it has no {library}."
                ));
                continue;
            }
            match bench.check(*program) {
                Ok(outcome) => outcomes.push(outcome),
                Err(why) => {
                    let (name, Text { ko, en }) = (program.name, why);
                    report.fail(text!("{python}, {name}: {ko}", "{python}, {name}: {en}"));
                }
            }
        }
        report.verdicts.extend(judge::verdicts(python, &outcomes, watch.foreign()));
        report.tables.push(outcome::table(python, &outcomes));
        report.measures.extend(outcomes.iter().flat_map(|one| one.measures(python)));
        all.extend(outcomes);
    }
    report.shows = outcome::summary(&all);
    report.measures.extend(outcome::summary_measures(&all));
    report.tables.push(outcome::by_way(&all));
    report.front = (0..report.tables.len().saturating_sub(1)).take(1).map(Front::Table).collect();
    report.measures_in_tables = true;
    report.notes.extend(class_notes);
    report.notes.push(text!(
        "프로그램은 보통의 클래스에서 한 번 기록하고, 병렬 버전은 허용되면 실시간 클래스에서 벽시계로 잽니다. 예측은 쉬는 컴퓨터를 위한 것입니다. NumPy의 BLAS는 스레드 하나로 계산합니다.",
        "A program is recorded once in the ordinary class; its parallel versions are timed by the clock on the wall, in a real-time class where that is permitted. The prediction is for an idle machine. NumPy's BLAS computes in one thread."
    ));
    Ok(report)
}

fn can_import(python: &Path, library: &str) -> bool {
    let args = ["-c".into(), format!("import {library}").into()];
    process::run_guarded(python, &args, LIMIT, |command| {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
    })
    .is_ok()
}

fn selected(names: &[String]) -> Result<Vec<Program>> {
    let find = |name: &String| {
        PROGRAMS.into_iter().find(|program| program.name == name).ok_or_else(|| {
            let known = PROGRAMS.map(|program| program.name).join(", ");
            Error::usage(text!(
                "'{name}'이라는 프로그램은 없습니다. 목록: {known}",
                "there is no program '{name}'. They are: {known}"
            ))
        })
    };
    if names.is_empty() { Ok(PROGRAMS.to_vec()) } else { names.iter().map(find).collect() }
}

struct Bench<'a> {
    python: &'a Interpreter,
    costs: Costs,
    machine: Machine,
    plan: Plan,
    rounds: usize,
    server: &'a str,
}

impl Bench<'_> {
    /// Records the program once, predicts, and measures all its versions in turn.
    fn check(&self, program: Program) -> std::result::Result<Outcome, Text> {
        let script = python::twin(env!("CARGO_MANIFEST_DIR"), &format!("verify/{}", program.name));
        if !script.is_file() {
            let script = script.display();
            return Err(text!("{script} 파일이 없습니다", "there is no file {script}"));
        }
        let plan = Plan { payload: program.payload, ..self.plan };
        let mut command = Command::new(&self.python.path);
        command.args(arguments(&script, "sequence", plan.pieces, 1)).stdin(Stdio::null()).stdout(Stdio::null());
        self.prepare(&mut command, program);
        let mut ended = launch::observe(&mut command, 100, drop).map_err(|e| e.text().clone())?;
        if ended.code != 0 {
            let code = ended.code;
            return Err(text!("종료 코드 {code}", "exit code {code}"));
        }
        ended.recording.machine = self.machine;
        let predictions = predict(&ended.recording, &self.costs, plan);
        let chosen = choice(&ended.recording, &predictions).map(|one| one.way);
        let of = |way: Way| predictions.iter().find(|one| one.way == way);
        // Other programs on the cores would be measured too.
        let quiet = Quiet::ask();
        let measured = self.measure(program, &script, |way| of(way).map_or(1, |one| one.workers));
        drop(quiet);
        let (sequence, versions) = measured?;
        let has_version = |way: &Way| *way != Way::Asyncio || !program.lacks_async_form;
        let cells = WAYS.into_iter().zip(versions).filter(|(way, _)| has_version(way)).filter_map(|(way, time)| {
            let prediction = of(way)?.clone();
            Some(Cell { prediction, measured: sequence / time })
        });
        Ok(Outcome { program, class: crate::classify::classify(&ended.recording), chosen, cells: cells.collect() })
    }

    /// The median times of the sequence and of each way, in ns. What is compared alternates.
    fn measure(
        &self,
        program: Program,
        script: &Path,
        workers: impl Fn(Way) -> u64,
    ) -> std::result::Result<(f64, Vec<f64>), Text> {
        let mut times = vec![Vec::new(); WAYS.len() + 1];
        let mut digest = None;
        for _ in 0..self.rounds {
            for (n, times) in times.iter_mut().enumerate() {
                let (mode, workers) = match n {
                    0 => ("sequence", 1),
                    n => (WAYS[n - 1].word(), workers(WAYS[n - 1])),
                };
                let args = arguments(script, mode, self.plan.pieces, workers);
                let start = Instant::now();
                let out =
                    process::run_guarded(&self.python.path, &args, LIMIT, |command| self.prepare(command, program))?;
                times.push(start.elapsed().as_nanos() as f64);
                if out.trim() != digest.get_or_insert_with(|| out.trim().to_owned()) {
                    return Err(text!("{mode}의 결과가 다릅니다", "{mode} gives other results"));
                }
            }
        }
        let mut medians = times.iter().map(|times| stats::median(times).unwrap_or(f64::NAN));
        let sequence = medians.next().unwrap_or(f64::NAN);
        Ok((sequence, medians.collect()))
    }

    fn prepare(&self, command: &mut Command, program: Program) {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        // Its own threads would be what is measured.
        for threads in ["OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"] {
            command.env(threads, "1");
        }
        if program.asks_server {
            command.env("CHOOSE_SERVER", self.server);
        }
    }
}

fn arguments(script: &Path, mode: &str, pieces: u64, workers: u64) -> Vec<OsString> {
    vec![script.into(), mode.into(), pieces.to_string().into(), workers.to_string().into()]
}
