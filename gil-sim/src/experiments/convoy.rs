//! The convoy: no CPU-bound thread beside the I/O thread, one, two; on real threads, in the simulator, on CPython.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- convoy`. Python twin: `python/run_on_cpython.py`.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::{Result, text};

use crate::convoy::real_threads::run_threads;
use crate::convoy::sources::{SourceFigures, Sources, rust_speed};
use crate::convoy::workload::{self, Figures, Workload, window};
use crate::options;
use crate::peer::Peer;
use crate::sampling;

/// CPU-bound threads beside the I/O thread: none, one, two.
const BESIDE: [usize; 3] = [0, 1, 2];
/// The place of the load that is drawn: one CPU-bound thread.
const JUDGED: usize = 1;
/// The part that is drawn, in switch intervals: its start, when all threads have begun, and its length.
const DRAWN: (u64, u64) = (2, 8);
/// More samples than this are thinned out in `--json`.
const SAMPLES: usize = 2000;

/// Figures of one source for one number of CPU-bound threads.
struct Row {
    cpu: usize,
    source: SourceFigures,
}

/// `gil-sim convoy`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let delay = options::delay(&mut options, 0.001);
    let interval = options::interval(&mut options, 0.005);
    let seconds = options::seconds(&mut options, 0.5);
    Experiment::new(
        "convoy",
        text!(
            "I/O 스레드 하나와 CPU 바운드 스레드들: 호위 효과(convoy effect)",
            "an I/O thread and CPU-bound threads: the convoy effect"
        ),
        options,
        move |a| run(a.get(delay), a.get(interval), a.get(seconds), a.pythons()),
    )
}

/// The peer takes `delay` to answer; each number of threads is measured for `lasting` by each source.
pub fn run(delay: Duration, interval: Duration, lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("gil-sim/convoy");
    let sources = Sources::prepare(pythons)?;
    let workloads = BESIDE.map(|cpu| Workload { cpu, io: true, delay, interval, lasting });
    let (mut rows, traces) = in_rust(&mut report, &sources, &workloads)?;
    // With a very short interval the drawing would not hold even one answer of the peer.
    let drawn = workload::ns(interval.max(delay));
    let drawn = |trace: &Trace| window(trace, DRAWN.0 * drawn, DRAWN.1 * drawn);
    report.traces = traces.iter().map(drawn).collect();
    for load in &workloads {
        let (all_figures, missing) = sources.cpython(load);
        rows.extend(all_figures.into_iter().map(|source| Row { cpu: load.cpu, source }));
        report.notes.extend(missing.into_iter().filter(|why| !report.notes.contains(why)).collect::<Vec<_>>());
    }
    // By source in the order of their first rows, then by the number of threads.
    let order: Vec<String> = rows.iter().map(|row| row.source.id.clone()).collect();
    rows.sort_by_key(|row| order.iter().position(|id| *id == row.source.id));
    report.measures = rows.iter().flat_map(measures).collect();
    report.measures_in_tables = true;
    report.tables = vec![table(&rows, interval)];
    let named: Vec<(Text, Trace)> = [Text::same("Rust + GIL"), Text::same("gil-sim")].into_iter().zip(traces).collect();
    sampling::comparison::join(&mut report, &named, sources.watch(&workloads[JUDGED]), drawn);
    report.notes.extend(notes(delay, lasting, &sources));
    report.notes.extend(sources.other_libcs());
    report.shows = shows(&rows, interval);
    Ok(report)
}

/// Real threads, then the simulator; and the lanes of both for the load that is drawn.
fn in_rust(report: &mut Report, sources: &Sources, workloads: &[Workload]) -> Result<(Vec<Row>, Vec<Trace>)> {
    let (mut rows, mut drawn) = (Vec::new(), Vec::new());
    let mut speed = None;
    for load in workloads {
        let peer = Peer::start(&Sources::program()?, load.delay)?;
        let real = run_threads(load, Some(peer.socket()), &AtomicU64::new(0))?;
        let speed = speed.get_or_insert_with(|| rust_speed(load, &real.calls));
        let (simulated, trace) = sources.simulate(load, speed);
        let traces = [
            Trace { title: text!("Rust + GIL, 실제 스레드", "Rust + GIL, real threads"), ..real.trace },
            Trace { title: text!("시뮬레이터, 같은 스레드", "the simulator, the same threads"), ..trace },
        ];
        if load.cpu == BESIDE[JUDGED] {
            let judged = ["Rust + GIL", "gil-sim"].iter().zip(&traces);
            report.verdicts.extend(judged.map(|(on, trace)| one_at_a_time(on, trace)));
            drawn = traces.into();
        }
        let real = SourceFigures { judge: Text::same("Rust + GIL"), id: "rust".to_owned(), seen: real.seen };
        rows.extend([real, simulated].map(|source| Row { cpu: load.cpu, source }));
    }
    Ok((rows, drawn))
}

fn one_at_a_time(on: &str, trace: &Trace) -> Verdict {
    let peak = trace.peak_in_flight(&[State::Running]);
    let evidence = text!("동시에 실행된 스레드 최대 {peak}개", "at most {peak} running at once");
    Verdict::seen("gil-one-thread-at-a-time", on, peak <= 1, evidence)
}

fn measures(Row { cpu, source }: &Row) -> Vec<Measure> {
    let (Text { ko, en }, id, seen) = (&source.judge, &source.id, &source.seen);
    let thin = |all: &[f64]| all.iter().step_by(all.len() / SAMPLES + 1).copied().collect::<Vec<f64>>();
    let all = [
        (
            "trips",
            text!("{ko}, CPU 스레드 {cpu}개: 초당 왕복", "{en}, CPU threads {cpu}: round trips/s"),
            Unit::Count,
            vec![seen.trips],
        ),
        (
            "trip",
            text!("{ko}, CPU 스레드 {cpu}개: 왕복", "{en}, CPU threads {cpu}: a round trip"),
            Unit::Ns,
            thin(&seen.latencies),
        ),
        ("send", text!("{ko}, CPU 스레드 {cpu}개: send", "{en}, CPU threads {cpu}: send"), Unit::Ns, thin(&seen.sends)),
    ];
    let named = all.into_iter().filter(|(.., samples)| !samples.is_empty());
    named.map(|(what, name, unit, samples)| Measure::new(format!("{what}.{id}.{cpu}"), name, unit, samples)).collect()
}

fn table(rows: &[Row], interval: Duration) -> Table {
    let human = |ns: Option<f64>| Text::same(ns.map_or_else(|| "–".to_owned(), unit::duration));
    let share = |part: Option<f64>| Text::same(part.map_or_else(|| "–".to_owned(), |p| unit::value(p, Unit::Share)));
    let cells = rows.iter().map(|Row { cpu, source }| {
        let seen = &source.seen;
        vec![
            source.judge.clone(),
            Text::same(cpu.to_string()),
            Text::same(format!("{:.1}", seen.trips)),
            human(seen.trip(0.5)),
            human(seen.trip(0.99)),
            share(seen.slow_sends(interval)),
        ]
    });
    Table {
        title: text!("I/O 스레드의 왕복", "The I/O thread's round trips"),
        head: vec![
            text!("대상", "runs on"),
            text!("CPU 스레드", "CPU threads"),
            text!("초당 왕복", "trips/s"),
            text!("중앙값", "median"),
            Text::same("p99"),
            text!("느린 send", "slow sends"),
        ],
        rows: cells.collect(),
    }
}

fn notes(delay: Duration, lasting: Duration, sources: &Sources) -> Vec<Text> {
    let (delay, lasting) = (unit::duration(workload::ns(delay) as f64), unit::duration(workload::ns(lasting) as f64));
    vec![
        text!(
            "왕복 한 번은 다른 프로세스에 8바이트를 보내고(send) {delay} 뒤에 오는 응답을 받는(recv) 것입니다. 행마다 {lasting} 동안 측정했습니다. CPU 스레드는 그동안 쉬지 않고 계산합니다.",
            "A round trip sends 8 bytes to another process (send) and receives its answer {delay} later (recv); {lasting} for each row. The CPU threads compute all the time."
        ),
        text!(
            "느린 send는 GIL을 다시 획득하는 데 전환 간격 이상 걸린 send의 비율입니다. 파이썬에서는 왕복 시간만 측정했습니다. GIL 요청(▒)은 락 밖에서 볼 수 없어 시뮬레이터의 그림에만 있습니다.",
            "Slow sends: the share of sends that got the GIL back only after a switch interval or more. In Python only whole round trips were timed. That a thread has asked (▒) cannot be seen from outside the lock; only the simulator shows it."
        ),
        sources.note(),
    ]
}

fn shows(rows: &[Row], interval: Duration) -> Text {
    let of = |id: &str, cpu| rows.iter().find(|row| row.source.id == id && row.cpu == cpu).map(|row| &row.source.seen);
    let rust = |cpu, part: fn(&Figures) -> Option<f64>| of("rust", cpu).and_then(part).unwrap_or(f64::NAN);
    let send = |cpu| unit::duration(rust(cpu, Figures::mean_send));
    let (alone, beside) = (send(0), send(1));
    let trips = |cpu| rust(cpu, |seen| Some(seen.trips));
    let (before, after) = (format!("{:.0}", trips(0)), format!("{:.0}", trips(1)));
    let slow = of("rust", 1).and_then(|seen| seen.slow_sends(interval)).unwrap_or(f64::NAN);
    let (slow, interval) = (unit::value(slow, Unit::Share), unit::duration(workload::ns(interval) as f64));
    text!(
        "블로킹되지 않는 send도 GIL을 해제합니다. send 한 번에 걸린 시간은 I/O 스레드만 있으면 평균 {alone}, CPU 바운드 스레드가 하나 있으면 {beside}입니다. 후자의 send 가운데 {slow}는 GIL을 다시 획득하는 데 전환 간격({interval}) 이상 걸렸고, 왕복은 초당 {before}번에서 {after}번이 되었습니다.",
        "Even a send that never blocks releases the GIL. Alone it takes {alone} on average, beside one CPU-bound thread {beside}: {slow} of these sends got the GIL back only after a switch interval ({interval}) or more, and round trips went from {before} to {after} a second."
    )
}
