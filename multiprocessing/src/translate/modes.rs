//! The four modes of translating a list of sentences. Each runs in a process of its own, so that memory and start-up are measured
//! without leftovers of another mode.

use std::path::Path;
use std::process;
use std::sync::OnceLock;

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, Trace};
use lab::{Error, Result, clock, terminal, text};

use super::memory;
use super::sentences;
use super::translator::{FOLDER, Translator};
use super::weights::Loading;
use crate::pool_errors::{self, Bilingual};
use crate::work_queue::{self, QueueResults, Timed};
use process_pool::{Failure, Pool, task};

/// The modes, in the order in which they are shown.
pub const MODES: [&str; 4] = ["sequence", "threads", "copies", "mapped"];

/// The child command of a process that translates in one mode.
pub const PROCESS_TRANSLATE: &str = "process-translate";

/// A mode by its index in [`MODES`], as a word on the command line.
#[derive(Clone, Copy, PartialEq)]
struct Mode(usize);

impl Choice for Mode {
    const WORDS: &'static [(&'static str, Mode)] =
        &[(MODES[0], Mode(0)), (MODES[1], Mode(1)), (MODES[2], Mode(2)), (MODES[3], Mode(3))];
}

/// A process that translates in one mode and prints a report.
pub fn child() -> Experiment {
    let mut options = Options::new();
    let mode = options.choice("mode", Mode(0), Text::default());
    let file = options.word("file", Text::default());
    let workers = options.size("workers", 1..=64, 1, Text::default());
    Experiment::child(PROCESS_TRANSLATE, options, move |args| {
        let sentences = sentences::read(&sentences::path_from_json(&args.get(file).unwrap_or_default())?)?;
        terminal::print(&run(args.get(mode).word(), &sentences, args.get(workers))?.to_json());
        Ok(())
    })
}

/// A worker's answer for a sentence: its translation, or why the model cannot be opened.
type Answer = Timed<Result<String, Text>>;

task! {
    /// Translates a sentence in a process that has a copy of the weights.
    pub static COPIED: fn(String) -> Answer = |sentence| {
        static OWN: OnceLock<Result<Translator>> = OnceLock::new();
        answer(&OWN, Loading::Copied, &sentence)
    };
    /// Translates a sentence in a process that has mapped the weights.
    pub static MAPPED: fn(String) -> Answer = |sentence| {
        static OWN: OnceLock<Result<Translator>> = OnceLock::new();
        answer(&OWN, Loading::Mapped, &sentence)
    };
}

/// The first sentence makes a worker load the model; that time is not part of the answer's.
fn answer(own: &OnceLock<Result<Translator>>, loading: Loading, sentence: &str) -> Answer {
    match own.get_or_init(|| Translator::open(Path::new(FOLDER), loading)) {
        Ok(translator) => Timed::of(|| Ok(translator.translate(sentence))),
        Err(e) => Timed::of(|| Err(e.text().clone())),
    }
}

/// Translates all sentences in one mode. The lines of the report are the translations.
pub fn run(mode: &str, sentences: &[String], workers: usize) -> Result<Report> {
    let start = clock::now();
    let mut report = match mode {
        "sequence" | "threads" => in_this_process(mode, sentences, workers)?,
        _ => on_the_pool(mode, sentences, workers)?,
    };
    let lanes = &report.traces[0].lanes;
    let wall = report.traces[0].end().saturating_sub(start).max(1) as f64;
    let begun = lanes.iter().filter_map(|lane| Some(lane.spans.first()?.start)).max().unwrap_or(start);
    let mut measure = |what: &str, name: Text, unit, value: f64| {
        report.measures.push(Measure::new(format!("{what}.{mode}"), name, unit, vec![value]));
    };
    let per_second = sentences.len() as f64 / (wall / 1e9);
    measure("speed", text!("초당 문장 수", "sentences per second"), Unit::Count, per_second);
    measure("start", text!("시작", "start-up"), Unit::Ns, begun.saturating_sub(start) as f64);
    Ok(report)
}

/// One copy of the weights, for one thread or for all.
fn in_this_process(mode: &str, sentences: &[String], workers: usize) -> Result<Report> {
    let translator = Translator::open(Path::new(FOLDER), Loading::Copied)?;
    let translate = |sentence: &String| translator.translate(sentence);
    let done = match mode {
        "sequence" => work_queue::in_sequence(sentences, translate),
        _ => work_queue::in_threads(sentences, workers, translate)?,
    };
    let memory = memory::total_pss(&[process::id()]);
    Ok(report(mode, done.results, done.lanes, memory))
}

fn on_the_pool(mode: &str, sentences: &[String], workers: usize) -> Result<Report> {
    let pool = Pool::builder().workers(workers).build().map_err(pool_errors::failed)?;
    let task = if mode == "copies" { &COPIED } else { &MAPPED };
    let QueueResults { results, lanes } = work_queue::in_processes(&pool, task, sentences, || ());
    let mut all = pool.workers();
    all.push(process::id());
    let memory = memory::total_pss(&all);
    let translations: Result<Vec<String>, Text> = results.into_iter().map(flatten).collect();
    Ok(report(mode, translations.map_err(Error::failed)?, lanes, memory))
}

fn flatten(result: Result<Result<String, Text>, Failure>) -> Result<String, Text> {
    result.map_err(|failure| failure.text()).flatten()
}

fn report(mode: &str, translations: Vec<String>, lanes: Vec<Lane>, memory: Option<u64>) -> Report {
    let mut report = Report::new("multiprocessing/translate");
    report.lines = translations;
    report.traces.push(Trace::new(Text::default(), lanes));
    if let Some(bytes) = memory {
        let name = text!("전체 메모리", "memory in all");
        report.measures.push(Measure::new(format!("memory.{mode}"), name, Unit::Bytes, vec![bytes as f64]));
    }
    report
}
