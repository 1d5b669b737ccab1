//! How `runtimes` is shown: a row a runtime, in two tables.

use std::time::Duration;

use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table};
use lab::{machine, stats, text};

use super::microbench::Operation;
use super::row::{ROUNDS, Row, WEIGHED, most};
use crate::notes;
use crate::programs::PROGRAMS;

/// Where the measurements of a row are: its name, and the id of one of them.
type Place = (Text, Box<dyn Fn(&str) -> String>);

/// A row a runtime, and one a Python.
fn places(pythons: &[Interpreter]) -> Vec<Place> {
    let rust = PROGRAMS
        .into_iter()
        .map(|program| -> Place { (Text::same(program.name), Box::new(move |what| format!("{what}.{}", program.id))) });
    let python = pythons.iter().map(|python| -> Place {
        let prefix = python.measure_id("");
        (Text::same(python.to_string()), Box::new(move |what| format!("{prefix}{what}")))
    });
    rust.chain(python).collect()
}

fn cell(measure: Option<&Measure>, value: impl Fn(&Measure) -> f64) -> String {
    measure.map_or_else(|| "–".to_owned(), |m| unit::value(value(m), m.unit))
}

/// The sleeping tasks.
pub(crate) fn together(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |(name, id): Place| {
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
        title: text!("자는 태스크들", "Tasks that sleep"),
        head: vec![
            text!("런타임", "runtime"),
            text!("벽시계", "wall"),
            text!("CPU 시간", "CPU time"),
            text!("동시 대기", "waiting at once"),
            text!("스레드 수", "threads"),
            text!("메모리/태스크", "memory/task"),
        ],
        rows: places(pythons).into_iter().map(row).collect(),
    }
}

/// "3.00 (2.87) µs", or with a unit each where they have two.
fn pair(wall: &str, cpu: &str) -> String {
    match (wall.split_once(' '), cpu.split_once(' ')) {
        (Some((number, unit)), Some((other, same))) if unit == same => format!("{number} ({other}) {unit}"),
        _ => format!("{wall} ({cpu})"),
    }
}

/// The operations: wall time of one, and CPU time.
pub(crate) fn operations(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |(name, id): Place| {
        let cells = Operation::ALL.map(|operation| {
            let of = |what: &str| cell(report.measure(&id(&format!("{what}.{}", operation.id()))), Measure::median);
            Text::same(pair(&of("wall"), &of("cpu")))
        });
        [name].into_iter().chain(cells).collect()
    };
    Table {
        title: text!("한 번에 걸린 시간 (CPU 시간)", "What one of each took (CPU time)"),
        head: [text!("런타임", "runtime")].into_iter().chain(Operation::ALL.map(Operation::name)).collect(),
        rows: places(pythons).into_iter().map(row).collect(),
    }
}

/// The sentence.
pub(crate) fn shows(tasks: usize, pause: Duration, rows: &[Row]) -> Text {
    let each = unit::duration(pause.as_nanos() as f64);
    let list = |of: fn(&Row) -> String| {
        rows.iter().map(|row| format!("{} {}", row.program.name, of(row))).collect::<Vec<_>>().join(", ")
    };
    let walls = list(|row| unit::duration(stats::median(&row.wall).unwrap_or(f64::NAN)));
    let threads = list(|row| most(&row.threads).to_string());
    text!(
        "{each}씩 자는 태스크 {tasks}개가 끝나기까지(중앙값): {walls}. 태스크가 돈 스레드 수(최대): {threads}. 함께 기다리는 것은 async의 성질이고, 스레드가 몇 개인지는 런타임이 정합니다.",
        "Until {tasks} tasks that sleep {each} each were done (median): {walls}. Threads that tasks ran on (most): {threads}. Waiting together comes from async; how many threads do it is the runtime's choice."
    )
}

/// What was done.
pub(crate) fn notes(pause: Duration, times: usize, foreign: Option<f64>) -> Vec<Text> {
    let each = unit::duration(pause.as_nanos() as f64);
    let mut notes = vec![
        text!(
            "작업 하나는 {each} 동안 한 번 자는 태스크입니다. 벽시계 시간은 런타임을 만들 때부터 치울 때까지이고, 네 런타임이 {rounds}번 번갈아 돌았습니다. CPython은 그 뒤에 따로, 인터프리터가 시작된 다음부터 쟀습니다.",
            "A unit of work is a task that sleeps once, {each}. Wall time is from making the runtime to clearing it away; the four took turns, {rounds} rounds. CPython ran after them, timed once its interpreter was up.",
            rounds = ROUNDS
        ),
        text!(
            "async-std의 스레드와, async-std와 smol이 타이머를 보라고 두는 스레드 하나(async-io, 태스크는 돌지 않음)는 첫 회차에 시작되어 끝까지 남습니다. 그림은 동시에 기다린 태스크가 가장 적었던 회차입니다.",
            "async-std's threads, and the one thread that async-std and smol keep for timers (async-io, which runs no task), start in the first round and stay to the end. Drawn is the round in which the fewest waited at once."
        ),
        text!(
            "표는 {rounds}회의 중앙값입니다(동시 대기는 가장 적었던 때, 스레드 수는 가장 많았던 때). 양보, 채널 왕복, TCP 에코는 {times}번씩 하고 하나에 걸린 시간을 적었습니다. CPU 시간은 프로세스의 모든 스레드를 합친 것입니다.",
            "Medians of {rounds} rounds (waiting at once: the fewest; threads: the most). Yields, channel round trips and TCP echoes were done {times} times each, and the time of one is given. CPU time is that of all threads of the process.",
            rounds = ROUNDS
        ),
        text!(
            "메모리는 새 프로세스에서 태스크 {weighed}개가 함께 자고 있을 때 쟀습니다. million 실험이 여러 크기에서 잽니다.",
            "Memory was measured in a fresh process with {weighed} tasks asleep together; the experiment million does it for many sizes.",
            weighed = WEIGHED
        ),
        notes::discontinued(),
    ];
    notes.push(machine::others_used(foreign));
    notes
}
