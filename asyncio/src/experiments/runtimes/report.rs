//! The report of `runtimes`: two tables with one row per runtime, and notes.

use std::time::Duration;

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table};
use lab::trace::{State, Trace};
use lab::{machine, stats, text};

use super::microbench::Operation;
use super::row::{MEMORY_TASKS, ROUNDS, Row, most};
use crate::programs::PROGRAMS;
use crate::{event_loop, notes};

/// A row's name, and the function from a measurement's short name to its id.
type RowSource = (Text, Box<dyn Fn(&str) -> String>);

/// One row per runtime, and one per Python.
fn row_sources(pythons: &[Interpreter]) -> Vec<RowSource> {
    let rust = PROGRAMS.into_iter().map(|program| -> RowSource {
        (Text::same(program.name), Box::new(move |what| format!("{what}.{}", program.id)))
    });
    let python = pythons.iter().map(|python| -> RowSource {
        let prefix = python.measure_id("");
        (Text::same(python.to_string()), Box::new(move |what| format!("{prefix}{what}")))
    });
    rust.chain(python).collect()
}

fn cell(measure: Option<&Measure>, value: impl Fn(&Measure) -> f64) -> String {
    measure.map_or_else(|| "–".to_owned(), |m| unit::value(value(m), m.unit))
}

/// The table of the sleeping tasks.
pub(crate) fn together(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |(name, id): RowSource| {
        let of = |what: &str| report.measure(&id(what));
        let least = |m: &Measure| stats::range(&m.samples).map_or(f64::NAN, |(least, _)| least);
        let cells = [
            cell(of("wall"), Measure::median),
            cell(of("cpu"), Measure::median),
            cell(of("peak"), least),
            cell(of("threads"), |m| most(&m.samples) as f64),
            cell(of("bytes"), Measure::median),
        ];
        [name].into_iter().chain(cells.map(Text::same)).collect()
    };
    Table {
        title: text!("자는 태스크", "Sleeping tasks"),
        head: vec![
            text!("런타임", "runtime"),
            text!("벽시계 시간", "wall time"),
            text!("CPU 시간", "CPU time"),
            text!("동시 대기", "waiting at once"),
            text!("스레드 수", "threads"),
            text!("메모리/태스크", "memory/task"),
        ],
        rows: row_sources(pythons).into_iter().map(row).collect(),
    }
}

/// "3.00 (2.87) µs"; if the units differ, each value keeps its own.
fn pair(wall: &str, cpu: &str) -> String {
    match (wall.split_once(' '), cpu.split_once(' ')) {
        (Some((number, unit)), Some((other, same))) if unit == same => format!("{number} ({other}) {unit}"),
        _ => format!("{wall} ({cpu})"),
    }
}

/// The table of the operations: wall time of one, and CPU time in parentheses.
pub(crate) fn operations(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |(name, id): RowSource| {
        let cells = Operation::ALL.map(|operation| {
            let of = |what: &str| cell(report.measure(&id(&format!("{what}.{}", operation.id()))), Measure::median);
            Text::same(pair(&of("wall"), &of("cpu")))
        });
        [name].into_iter().chain(cells).collect()
    };
    Table {
        title: text!("연산 한 번에 걸린 시간(CPU 시간)", "Time of one operation (CPU time)"),
        head: [text!("런타임", "runtime")].into_iter().chain(Operation::ALL.map(Operation::name)).collect(),
        rows: row_sources(pythons).into_iter().map(row).collect(),
    }
}

/// Keeps the first trace, and those that look different because not all `tasks` waited at once.
pub fn draw_once(report: &mut Report, tasks: usize) {
    let together = |trace: &Trace| event_loop::without_it(trace).peak_in_flight(&[State::WaitingForIo]) == tasks;
    let all = std::mem::take(&mut report.traces);
    let (first, rest): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(n, _)| *n == 0);
    let (same, other): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, trace)| together(trace));
    if let (Some((_, drawn)), false) = (first.first(), same.is_empty()) {
        let (ko, en) = (&drawn.title.ko, &drawn.title.en);
        let those =
            |of: fn(&Text) -> &String| same.iter().map(|(_, t)| of(&t.title).as_str()).collect::<Vec<_>>().join(", ");
        let (theirs_ko, theirs_en) = (those(|title| &title.ko), those(|title| &title.en));
        report.notes.push(text!(
            "{ko}의 그림만 그립니다. 다음에서도 태스크 {tasks}개가 모두 동시에 기다려 그림이 같습니다: {theirs_ko}. 태스크를 몇 개의 스레드에서 실행했는지는 표에 있습니다.",
            "Only {en} is drawn. All {tasks} tasks waited at once here, too, so that the drawing is the same: {theirs_en}. The table says how many threads ran the tasks."
        ));
    }
    report.traces = first.into_iter().chain(other).map(|(_, trace)| trace).collect();
}

pub(crate) fn shows(tasks: usize, pause: Duration, rows: &[Row]) -> Text {
    let each = unit::duration(pause.as_nanos() as f64);
    let list = |of: fn(&Row) -> String| {
        rows.iter().map(|row| format!("{} {}", row.program.name, of(row))).collect::<Vec<_>>().join(", ")
    };
    let walls = list(|row| unit::duration(stats::median(&row.wall).unwrap_or(f64::NAN)));
    let threads = list(|row| most(&row.threads).to_string());
    text!(
        "{each} 동안 자는 태스크 {tasks}개가 모두 끝나기까지 걸린 시간(중앙값): {walls}. 태스크를 실행한 스레드 수(최댓값): {threads}. 동시에 기다리는 것은 async의 성질이고, 스레드를 몇 개 쓸지는 런타임이 정합니다.",
        "Time until {tasks} tasks that sleep {each} each had ended (median): {walls}. Threads that ran tasks (maximum): {threads}. Waiting at the same time is a property of async; the runtime decides how many threads it uses."
    )
}

/// How the runtimes were run and measured.
pub(crate) fn notes(pause: Duration, times: usize, foreign: Option<f64>) -> Vec<Text> {
    let each = unit::duration(pause.as_nanos() as f64);
    let mut notes = vec![
        text!(
            "태스크는 각각 {each} 동안 한 번 잡니다. 벽시계 시간은 런타임을 만들 때부터 정리할 때까지이고, 네 런타임을 번갈아 {rounds}번씩 실행했습니다. CPython은 그다음에 따로 실행했고, 인터프리터가 시작된 뒤부터 측정했습니다.",
            "Each task sleeps once, for {each}. Wall time is from the creation of the runtime until it has been dropped. The four runtimes ran in turn, {rounds} times each. CPython ran after them and was timed once its interpreter had started.",
            rounds = ROUNDS
        ),
        text!(
            "async-std의 풀 스레드와, async-std와 smol이 타이머에 쓰는 스레드 하나(async-io, 태스크를 실행하지 않음)는 첫 회차에 시작해 끝까지 남습니다. 그림은 동시에 기다린 태스크가 가장 적었던 회차입니다.",
            "async-std's pool threads, and the one thread that async-std and smol use for timers (async-io, which runs no tasks), start in the first round and stay until the end. The drawing shows the round in which the fewest tasks waited at once."
        ),
        text!(
            "표의 값은 {rounds}회의 중앙값입니다(동시 대기는 최솟값, 스레드 수는 최댓값). 양보, 채널 왕복, TCP 에코는 {times}번씩 실행해 한 번에 걸린 평균 시간을 구했습니다. CPU 시간은 프로세스의 모든 스레드를 합한 값입니다.",
            "The table shows medians of {rounds} rounds (waiting at once: the minimum; threads: the maximum). Yields, channel round trips and TCP echoes were run {times} times each; the time is the mean of one. CPU time is the sum over all threads of the process.",
            rounds = ROUNDS
        ),
        text!(
            "메모리는 새 프로세스에서 태스크 {tasks}개가 동시에 자고 있을 때 측정했습니다. million 실험은 태스크 수를 바꿔 가며 측정합니다.",
            "Memory was measured in a new process with {tasks} tasks asleep at the same time. The experiment million measures it for other numbers of tasks.",
            tasks = MEMORY_TASKS
        ),
        notes::discontinued(),
    ];
    notes.push(machine::others_used(foreign));
    notes
}
