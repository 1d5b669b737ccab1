//! Predicts a scenario with the simulator, for this machine as just measured or as a file describes it.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- predict convoy`.

use std::path::Path;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::{Result, stats, text};

use crate::calibrate::{self, Quiet};
use crate::one_lock;
use crate::options;
use crate::run_on_cpython::of_outcome;
use crate::scenario::{self, Scenario};
use crate::sim::{self, Machine, Outcome, Setup, Speed, ThreadOutcome};

/// How much of the beginning is drawn, in switch intervals.
const DRAWN: u64 = 12;

/// `gil-sim predict FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options::scenario(&mut options, Some(Text::same("convoy")));
    let about = text!(
        "calibrate --out으로 만든 파일 (기본: 지금 측정한 이 컴퓨터)",
        "a file written by calibrate --out (default: this machine, measured now)"
    );
    let machine = options.path("machine", about);
    Experiment::new(
        "predict",
        text!("시나리오 파일을 시뮬레이터로 예측", "a scenario file, predicted by the simulator"),
        options,
        move |a| {
            let file = a.get(file).unwrap_or_else(|| "convoy".into());
            run(&file, a.get(machine).as_deref(), a.pythons())
        },
    )
}

/// Predicts a scenario. Without a machine file it measures this machine. The speed is that of the first interpreter.
pub fn run(file: &Path, machine: Option<&Path>, pythons: &[Interpreter]) -> Result<Report> {
    let scenario = scenario::read(&scenario::file_of(file))?;
    let quiet = Quiet::ask();
    let machine = calibrate::machine(machine, &quiet)?;
    let mut report = Report::new("gil-sim/predict");
    let speed = match pythons.first().map(|python| (python, calibrate::speed(python, &machine))) {
        Some((python, Ok(speed))) => {
            report.notes.push(text!("인터프리터의 속도: {python}.", "the interpreter's speed: {python}."));
            speed
        }
        other => {
            let why =
                other.and_then(|(_, speed)| speed.err()).unwrap_or_else(|| text!("파이썬이 없습니다", "no Python"));
            let (ko, en) = (why.ko, why.en);
            report.notes.push(text!(
                "인터프리터의 속도는 측정하지 않고 일반적인 값을 썼습니다: {ko}.",
                "the interpreter's speed was not measured; a typical value was used: {en}."
            ));
            Speed::typical()
        }
    };
    report.notes.push(quiet.note());
    drop(quiet);
    predicted(&mut report, &scenario, machine, &speed);
    Ok(report)
}

fn predicted(report: &mut Report, scenario: &Scenario, machine: Machine, speed: &Speed) {
    let machine = Machine { cores: scenario.cores.unwrap_or(machine.cores), ..machine };
    let keep = DRAWN * if scenario.setup.interval > 1_000_000 { scenario.setup.interval } else { 2_000_000 };
    let setup = Setup { keep, ..scenario.setup.clone() };
    let outcome = sim::run(&setup, &machine, speed);
    let title = scenario.title.clone();
    report.traces.push(Trace { title, ..outcome.trace.clone() });
    let peak = outcome.trace.peak_in_flight(&[State::Running]);
    report.verdicts.push(one_lock::judge(&setup, peak));
    report.tables.push(groups(&setup, &outcome));
    let count = |id: &str, name: Text, n: f64| Measure::new(id, name, Unit::Count, vec![n]);
    let lasted = outcome.lasted as f64;
    report.measures = vec![
        Measure::new("lasted", text!("가상 시간", "virtual time"), Unit::Ns, vec![lasted]),
        count("switches", text!("GIL이 넘어간 횟수", "times the GIL was handed over"), outcome.switches as f64),
        count("events", text!("시뮬레이터의 이벤트", "events of the simulator"), outcome.events as f64),
    ];
    let (version, cores) = (&scenario.version, machine.cores);
    let per_second = outcome.switches as f64 / lasted.max(1.0) * 1e9;
    let schedule = outcome.schedule.chars().take(60).collect::<String>();
    report.notes.push(text!(
        "스케줄의 처음: {schedule} (step --schedule로 그대로 재현할 수 있습니다).",
        "the schedule begins with {schedule} (step --schedule replays it)."
    ));
    report.shows = text!(
        "{version}의 락, 코어 {cores}개: GIL은 초당 {per_second:.0}번 넘어갑니다. 시드가 같으면 결과도 같습니다.",
        "The lock of {version} on {cores} cores: the GIL is handed over {per_second:.0} times a second. The same seed gives the same result."
    );
}

/// What came of each group of threads.
fn groups(setup: &Setup, outcome: &Outcome) -> Table {
    let played = of_outcome(outcome, setup);
    let rows = setup.groups.iter().enumerate().map(|(g, group)| {
        let of: Vec<&ThreadOutcome> = outcome.threads.iter().filter(|t| t.group == g).collect();
        let (count, all) = (of.len(), (of.len() as u64 * outcome.lasted).max(1) as f64);
        let share = |part: fn(&ThreadOutcome) -> u64| of.iter().map(|t| part(t)).sum::<u64>() as f64 / all * 100.0;
        let (held, waited) = (share(|t| t.held), share(|t| t.waited));
        let (name, latencies) = (&group.name, &played.latencies[g]);
        let quantile = |q| stats::quantile(latencies, q).map_or_else(|| "—".to_owned(), unit::duration);
        vec![
            Text { ko: format!("{} × {count}", name.ko), en: format!("{} × {count}", name.en) },
            Text::same(format!("{:.1}", played.rates[g])),
            Text::same(quantile(0.5)),
            Text::same(quantile(0.99)),
            Text::same(format!("{held:.0} %")),
            Text::same(format!("{waited:.0} %")),
        ]
    });
    Table {
        title: text!("스레드별 결과", "The threads"),
        head: vec![
            text!("스레드", "threads"),
            text!("초당 횟수", "rounds/s"),
            text!("중앙값", "median"),
            Text::same("p99"),
            text!("GIL 보유", "held the GIL"),
            text!("대기", "waited"),
        ],
        rows: rows.collect(),
    }
}
