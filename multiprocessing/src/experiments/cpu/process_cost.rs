//! What a process costs beyond a thread: starting it, and messages (IPC).
//!
//! Both peers echo a message. To a thread it is passed through a channel: only a
//! pointer moves. To a process its bytes are copied into a pipe and out of it, twice.
//!
//! Article: 멀티프로세싱, 특징. Run: `cargo run -p multiprocessing -- cpu`. Python twin: `python/cpu_process_cost.py`.

use std::io;
use std::thread;
use std::time::Instant;

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::{Result, text, twin_script};

use crate::echo::{Echo, channel, lost};

const CLAIM: &str = "processes-cost";

const SMALL: usize = 16;
const LARGE: usize = 1 << 20;

/// Starts, short messages and long messages, process and thread in turn.
pub fn measure() -> Result<Vec<Measure>> {
    let mut measures = Vec::new();
    let life = text!("시작에서 끝까지", "from start to end");
    measures.extend(compare("start", life, 100, a_process, a_thread)?);
    for (id, size, rounds, name) in [
        ("ipc.small", SMALL, 500, text!("16바이트 왕복", "16 bytes there and back")),
        ("ipc.large", LARGE, 50, text!("1 MiB 왕복", "1 MiB there and back")),
    ] {
        let mut process = Echo::start(size).map_err(lost)?;
        let channel = channel()?;
        let (message, mut answer) = (vec![7; size], vec![0; size]);
        let mut letter = message.clone();
        let by_pipe = || process.there_and_back(&message, &mut answer);
        let by_channel = || channel.there_and_back(&mut letter);
        measures.extend(compare(id, name, rounds, by_pipe, by_channel)?);
        process.end().map_err(lost)?;
    }
    Ok(measures)
}

/// The time of each of the two, in turn.
fn compare(
    id: &str,
    name: Text,
    rounds: usize,
    mut process: impl FnMut() -> io::Result<()>,
    mut thread: impl FnMut() -> io::Result<()>,
) -> Result<[Measure; 2]> {
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        samples[0].push(time(&mut process).map_err(lost)?);
        samples[1].push(time(&mut thread).map_err(lost)?);
    }
    let [process, thread] = samples;
    let name = |who: Text| Text { ko: format!("{}, {}", who.ko, name.ko), en: format!("{}, {}", who.en, name.en) };
    Ok([
        Measure::new(format!("{id}.process"), name(text!("프로세스", "process")), Unit::Ns, process),
        Measure::new(format!("{id}.thread"), name(text!("스레드", "thread")), Unit::Ns, thread),
    ])
}

fn time(work: &mut impl FnMut() -> io::Result<()>) -> io::Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_nanos() as f64)
}

/// A whole life cycle: start, first byte of the answer, wait.
fn a_process() -> io::Result<()> {
    let mut echo = Echo::start(1)?;
    echo.there_and_back(&[7], &mut [0])?;
    echo.end()
}

fn a_thread() -> io::Result<()> {
    let thread = thread::Builder::new().spawn(|| 7)?;
    thread.join().map(drop).map_err(|_| io::Error::other("panic"))
}

/// Whether processes cost more, by the medians of a report that has our measures. A short message is evidence, not a criterion:
/// both ways end in waking somebody up, and which is quicker depends on the system.
pub fn judge(on: &str, report: &Report) -> Verdict {
    let ratio = |id: &str| {
        let median = |who| report.measure(&format!("{id}.{who}")).map(Measure::median);
        Some(median("process")? / median("thread")?)
    };
    let (Some(start), Some(small), Some(large)) = (ratio("start"), ratio("ipc.small"), ratio("ipc.large")) else {
        return Verdict::not_measured(CLAIM, on, text!("측정값이 없습니다", "no measurement"));
    };
    let evidence = text!(
        "스레드에 견주어 시작 {start:.1}배, 1 MiB 왕복 {large:.1}배, 16바이트 왕복 {small:.1}배",
        "against a thread: start {start:.1}×, 1 MiB there and back {large:.1}×, 16 bytes {small:.1}×"
    );
    Verdict::seen(CLAIM, on, start > 1.0 && large > 1.0, evidence)
}

/// The same on CPython.
pub fn join_twin(report: &mut Report, pythons: &[Interpreter]) {
    python::join(report, pythons, twin_script!("cpu_process_cost"), &[], &[CLAIM], |python, twin| {
        vec![judge(&python.to_string(), twin)]
    });
}

/// The median of a measure for a sentence: "1.25 ms".
pub fn median(report: &Report, id: &str) -> String {
    unit::duration(report.measure(id).map_or(f64::NAN, Measure::median))
}
