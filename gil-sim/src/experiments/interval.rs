//! The switch interval: a shorter one helps the I/O thread, and costs the one that computes.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- interval`. Python twin: `python/run_on_cpython.py`.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{Result, text};

use crate::SWITCH_INTERVAL;
use crate::convoy::real_threads::run_threads;
use crate::convoy::sources::{SourceFigures, Sources, rust_speed};
use crate::convoy::workload::{Figures, Workload, ns};
use crate::options;
use crate::peer::Peer;

/// The switch intervals that are tried, in µs.
const INTERVALS: [u64; 5] = [100, 500, 1000, 5000, 20_000];

/// Each row measures at least this many switch intervals: some fifteen round trips of one interval each.
const SHOWN: u32 = 20;

/// Figures of one source: the I/O thread alone, and both threads at each interval.
struct Sweep {
    judge: Text,
    id: String,
    alone: Figures,
    each: Vec<WithCpuThread>,
}

/// Both threads, and the CPU-bound one's work as a share of what it did alone. That was measured just before, since a machine
/// that changes its speed would otherwise look like a gain or a loss.
struct WithCpuThread {
    seen: Figures,
    kept: f64,
}

/// `gil-sim interval`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let delay = options::delay(&mut options, 0.001);
    let seconds = options::seconds(&mut options, 0.2);
    Experiment::new(
        "interval",
        text!(
            "전환 간격: I/O 스레드의 이득과 CPU 스레드의 손실",
            "the switch interval: the I/O thread's gain, the CPU thread's loss"
        ),
        options,
        move |a| run(a.get(delay), a.get(seconds), a.pythons()),
    )
}

/// The peer takes `delay` to answer; each interval is measured for at least `lasting` by each source.
pub fn run(delay: Duration, lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("gil-sim/interval");
    let sources = Sources::prepare(pythons)?;
    let workloads = workloads(delay, lasting);
    let mut sweeps = in_rust(&sources, &workloads)?;
    let mut python: Vec<Vec<SourceFigures>> = Vec::new();
    for load in &workloads {
        let (all_figures, missing) = sources.cpython(load);
        report.notes.extend(missing.into_iter().filter(|why| !report.notes.contains(why)).collect::<Vec<_>>());
        python.push(all_figures);
    }
    sweeps.extend(sweeps_of(&python));
    report.measures = sweeps.iter().flat_map(measures).collect();
    report.verdicts = sweeps.iter().map(judge).collect();
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        report.verdicts.push(Verdict::not_measured(CLAIM, "CPython", why));
    }
    report.measures_in_tables = true;
    report.tables = sweeps.iter().map(table).collect();
    report.notes.extend(notes(delay, lasting, &sources));
    report.notes.extend(sources.other_libcs());
    report.shows = shows(&sweeps[0]);
    Ok(report)
}

/// The I/O thread alone; then at each interval the CPU-bound thread alone, for half the time, and both.
fn workloads(delay: Duration, lasting: Duration) -> Vec<Workload> {
    let io = Workload { cpu: 0, io: true, delay, interval: SWITCH_INTERVAL, lasting };
    let pair = |us| {
        let interval = Duration::from_micros(us);
        let both = Workload { cpu: 1, interval, lasting: lasting.max(SHOWN * interval), ..io };
        [Workload { io: false, lasting: both.lasting / 2, ..both }, both]
    };
    std::iter::once(io).chain(INTERVALS.into_iter().flat_map(pair)).collect()
}

fn in_rust(sources: &Sources, workloads: &[Workload]) -> Result<Vec<Sweep>> {
    let (mut rust, mut simulated, mut speed) = (Vec::new(), Vec::new(), None);
    for load in workloads {
        let peer = Peer::start(&Sources::program()?, load.delay)?;
        let real = run_threads(load, Some(peer.socket()), &AtomicU64::new(0))?;
        let speed = speed.get_or_insert_with(|| rust_speed(load, &real.calls));
        simulated.push(sources.simulate(load, speed).0);
        rust.push(SourceFigures { judge: Text::same("Rust + GIL"), id: "rust".to_owned(), seen: real.seen });
    }
    Ok([rust, simulated].into_iter().filter_map(sweep).collect())
}

/// One sweep for each source that ran every workload.
fn sweeps_of(by_load: &[Vec<SourceFigures>]) -> Vec<Sweep> {
    let first = by_load.first().map_or(&[][..], Vec::as_slice);
    let of = |id: &str| {
        by_load.iter().map(|all| all.iter().find(|source| source.id == id).cloned()).collect::<Option<Vec<_>>>()
    };
    first.iter().filter_map(|source| sweep(of(&source.id)?)).collect()
}

fn sweep(all_figures: Vec<SourceFigures>) -> Option<Sweep> {
    let SourceFigures { judge, id, .. } = all_figures.first()?.clone();
    let mut seen = all_figures.into_iter().map(|source| source.seen);
    let alone = seen.next()?;
    let mut each = Vec::new();
    while let (Some(cpu_alone), Some(seen)) = (seen.next(), seen.next()) {
        each.push(WithCpuThread { kept: seen.work / cpu_alone.work, seen });
    }
    Some(Sweep { judge, id, alone, each })
}

/// The claim's id in the ledger.
const CLAIM: &str = "io-thread-waits-for-gil";

/// The verdict by the round trips at the shortest and at the longest interval, which is 200 times as long.
fn judge(sweep: &Sweep) -> Verdict {
    let trips = |beside: Option<&WithCpuThread>| beside.map(|beside| beside.seen.trips);
    let (Some(short), Some(long)) = (trips(sweep.each.first()), trips(sweep.each.last())) else {
        return Verdict::not_measured(CLAIM, &sweep.judge, text!("측정값이 없습니다", "no measurement"));
    };
    let [first, last] = [INTERVALS[0], INTERVALS[INTERVALS.len() - 1]].map(human);
    let evidence = text!(
        "초당 왕복: 전환 간격 {first}에서 {short:.1}번, {last}에서 {long:.1}번",
        "round trips a second: {short:.1} at an interval of {first}, {long:.1} at {last}"
    );
    Verdict::seen(CLAIM, &sweep.judge, long < short, evidence)
}

fn human(us: u64) -> String {
    unit::duration(us as f64 * 1e3)
}

fn table(sweep: &Sweep) -> Table {
    let judge = &sweep.judge;
    let dash = || Text::same("–");
    let row = |name: Text, seen: &Figures, kept: Text| {
        let trips = if seen.latencies.is_empty() { dash() } else { Text::same(format!("{:.1}", seen.trips)) };
        let longest = seen.trip(1.0).map_or_else(dash, |ns| Text::same(unit::duration(ns)));
        let switches = seen.switches.map_or_else(dash, |n| Text::same(format!("{n:.0}")));
        vec![name, trips, longest, switches, kept]
    };
    let alone = text!("I/O 스레드만", "the I/O thread alone");
    let mut rows = vec![row(alone, &Figures { switches: None, ..sweep.alone.clone() }, dash())];
    rows.extend(INTERVALS.iter().zip(&sweep.each).map(|(us, WithCpuThread { seen, kept })| {
        row(Text::same(human(*us)), seen, Text::same(unit::value(*kept, Unit::Share)))
    }));
    let (ko, en) = (&judge.ko, &judge.en);
    Table {
        title: text!("{ko}: I/O 스레드 하나와 CPU 스레드 하나", "{en}: one I/O thread and one CPU thread"),
        head: vec![
            text!("전환 간격", "switch interval"),
            text!("초당 왕복", "trips/s"),
            text!("가장 긴 왕복", "longest trip"),
            text!("초당 전환", "switches/s"),
            text!("CPU 스레드의 작업량", "CPU thread's work"),
        ],
        rows,
    }
}

fn measures(sweep: &Sweep) -> Vec<Measure> {
    let (Text { ko, en }, id) = (&sweep.judge, &sweep.id);
    let mut all = vec![Measure::new(
        format!("trips.{id}.alone"),
        text!("{ko}, I/O 스레드만: 초당 왕복", "{en}, alone: round trips/s"),
        Unit::Count,
        vec![sweep.alone.trips],
    )];
    for (us, WithCpuThread { seen, kept }) in INTERVALS.iter().zip(&sweep.each) {
        let interval = human(*us);
        let mut add = |what: &str, name: Text, unit, value| {
            all.push(Measure::new(format!("{what}.{id}.{us}us"), name, unit, vec![value]));
        };
        let trips = text!("{ko}, {interval}: 초당 왕복", "{en}, {interval}: round trips/s");
        add("trips", trips, Unit::Count, seen.trips);
        let work = text!("{ko}, {interval}: CPU 스레드의 작업량", "{en}, {interval}: the CPU thread's work");
        add("work", work, Unit::Share, *kept);
        if let Some(switches) = seen.switches {
            add(
                "switches",
                text!("{ko}, {interval}: 초당 전환", "{en}, {interval}: switches/s"),
                Unit::Count,
                switches,
            );
        }
    }
    all
}

fn notes(delay: Duration, lasting: Duration, sources: &Sources) -> Vec<Text> {
    let (delay, lasting) = (unit::duration(ns(delay) as f64), unit::duration(ns(lasting) as f64));
    vec![
        text!(
            "왕복 한 번은 다른 프로세스에 8바이트를 보내고 {delay} 뒤에 오는 응답을 받는 것입니다. 행마다 {lasting} 동안, 적어도 전환 간격의 {SHOWN}배 동안 측정했습니다. CPU 스레드의 작업량은 바로 전에 혼자 실행했을 때와 비교한 값이며, 100 %를 넘으면 그사이 컴퓨터의 속도가 변한 것입니다. CPython은 전환 횟수를 알려 주지 않습니다.",
            "A round trip sends 8 bytes to another process and receives its answer {delay} later; {lasting} for each row, {SHOWN} switch intervals at least. The CPU thread's work is compared with what it did alone just before; above 100 % the machine has changed its speed. CPython does not report how often it switched."
        ),
        sources.note(),
    ]
}

fn shows(rust: &Sweep) -> Text {
    let (Some(short), Some(long)) = (rust.each.first(), rust.each.last()) else { return Text::default() };
    let (first, last) = (human(INTERVALS[0]), human(INTERVALS[INTERVALS.len() - 1]));
    let trips = |beside: &WithCpuThread| format!("{:.0}", beside.seen.trips);
    let switches = |beside: &WithCpuThread| format!("{:.0}", beside.seen.switches.unwrap_or(f64::NAN));
    let kept = |beside: &WithCpuThread| unit::value(beside.kept, Unit::Share);
    let (t_short, s_short, k_short) = (trips(short), switches(short), kept(short));
    let (t_long, s_long, k_long) = (trips(long), switches(long), kept(long));
    text!(
        "전환 간격에는 트레이드오프가 있습니다. {last}에서는 초당 왕복 {t_long}번, 초당 전환 {s_long}번이고 CPU 스레드의 작업량은 혼자 실행할 때의 {k_long}입니다. {first}에서는 각각 {t_short}번, {s_short}번, {k_short}입니다.",
        "The switch interval is a trade-off: at {last} there are {t_long} round trips and {s_long} switches a second, and the CPU thread does {k_long} of what it does alone; at {first} it is {t_short}, {s_short} and {k_short}."
    )
}
