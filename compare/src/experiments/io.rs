//! I/O with ten to two thousand connections: up to how many do threads take as long as asyncio, and what do processes take?
//!
//! Article: 병렬 처리 기법 비교, I/O 바운드. Run: `cargo run --release -p compare -- io`. Python twin: `python/table.py`, which measures
//! the same cells.

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::cores_used::too_busy;
use lab::lang::Text;
use lab::machine::{self, Watch};
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Front, Measure, Report, Table, Unit};
use lab::{Error, Result, text, twin_script};
use loopback::Server;

use super::table::cell::{CELL, Cell};
use super::table::plan::{Size, Technique, Workload};

/// The claim, by its id in the ledger, and the number of connections that it names.
pub const CLAIM: &str = "io-threads-keep-up";
const CLAIMED: usize = 100;

/// Numbers of connections.
const NUMBERS: [usize; 4] = [10, CLAIMED, 500, 2000];

/// So many processes at most: each takes megabytes.
const MOST_PROCESSES: usize = CLAIMED;

const TECHNIQUES: [Technique; 3] = [Technique::Threads, Technique::Asyncio, Technique::Processes];

/// Threads that take this much longer than asyncio are slower.
const SAME: f64 = 1.25;

/// A cell that takes longer than this has hung.
const LIMIT: Duration = Duration::from_secs(60);

pub fn command() -> Experiment {
    let mut options = Options::new();
    let most = options.size("most", 10..=2000, 500, text!("가장 많은 연결 수", "the largest number of connections"));
    let about = text!("서버가 응답하기까지의 시간(초)", "seconds until the server answers");
    let delay = options.seconds("delay", 0.001..=5.0, 0.1, about);
    let rounds = options.rounds(3);
    let about = text!(
        "연결 수에 따른 I/O: 스레드는 몇 개까지 asyncio만큼 빠른가",
        "I/O by the number of connections: up to how many threads keep up with asyncio"
    );
    Experiment::new("io", about, options, move |a| run(a.get(most), a.get(delay), a.get(rounds), a.pythons()))
}

/// Who waited, for how many connections, and by which technique.
#[derive(Clone, Copy)]
struct Case<'a> {
    /// One of the interpreters; Rust if there is none.
    python: Option<&'a Interpreter>,
    technique: Technique,
    number: usize,
}

impl Case<'_> {
    fn who(self) -> String {
        self.python.map_or_else(|| "Rust".to_owned(), Interpreter::to_string)
    }

    fn id(self) -> String {
        wall_id(&self.python.map_or_else(|| "rust".to_owned(), Interpreter::id), self.technique, self.number)
    }

    /// The wall time in ns, or why there is none.
    fn measure(self, server: &Server) -> Result<f64, Text> {
        let size = Size { waiting: self.number, gets: 2, ..Size::default() };
        let (workload, technique, server) = (Workload::Io, self.technique, server.address());
        let cell = Cell { workload, technique, size, server, ..Cell::default() };
        let report = match self.python {
            None => python::own(&cell.to_args(CELL), LIMIT),
            Some(python) => python::run(python, twin_script!("table"), &[cell.twin_plan(workload.id(), 1)], LIMIT),
        }?;
        let answered = report.lines.len();
        if answered != self.number {
            return Err(text!("응답을 받은 연결 {answered}개", "connections that were answered: {answered}"));
        }
        report.measure("wall").map(Measure::median).ok_or_else(|| text!("측정값이 없습니다", "no measurement"))
    }
}

/// The id of a measurement.
fn wall_id(who: &str, technique: Technique, number: usize) -> String {
    format!("wall.{who}.{}.{number}", technique.id())
}

/// Measures every technique with every number of connections in turn, `rounds` times, here and on CPython.
pub fn run(most: usize, delay: Duration, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    let server = Server::start(delay)?;
    let mut report = Report::new("compare/io");
    let whos: Vec<Option<&Interpreter>> = std::iter::once(None).chain(pythons.iter().map(Some)).collect();
    let watch = Watch::start();
    for case in cases(most, &whos) {
        let samples: Result<Vec<f64>, Text> = (0..rounds).map(|_| case.measure(&server)).collect();
        let (who, Text { ko, en }, number) = (case.who(), case.technique.name(), case.number);
        match samples {
            Ok(samples) => {
                let name =
                    text!("{who}: {ko}, 연결 {number}개: 걸린 시간", "{who}: {en}, {number} connections: wall time");
                report.measures.push(Measure::new(case.id(), name, Unit::Ns, samples));
            }
            Err(Text { ko: why_ko, en: why_en }) if case.python.is_none() => {
                return Err(Error::failed(text!(
                    "{ko}, 연결 {number}개: {why_ko}",
                    "{en}, {number} connections: {why_en}"
                )));
            }
            Err(Text { ko: why_ko, en: why_en }) => report.notes.push(text!(
                "{who}: {ko}, 연결 {number}개: 측정하지 않음: {why_ko}",
                "{who}: {en}, {number} connections: not measured: {why_en}"
            )),
        }
    }
    let foreign = watch.foreign();
    report.tables.push(table(&report, most, &whos));
    report.front = vec![Front::Table(0)];
    report.measures_in_tables = true;
    report.verdicts = whos.iter().map(|who| judge(*who, &report, foreign)).collect();
    if pythons.is_empty() {
        let why = python::none_in_this_run();
        report.verdicts.push(Verdict::not_measured(CLAIM, "CPython", why));
    }
    let wait = unit::duration(2.0 * delay.as_nanos() as f64);
    report.notes.push(text!(
        "연결마다 GET 두 번을 보내고 서버는 그때마다 기다렸다가 응답하므로, 아무리 빨라도 {wait}가 걸립니다. 시간에는 스레드, 태스크, 프로세스의 시작이 들어 있습니다. 프로세스는 {MOST_PROCESSES}개까지만 측정합니다.",
        "Each connection sends two GETs, and the server waits before each answer: nothing is faster than {wait}. The time includes starting the threads, tasks or processes. Processes are measured up to {MOST_PROCESSES}."
    ));
    report.notes.push(machine::others_used(foreign));
    report.shows = shows(&report, most);
    Ok(report)
}

fn numbers(most: usize) -> impl Iterator<Item = usize> {
    NUMBERS.into_iter().filter(move |number| *number <= most)
}

/// What is compared is measured one after the other: the techniques with one number of connections.
fn cases<'a>(most: usize, whos: &[Option<&'a Interpreter>]) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for number in numbers(most) {
        for python in whos {
            let techniques = TECHNIQUES.into_iter();
            let techniques = techniques.filter(|t| *t != Technique::Processes || number <= MOST_PROCESSES);
            cases.extend(techniques.map(|technique| Case { python: *python, technique, number }));
        }
    }
    cases
}

fn table(report: &Report, most: usize, whos: &[Option<&Interpreter>]) -> Table {
    let mut head = vec![text!("실행한 곳", "on"), text!("기법", "technique")];
    head.extend(numbers(most).map(|number| text!("연결 {number}개", "{number}")));
    let row = |(python, technique): (&Option<&Interpreter>, Technique)| {
        let cell = |number| {
            let wall = report.measure(&Case { python: *python, technique, number }.id()).map(Measure::median);
            Text::same(wall.map_or_else(|| "–".to_owned(), unit::duration))
        };
        let who = Case { python: *python, technique, number: 0 }.who();
        [Text::same(who), technique.name()].into_iter().chain(numbers(most).map(cell)).collect()
    };
    let rows = whos.iter().flat_map(|who| TECHNIQUES.map(|technique| (who, technique))).map(row).collect();
    let title = text!("연결 수에 따른 시간(중앙값)", "time by the number of connections (medians)");
    Table { title, head, rows }
}

/// The time of threads over that of asyncio, by the fastest rounds: the others show how long it took to get a core.
fn ratio(report: &Report, who: &str, number: usize) -> Option<f64> {
    let least = |technique| report.measure(&wall_id(who, technique, number)).map(Measure::least);
    Some(least(Technique::Threads)? / least(Technique::Asyncio)?)
}

/// Whether threads take as long as asyncio with as many connections as the claim names; and up to how many.
fn judge(python: Option<&Interpreter>, report: &Report, foreign: Option<f64>) -> Verdict {
    let (on, id) = python.map_or_else(|| ("Rust".into(), "rust".into()), |p| (p.to_string(), p.id()));
    let Some(at_claimed) = ratio(report, &id, CLAIMED) else {
        let why = text!("연결 {CLAIMED}개로 측정하지 않았습니다", "not measured with {CLAIMED} connections");
        return Verdict::not_measured(CLAIM, on, why);
    };
    let holds = at_claimed <= SAME;
    if let (false, Some(why)) = (holds, too_busy(foreign)) {
        return Verdict::not_measured(CLAIM, on, why);
    }
    let ratio_there = unit::value(at_claimed, Unit::Times);
    let slower = NUMBERS.into_iter().find(|number| ratio(report, &id, *number).is_some_and(|ratio| ratio > SAME));
    let measured = NUMBERS.into_iter().filter(|number| ratio(report, &id, *number).is_some()).max().unwrap_or_default();
    let Text { ko, en } = match slower {
        Some(number) => text!("{number}개부터 느림", "slower from {number} on"),
        None => text!("{measured}개까지 느리지 않음", "not slower up to {measured}"),
    };
    let evidence = text!(
        "연결 {CLAIMED}개에서 스레드는 asyncio의 {ratio_there}, {ko}",
        "with {CLAIMED} connections threads take {ratio_there} of asyncio's time; {en}"
    );
    Verdict::seen(CLAIM, on, holds, evidence)
}

fn shows(report: &Report, most: usize) -> Text {
    let number = numbers(most).last().unwrap_or_default();
    let of = |technique, number| {
        unit::duration(report.measure(&wall_id("rust", technique, number)).map_or(f64::NAN, Measure::median))
    };
    let (threads, tasks) = (of(Technique::Threads, number), of(Technique::Asyncio, number));
    let some = number.min(MOST_PROCESSES);
    let processes = of(Technique::Processes, some);
    text!(
        "Rust에서 연결 {number}개에 스레드는 {threads}, 태스크는 {tasks}가 걸립니다. 연결 {some}개에 프로세스는 {processes}가 걸립니다.",
        "In Rust, {number} connections take threads {threads} and tasks {tasks}; {some} take processes {processes}."
    )
}

#[cfg(test)]
mod tests {
    use lab::claims::{self, Outcome};

    use super::*;

    fn report(walls: &[(Technique, usize, f64)]) -> Report {
        let measure = |(technique, number, wall): &(Technique, usize, f64)| {
            let samples = vec![*wall, *wall * 9.0];
            Measure::new(wall_id("rust", *technique, *number), Text::default(), Unit::Ns, samples)
        };
        Report { measures: walls.iter().map(measure).collect(), ..Report::default() }
    }

    #[test]
    fn the_number_from_which_on_threads_are_slower_is_named() {
        use Technique::{Asyncio, Threads};
        let of = |walls: &[(Technique, usize, f64)], foreign| judge(None, &report(walls), foreign);
        let same = [(Threads, 100, 1.1), (Asyncio, 100, 1.0)];
        let verdict = of(&same, None);
        assert_eq!(verdict.outcome, Outcome::Holds);
        assert!(verdict.evidence.en.ends_with("not slower up to 100"), "{}", verdict.evidence.en);
        let then_slower = [same.as_slice(), &[(Threads, 500, 1.5), (Asyncio, 500, 1.0)]].concat();
        let verdict = of(&then_slower, None);
        assert_eq!(verdict.outcome, Outcome::Holds, "the claim is about a hundred");
        assert!(verdict.evidence.en.ends_with("slower from 500 on"), "{}", verdict.evidence.en);
        let slower = [(Threads, 100, 1.5), (Asyncio, 100, 1.0)];
        assert_eq!(of(&slower, Some(0.0)).outcome, Outcome::DoesNotHold);
        assert!(matches!(of(&slower, Some(0.6)).outcome, Outcome::NotMeasured(_)), "a busy machine proves nothing");
        assert!(matches!(of(&[(Threads, 100, 1.0)], None).outcome, Outcome::NotMeasured(_)));
        assert!(claims::ledger().iter().any(|claim| claim.id == CLAIM));
    }

    #[test]
    fn processes_stop_where_the_others_go_on() {
        let all = cases(2000, &[None]);
        let numbers = |technique| all.iter().filter(move |case| case.technique == technique).map(|case| case.number);
        assert!(numbers(Technique::Threads).eq(NUMBERS) && numbers(Technique::Asyncio).eq(NUMBERS));
        assert!(numbers(Technique::Processes).eq([10, 100]));
        assert_eq!(cases(10, &[None]).len(), TECHNIQUES.len());
    }
}
