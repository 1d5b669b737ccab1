//! How much more a process costs than a thread: starting it, and exchanging messages with it (IPC).
//!
//! Both peers receive a message and return it. A channel to a thread moves only a pointer. A pipe to a process copies the bytes in
//! and out, each way.
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

use crate::echo::{EchoProcess, EchoThread, cannot_measure};

const CLAIM: &str = "processes-cost";

const SMALL: usize = 16;
const LARGE: usize = 1 << 20;

/// Starting, short messages and long messages; process and thread are measured in turn.
pub fn measure() -> Result<Vec<Measure>> {
    let mut measures = Vec::new();
    let life = text!("시작에서 끝까지", "from start to end");
    measures.extend(compare("start", life, 100, process_life, thread_life)?);
    for (id, size, rounds, name) in [
        ("ipc.small", SMALL, 500, text!("16바이트 왕복", "16-byte round trip")),
        ("ipc.large", LARGE, 50, text!("1 MiB 왕복", "1 MiB round trip")),
    ] {
        let mut process = EchoProcess::start(size).map_err(cannot_measure)?;
        let thread = EchoThread::start()?;
        let (message, mut answer) = (vec![7; size], vec![0; size]);
        let mut buffer = message.clone();
        let by_pipe = || process.round_trip(&message, &mut answer);
        let by_channel = || thread.round_trip(&mut buffer);
        measures.extend(compare(id, name, rounds, by_pipe, by_channel)?);
        process.end().map_err(cannot_measure)?;
    }
    Ok(measures)
}

/// Measures process and thread in turn.
fn compare(
    id: &str,
    name: Text,
    rounds: usize,
    mut process: impl FnMut() -> io::Result<()>,
    mut thread: impl FnMut() -> io::Result<()>,
) -> Result<[Measure; 2]> {
    let mut samples = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        samples[0].push(time(&mut process).map_err(cannot_measure)?);
        samples[1].push(time(&mut thread).map_err(cannot_measure)?);
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

/// From start to end: a process starts, answers with one byte, and is waited for.
fn process_life() -> io::Result<()> {
    let mut echo = EchoProcess::start(1)?;
    echo.round_trip(&[7], &mut [0])?;
    echo.end()
}

fn thread_life() -> io::Result<()> {
    let thread = thread::Builder::new().spawn(|| 7)?;
    thread.join().map(drop).map_err(|_| io::Error::other("panic"))
}

/// Whether processes cost more, by the fastest of all rounds: on a busy machine the others show how long it took until a peer got
/// a core, not what it costs. A short message is evidence, not a criterion: its cost is that of waking the peer, and whether a thread
/// or a process wakes faster depends on the system.
pub fn judge(on: &str, report: &Report) -> Verdict {
    let ratio = |id: &str| {
        let fastest = |who| report.measure(&format!("{id}.{who}")).map(Measure::least);
        Some(fastest("process")? / fastest("thread")?)
    };
    let (Some(start), Some(small), Some(large)) = (ratio("start"), ratio("ipc.small"), ratio("ipc.large")) else {
        return Verdict::not_measured(CLAIM, on, text!("측정값이 없습니다", "no measurement"));
    };
    let evidence = text!(
        "스레드와 비교해 가장 빠른 회차에서 시작 {start:.1}배, 1 MiB 왕복 {large:.1}배, 16바이트 왕복 {small:.1}배",
        "compared with a thread, fastest rounds: start {start:.1}×, 1 MiB round trip {large:.1}×, 16-byte round trip {small:.1}×"
    );
    Verdict::seen(CLAIM, on, start > 1.0 && large > 1.0, evidence)
}

pub fn join_twin(report: &mut Report, pythons: &[Interpreter]) {
    python::join(report, pythons, twin_script!("cpu_process_cost"), &[], &[CLAIM], |python, twin| {
        vec![judge(&python.to_string(), twin)]
    });
}

/// The median of a measure for a sentence: "1.25 ms".
pub fn median(report: &Report, id: &str) -> String {
    unit::duration(report.measure(id).map_or(f64::NAN, Measure::median))
}

#[cfg(test)]
mod tests {
    use lab::claims::Outcome;

    use super::*;

    /// Two busy loops beside the program: in most rounds a peer waited for a core, and the medians say the opposite.
    #[test]
    fn rounds_in_which_a_peer_waited_for_a_core_do_not_decide() {
        let report = |process: &[f64], thread: &[f64]| {
            let mut report = Report::new("test");
            for id in ["start", "ipc.small", "ipc.large"] {
                for (who, samples) in [("process", process), ("thread", thread)] {
                    report.measures.push(Measure::new(
                        format!("{id}.{who}"),
                        Text::same(id.to_owned()),
                        Unit::Ns,
                        samples.to_vec(),
                    ));
                }
            }
            report
        };
        let busy = report(&[90.0, 100.0, 110.0], &[2.0, 4000.0, 4000.0]);
        assert!(matches!(judge("Rust", &busy).outcome, Outcome::Holds));
        let equal = report(&[90.0, 100.0, 110.0], &[90.0, 100.0, 110.0]);
        assert!(matches!(judge("Rust", &equal).outcome, Outcome::DoesNotHold));
    }
}
