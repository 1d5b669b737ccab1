//! Native code: whether two threads of it run together is decided by one question, whether it lets go of the GIL.
//!
//! Article: 요약, "C 확장 라이브러리". Run: `cargo run -p gil-sim -- native`. Python twin: `python/native.py`.

use std::thread;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::{self, CoresUsed};
use lab::lang::Text;
use lab::machine::Watch;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use lab::{Error, Result, clock, text, twin_script};

use crate::convoy::workload::{ns, window};
use crate::sim::{self, Group, Kind, Machine, Setup, Speed, Step};
use crate::{Gil, SWITCH_INTERVAL, ThreadId, loops};
use crate::{interpreters, options};

/// Threads in each case.
const THREADS: usize = 2;
/// Iterations of the loop in one call of native code: some ten milliseconds.
const CALL: u64 = 10_000_000;
/// Iterations between two calls, with the GIL held: the Python around them.
const BETWEEN: u64 = 50_000;
/// How much is drawn, in ns.
const DRAWN: u64 = 100_000_000;
/// The claim that native code is the way out. It is said of what can be, so each case has a verdict of its own.
const PARALLEL: &str = "native-code-parallel";

/// What the twin calls: its name in measurements, the call, and whether its documentation says that it lets go of the GIL.
const CALLS: [(&str, &str, bool); 4] = [
    ("zlib", "zlib.compress, 2 MiB", true),
    ("sha256_large", "hashlib.sha256, 2 MiB", true),
    ("sha256_small", "hashlib.sha256, 1 KiB", false),
    ("sum", "sum(range(1000000))", false),
];

/// One case: who ran what, and how many cores were busy.
struct Case {
    on: Text,
    what: Text,
    lets_go: bool,
    cores: Option<f64>,
}

/// `gil-sim native`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let seconds = options::seconds(&mut options, 0.4);
    Experiment::new(
        "native",
        text!("GIL을 놓는 네이티브 코드와 쥔 네이티브 코드", "native code that lets go of the GIL, and that keeps it"),
        options,
        move |a| run(a.get(seconds), a.pythons()),
    )
}

/// Two threads call native code for so long in each case.
pub fn run(lasting: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("gil-sim/native");
    let mut cases = Vec::new();
    for lets_go in [true, false] {
        let (trace, used) = CoresUsed::during(|| real(lets_go, lasting));
        let trace = trace?;
        report.verdicts.push(used.parallel(PARALLEL, on("Rust + GIL", lets_go)));
        report.traces.push(Trace { title: title("Rust + GIL", lets_go), ..window(&trace, 0, DRAWN) });
        let what = loop_in_native();
        cases.push(Case { on: Text::same("Rust + GIL"), what, lets_go, cores: used.cores });
    }
    for lets_go in [true, false] {
        let trace = simulated(lets_go);
        let cores = trace.mean_in_flight(State::Running) + trace.mean_in_flight(State::Native);
        // Virtual time: nobody else is there, and one core is one core.
        let holds = cores > cores_used::PARALLEL;
        report.verdicts.push(Verdict::seen(PARALLEL, on("gil-sim", lets_go), holds, cores_used::evidence(cores)));
        report.traces.push(Trace { title: title("simulator", lets_go), ..trace });
        let what = Text::same(unit::duration(SIMULATED as f64));
        cases.push(Case { on: text!("시뮬레이터", "simulator"), what, lets_go, cores: Some(cores) });
    }
    let args = [THREADS.to_string(), lasting.as_secs_f64().to_string()];
    let mut watch = Watch::start();
    python::join(&mut report, pythons, twin_script!("native"), &args, &[PARALLEL], |python, twin| {
        let foreign = watch.foreign();
        watch = Watch::start();
        cases.extend(CALLS.iter().map(|call| on_python(python, twin, call)));
        CALLS.iter().map(|(id, call, _)| verdict(python, twin, id, call, foreign)).collect()
    });
    report.measures.extend(cases.iter().take(4).zip(IDS).filter_map(|(case, id)| measure(case, id)));
    report.measures_in_tables = true;
    report.tables = vec![table(&cases)];
    report.notes.extend(notes(lasting));
    report.shows = shows(&cases);
    Ok(report)
}

/// The first four cases, in measurements.
const IDS: [&str; 4] = ["rust.lets_go", "rust.keeps", "simulator.lets_go", "simulator.keeps"];
/// A call of the simulated threads, in ns.
const SIMULATED: u64 = 10_000_000;

fn on(judge: &str, lets_go: bool) -> String {
    format!("{judge} ({})", if lets_go { "allow_threads" } else { "held" })
}

fn title(on: &str, lets_go: bool) -> Text {
    let on = match on {
        "simulator" => text!("시뮬레이터", "the simulator"),
        other => Text::same(other),
    };
    let (ko, en) = (on.ko, on.en);
    if lets_go {
        text!("{ko}: GIL을 놓는 네이티브 코드", "{en}: native code that lets go of the GIL")
    } else {
        text!("{ko}: GIL을 쥔 채 도는 네이티브 코드", "{en}: native code that keeps the GIL")
    }
}

fn loop_in_native() -> Text {
    let (ko, en) = (CALL / 10_000, CALL / 1_000_000);
    text!("루프 {ko}만 바퀴", "{en} million iterations of a loop")
}

/// Real threads that call native code again and again.
pub fn real(lets_go: bool, lasting: Duration) -> Result<Trace> {
    let (gil, recorder) = (Gil::new(SWITCH_INTERVAL), Recorder::new());
    let until = clock::now() + ns(lasting);
    thread::scope(|scope| {
        for i in 0..THREADS {
            let lane = recorder.lane(text!("스레드 {i}", "Thread {i}"));
            let (gil, me) = (&gil, ThreadId(i as u64 + 1));
            let thread = thread::Builder::new().spawn_scoped(scope, move || live(gil, me, lane, lets_go, until));
            thread.map_err(|e| Error::no_thread(&e))?;
        }
        Ok::<(), Error>(())
    })?;
    Ok(recorder.finish(Text::default()))
}

// ANCHOR: native
/// A thread of calls. Native code that keeps the lock is code that does not look at it.
fn live(gil: &Gil, me: ThreadId, mut lane: LaneRecorder, lets_go: bool, until: u64) {
    lane.enter(State::WaitingForLock);
    let mut held = gil.acquire(me);
    lane.enter(State::Running);
    while clock::now() < until {
        loops::count(BETWEEN);
        if lets_go {
            lane.enter(State::WaitingForLock);
            held.allow_threads(|| {
                lane.enter(State::Native);
                loops::count(CALL);
                lane.enter(State::WaitingForLock);
            });
            lane.enter(State::Running);
        } else {
            loops::count(CALL);
        }
        if held.wanted() {
            lane.enter(State::WaitingForLock);
            held.check();
            lane.enter(State::Running);
        }
    }
    lane.leave();
}
// ANCHOR_END: native

/// The same in the simulator, on nobody's machine.
pub fn simulated(lets_go: bool) -> Trace {
    let call = if lets_go { Step::Native(SIMULATED) } else { Step::NativeHeld(SIMULATED) };
    let name = text!("스레드", "Thread");
    let group = Group { name, count: THREADS, interpreter: 0, steps: vec![Step::Run(50_000), call], times: None };
    let setup = Setup {
        kind: Kind::Shared,
        interval: ns(SWITCH_INTERVAL),
        groups: vec![group],
        end: DRAWN,
        keep: u64::MAX,
        seed: 1,
    };
    sim::run(&setup, &Machine::typical(THREADS), &Speed::typical()).trace
}

fn cores(twin: &Report, id: &str) -> Option<f64> {
    twin.measure(&format!("cores.{id}")).map(Measure::median)
}

fn on_python(python: &Interpreter, twin: &Report, (id, call, lets_go): &(&str, &str, bool)) -> Case {
    Case { on: Text::same(python.to_string()), what: Text::same(*call), lets_go: *lets_go, cores: cores(twin, id) }
}

fn verdict(python: &Interpreter, twin: &Report, id: &str, call: &str, foreign: Option<f64>) -> Verdict {
    let on = format!("{python}, {call}");
    if let Some(why) = interpreters::why_no_gil(python) {
        // Without a GIL threads are parallel whatever they call: it would not be the native code's doing.
        return Verdict::not_measured(PARALLEL, on, why);
    }
    match (cores(twin, id), twin.measure(&format!("wall.{id}"))) {
        (cores @ Some(_), Some(wall)) => CoresUsed { cores, wall: wall.median(), foreign }.parallel(PARALLEL, on),
        _ => Verdict::not_measured(PARALLEL, on, text!("쌍둥이가 재지 않았습니다", "the twin did not measure it")),
    }
}

fn measure(case: &Case, id: &str) -> Option<Measure> {
    let (ko, en) = (&case.on.ko, &case.on.en);
    let name = if case.lets_go {
        text!("{ko}, GIL을 놓음: 쓴 코어", "{en}, lets go of the GIL: cores busy")
    } else {
        text!("{ko}, GIL을 쥠: 쓴 코어", "{en}, keeps the GIL: cores busy")
    };
    Some(Measure::new(format!("cores.{id}"), name, Unit::Times, vec![case.cores?]))
}

fn table(cases: &[Case]) -> Table {
    let gil = |lets_go| if lets_go { text!("놓음", "lets go") } else { text!("쥠", "keeps it") };
    let row = |case: &Case| {
        let cores = case.cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2}"));
        vec![case.on.clone(), case.what.clone(), gil(case.lets_go), Text::same(cores)]
    };
    Table {
        title: text!("스레드 둘이 쓴 코어", "Cores that two threads kept busy"),
        head: vec![
            text!("누가", "judge"),
            text!("한 번의 호출", "one call"),
            Text::same("GIL"),
            text!("쓴 코어", "cores"),
        ],
        rows: cases.iter().map(row).collect(),
    }
}

fn notes(lasting: Duration) -> Vec<Text> {
    let lasting = unit::duration(ns(lasting) as f64);
    vec![
        text!(
            "스레드 둘이 {lasting} 동안 네이티브 코드를 되풀이해 부릅니다. GIL을 쥔 네이티브 코드는 실행(█)으로 그립니다. 그동안 아무도 GIL을 얻지 못합니다.",
            "Two threads call native code again and again for {lasting}. Native code that keeps the GIL is drawn as running (█): nobody else gets the GIL meanwhile."
        ),
        text!(
            "hashlib은 2,048바이트부터 GIL을 놓습니다. OpenSSL 없이 빌드한 옛 파이썬의 sha256은 길이와 상관없이 놓지 않습니다. 표에서 CPython의 GIL 열은 문서대로 적은 것이니, 쓴 코어와 어긋나면 그런 빌드인지 보십시오.",
            "hashlib lets go from 2,048 bytes on; the sha256 of old Pythons built without OpenSSL never does. Of CPython the column GIL says what is documented: where the cores disagree, look for such a build."
        ),
        text!(
            "글은 C 확장으로 병렬성을 '확보 가능'하다고 합니다. 네이티브 코드라는 것만으로는 되지 않습니다. GIL을 놓는 호출에서는 맞고, 쥔 채 도는 호출에서는 맞지 않습니다.",
            "The article says that C extensions can give parallelism. To be native code is not enough: the claim holds for calls that let go of the GIL, and not for those that keep it."
        ),
    ]
}

fn shows(cases: &[Case]) -> Text {
    let of = |lets_go| cases.iter().find(|case| case.lets_go == lets_go).and_then(|case| case.cores);
    let said = |cores: Option<f64>| cores.map_or_else(|| "–".to_owned(), |cores| format!("{cores:.2}"));
    let (released, kept) = (said(of(true)), said(of(false)));
    text!(
        "같은 네이티브 코드, 같은 GIL: 부르는 동안 놓으면 스레드 둘이 평균 {released}개의 코어를 쓰고, 쥐고 있으면 {kept}개를 씁니다.",
        "The same native code, the same GIL: let go of during the call, two threads keep {released} cores busy on average; kept, {kept}."
    )
}
