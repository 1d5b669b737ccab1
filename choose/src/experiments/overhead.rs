//! What watching costs: the same program with the sampler beside it and without, in turn.
//!
//! Article: 언제, 무엇을 써야 할까? Run: `cargo run --release -p choose -- overhead`. Programs: `python/overhead.py`.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use lab::cli::{Args, Experiment, Opt, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Front, Measure, Report, Table, Unit, unit};
use lab::{Result, stats, text, twin_script};

use crate::launch::{self, Ended};

/// The default of `run --rate`.
const RATE: u64 = 100;

#[derive(Clone, Copy)]
struct Chosen {
    pieces: Opt<u64>,
    rounds: Opt<usize>,
}

/// A program of `python/overhead.py`.
#[derive(Clone, Copy)]
struct Program {
    word: &'static str,
    ko: &'static str,
    en: &'static str,
}

const PROGRAMS: [Program; 3] = [
    Program { word: "compute", ko: "계산", en: "computes" },
    Program { word: "wait", ko: "기다림", en: "waits" },
    Program { word: "threads", ko: "스레드 50개", en: "50 threads" },
];

/// `choose overhead`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!(
        "작업의 양: 10만 번 더하기 또는 10 ms 기다리기를 몇 번",
        "amount of work: so many times 100,000 additions, or waits of 10 ms"
    );
    let pieces = options.count("pieces", 5..=100_000, 100, about);
    let rounds = options.rounds(11);
    let chosen = Chosen { pieces, rounds };
    let about = text!("지켜보는 데 드는 시간을 측정", "measures what watching a program costs");
    Experiment::new("overhead", about, options, move |args| run(args, chosen))
}

fn run(args: &Args, chosen: Chosen) -> Result<Report> {
    let (pieces, rounds) = (args.get(chosen.pieces), args.get(chosen.rounds));
    let mut report = Report::new("choose/overhead");
    if args.pythons().is_empty() {
        report.notes.push(text!("파이썬이 없어 아무것도 재지 않았습니다.", "No Python: nothing was measured."));
        report.shows = text!("측정하지 않았습니다.", "Not measured.");
        return Ok(report);
    }
    let mut all = Vec::new();
    for python in args.pythons() {
        let mut rows = Vec::new();
        for program in PROGRAMS {
            match compare(python, program, pieces, rounds) {
                Ok(costs) => rows.push((program, costs)),
                Err(why) => {
                    let (word, Text { ko, en }) = (program.word, why);
                    report.fail(text!("{python}, {word}: {ko}", "{python}, {word}: {en}"));
                }
            }
        }
        report.tables.push(table(python, &rows));
        report.measures.extend(rows.iter().flat_map(|(program, costs)| costs.measures(python, *program)));
        all.extend(rows.into_iter().map(|(_, costs)| costs));
    }
    report.shows = summary(&all);
    report.front = (0..report.tables.len()).map(Front::Table).collect();
    report.measures_in_tables = true;
    report.notes.push(text!(
        "한 라운드에 지켜보지 않는 실행과 지켜보는 실행이 하나씩 있고, 어느 쪽이 먼저인지는 라운드마다 바뀝니다. 값은 라운드마다 구한 비율의 중앙값, 괄호 안은 중앙값의 95% 구간입니다. 벽시계는 시작부터 끝까지, CPU 시간은 프로그램 자신이 잰 것입니다. 바쁜 컴퓨터에서는 벽시계가 흔들립니다. 샘플링의 CPU 시간은 흔들리지 않으며, 코어가 하나뿐일 때 늘어날 시간의 상한입니다.",
        "In every round the program runs once unwatched and once watched, and which goes first alternates. The values are medians of the ratios of the rounds, with the median's 95 % interval. Wall time is from start to end; CPU time is what the program says of itself. On a busy machine wall time varies; the sampler's own CPU time does not, and is the most that a single core could lose."
    ));
    Ok(report)
}

/// Of every round.
#[derive(Default)]
struct Costs {
    wall: Vec<f64>,
    /// Watched in relation to unwatched, less 1.
    more_wall: Vec<f64>,
    more_cpu: Vec<f64>,
    /// The sampler's CPU time in relation to the wall time.
    sampling: Vec<f64>,
    samples: Vec<f64>,
    /// The sampler's CPU time for one sample, in ns.
    per_sample: Vec<f64>,
}

fn compare(python: &Interpreter, program: Program, pieces: u64, rounds: usize) -> std::result::Result<Costs, Text> {
    let script = twin_script!("overhead");
    if !script.is_file() {
        let script = script.display();
        return Err(text!("{script} 파일이 없습니다", "there is no file {script}"));
    }
    let mut costs = Costs::default();
    for round in 0..rounds {
        let mut bare = None;
        let mut watched = None;
        for turn in 0..2 {
            let command = |out| prepare(python, script, program, pieces, out);
            if (turn + round) % 2 == 0 {
                bare = Some(timed(command, alone)?);
            } else {
                watched = Some(timed(command, |command| launch::observe(command, RATE, drop))?);
            }
        }
        if let (Some((wall, cpu, ())), Some((watched_wall, watched_cpu, ended))) = (bare, watched) {
            let Ended { recording, .. } = ended;
            costs.wall.push(wall);
            costs.more_wall.push(watched_wall / wall - 1.0);
            costs.more_cpu.push(watched_cpu / cpu - 1.0);
            costs.sampling.push(recording.sampling / recording.wall);
            costs.samples.push(recording.samples);
            costs.per_sample.push(recording.sampling / recording.samples.max(1.0));
        }
    }
    Ok(costs)
}

fn prepare(python: &Interpreter, script: &Path, program: Program, pieces: u64, out: io::PipeWriter) -> Command {
    let mut command = Command::new(&python.path);
    command.arg(script).args([program.word, &pieces.to_string()]).env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null()).stdout(out);
    command
}

/// Runs the program without a sampler, as the same function would start and wait for it.
fn alone(command: &mut Command) -> Result<()> {
    command.spawn()?.wait()?;
    Ok(())
}

/// The wall time of a run in ns, the program's own CPU time, and what the run returned.
fn timed<T>(
    prepare: impl Fn(io::PipeWriter) -> Command,
    run: impl Fn(&mut Command) -> Result<T>,
) -> std::result::Result<(f64, f64, T), Text> {
    let failed = |e: lab::Error| e.text().clone();
    let (mut said, out) = io::pipe().map_err(|e| failed(e.into()))?;
    let mut command = prepare(out);
    let start = Instant::now();
    let result = run(&mut command).map_err(failed)?;
    let wall = start.elapsed().as_nanos() as f64;
    // With it the last writer's end closes.
    drop(command);
    let mut words = String::new();
    said.read_to_string(&mut words).map_err(|e| failed(e.into()))?;
    let cpu: f64 = words.trim().parse().map_err(|_| {
        text!("프로그램이 CPU 시간을 말하지 않았습니다", "the program did not say how much CPU time it took")
    })?;
    Ok((wall, cpu * 1e9, result))
}

impl Costs {
    fn measures(&self, python: &Interpreter, program: Program) -> [Measure; 6] {
        let Program { word, ko, en } = program;
        let measure = |what: &str, name: Text, unit: Unit, samples: &[f64]| {
            let (what_ko, what_en) = (name.ko, name.en);
            let id = python.measure_id(&format!("{word}.{what}"));
            Measure::new(id, text!("{ko}: {what_ko}", "{en}: {what_en}"), unit, samples.to_vec())
        };
        [
            measure("wall", text!("지켜보지 않은 실행", "unwatched"), Unit::Ns, &self.wall),
            measure("more_wall", text!("벽시계의 증가", "more wall time"), Unit::Share, &self.more_wall),
            measure("more_cpu", text!("CPU 시간의 증가", "more CPU time"), Unit::Share, &self.more_cpu),
            measure("sampling", text!("샘플링의 CPU 시간", "the sampler's CPU time"), Unit::Share, &self.sampling),
            measure("samples", text!("샘플", "samples"), Unit::Count, &self.samples),
            measure("per_sample", text!("샘플 하나의 CPU 시간", "CPU time of a sample"), Unit::Ns, &self.per_sample),
        ]
    }
}

fn with_interval(samples: &[f64]) -> Text {
    let shown = |value: f64| unit::value(value, Unit::Share);
    Text::same(match (stats::median(samples), stats::median_interval(samples)) {
        (Some(median), Some((low, high))) => format!("{} ({:.1}–{:.1})", shown(median), low * 100.0, high * 100.0),
        _ => "–".into(),
    })
}

fn median(samples: &[f64], of: Unit) -> Text {
    Text::same(stats::median(samples).map_or("–".into(), |median| unit::value(median, of)))
}

fn table(python: &Interpreter, rows: &[(Program, Costs)]) -> Table {
    let row = |(program, costs): &(Program, Costs)| {
        vec![
            Text { ko: program.ko.into(), en: program.en.into() },
            median(&costs.wall, Unit::Ns),
            with_interval(&costs.more_wall),
            with_interval(&costs.more_cpu),
            with_interval(&costs.sampling),
            median(&costs.per_sample, Unit::Ns),
        ]
    };
    Table {
        title: text!("{python}: 지켜보면 늘어나는 시간", "{python}: what watching adds"),
        head: vec![
            text!("프로그램", "program"),
            text!("그냥 실행", "unwatched"),
            text!("벽시계", "wall time"),
            text!("CPU 시간", "CPU time"),
            text!("샘플링의 CPU", "sampler's CPU"),
            text!("샘플 하나", "one sample"),
        ],
        rows: rows.iter().map(row).collect(),
    }
}

fn summary(all: &[Costs]) -> Text {
    let worst = |of: fn(&Costs) -> &[f64]| {
        let medians = all.iter().filter_map(|costs| stats::median(of(costs)));
        unit::value(medians.fold(f64::NEG_INFINITY, f64::max), Unit::Share)
    };
    let (wall, cpu, sampling) =
        (worst(|costs| &costs.more_wall), worst(|costs| &costs.more_cpu), worst(|costs| &costs.sampling));
    if all.is_empty() {
        return text!("측정하지 못했습니다.", "Nothing could be measured.");
    }
    text!(
        "지켜본 프로그램은 벽시계로 많아야 {wall}, CPU 시간으로 많아야 {cpu} 더 걸렸습니다(프로그램별 중앙값). 샘플링은 코어 하나의 {sampling}까지 썼습니다.",
        "A watched program took at most {wall} more wall time and {cpu} more CPU time (medians by program). The sampler used up to {sampling} of one core."
    )
}
