//! What a task that reads did to the others, and how it is shown.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::text;
use lab::trace::{State, Trace};

use super::many_files::{ReadAll, SIZE};
use super::techniques::{PERIOD, TECHNIQUES};
use crate::event_loop;

/// The claim, by its id in the ledger.
pub const CLAIM: &str = "asyncio-file-io";

/// What CPython does, by the id of its measurements and the English title of its trace.
const TWINS: [(&str, &str); 2] = [("open", "open().read()"), ("executor", "run_in_executor")];

/// When the other task woke up, in ns: the ends of the times in which it was ready.
fn ticks(trace: &Trace) -> Vec<u64> {
    let spans = event_loop::tasks(trace).skip(1).flat_map(|lane| &lane.spans);
    let mut ticks: Vec<u64> = spans.filter(|span| span.state == State::Ready).map(|span| span.end).collect();
    ticks.sort_unstable();
    ticks
}

/// How often the other task woke up between the first and the last moment of the reading.
pub fn ticks_during(trace: &Trace) -> usize {
    let spans = event_loop::tasks(trace).next().map_or(&[][..], |lane| &lane.spans);
    let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return 0 };
    ticks(trace).into_iter().filter(|tick| (first.start + 1..last.end).contains(tick)).count()
}

/// The longest time in which the other task did not wake up, in ns.
pub fn longest_gap(trace: &Trace) -> u64 {
    ticks(trace).windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(trace.duration())
}

fn reading(trace: &Trace) -> u64 {
    event_loop::tasks(trace).next().map_or(0, |lane| lane.time_in(State::WaitingForIo))
}

/// Whether the other task went on while one read.
pub fn judge(on: impl Into<Text>, trace: &Trace) -> Verdict {
    let (ticks, gap) = (ticks_during(trace), unit::duration(longest_gap(trace) as f64));
    let took = unit::duration(reading(trace) as f64);
    let evidence = text!(
        "읽는 {took} 동안 다른 태스크가 {ticks}번 깨어남, 깨어나지 못한 가장 긴 시간 {gap}",
        "wake-ups of the other task in {took} of reading: {ticks}; its longest gap was {gap}"
    );
    Verdict::seen(CLAIM, on, ticks > 0, evidence)
}

/// The verdicts on CPython, by its traces.
pub fn judge_twin(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    let judge = |(_, title): (&str, &str)| {
        let on = text!("{python}, {title}", "{python}, {title}");
        match twin.traces.iter().find(|trace| trace.title.en == title) {
            Some(trace) => judge(on, trace),
            None => Verdict::not_measured(
                CLAIM,
                on,
                text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it"),
            ),
        }
    };
    TWINS.map(judge).into()
}

pub fn measures(id: &str, name: &str, trace: &Trace) -> [Measure; 3] {
    let measure =
        |what: &str, words: Text, unit, value: f64| Measure::new(format!("{what}.{id}"), words, unit, vec![value]);
    [
        measure(
            "gap",
            text!("{name}: 다른 태스크가 깨어나지 못한 가장 긴 시간", "{name}: longest time without a tick"),
            Unit::Ns,
            longest_gap(trace) as f64,
        ),
        measure(
            "ticks",
            text!("{name}: 읽는 동안 깨어난 횟수", "{name}: ticks while it read"),
            Unit::Count,
            ticks_during(trace) as f64,
        ),
        measure("reading", text!("{name}: 읽은 시간", "{name}: the reading took"), Unit::Ns, reading(trace) as f64),
    ]
}

/// Of many files: read in the loop, and by `tokio::fs`.
pub fn many(read: &[ReadAll; 2]) -> Vec<Measure> {
    let of = |(technique, read): (&super::techniques::Technique, &ReadAll)| {
        let (id, name) = (technique.id, technique.name);
        let took = Measure::new(
            format!("many.{id}"),
            text!("작은 파일들, {name}", "small files, {name}"),
            Unit::Ns,
            vec![read.took as f64],
        );
        let words = text!("작은 파일들, {name}: 새로 생긴 스레드", "small files, {name}: threads started");
        let threads = read.threads.map(|n| Measure::new(format!("threads.{id}"), words, Unit::Count, vec![n as f64]));
        [took].into_iter().chain(threads)
    };
    TECHNIQUES.iter().zip(read).flat_map(of).collect()
}

/// One slow file, and many small ones.
pub fn tables(report: &Report, pythons: &[Interpreter]) -> Vec<Table> {
    let mut who: Vec<(String, String, &str)> = Vec::new();
    who.extend(TECHNIQUES.iter().map(|technique| (format!("Rust, {}", technique.name), String::new(), technique.id)));
    for python in pythons {
        who.extend(TWINS.iter().map(|(id, name)| (format!("{python}, {name}"), python.measure_id(""), *id)));
    }
    let rows = |whats: &[&str]| -> Vec<Vec<Text>> {
        let row = |(name, prefix, id): &(String, String, &str)| -> Option<Vec<Text>> {
            let cell = |what: &&str| {
                report.measure(&format!("{prefix}{what}.{id}")).map(|m| Text::same(unit::value(m.median(), m.unit)))
            };
            let cells: Vec<Option<Text>> = whats.iter().map(cell).collect();
            cells[0].as_ref()?;
            let cells = cells.into_iter().map(|cell| cell.unwrap_or_else(|| Text::same("–")));
            Some([Text::same(name.as_str())].into_iter().chain(cells).collect())
        };
        who.iter().filter_map(row).collect()
    };
    let one = Table {
        title: text!("바이트가 늦게 오는 파일 하나", "one file whose bytes come late"),
        head: vec![
            text!("읽는 방법", "read by"),
            text!("읽은 시간", "reading"),
            text!("그동안 깨어남", "ticks meanwhile"),
            text!("가장 긴 공백", "longest gap"),
        ],
        rows: rows(&["reading", "ticks", "gap"]),
    };
    let many = Table {
        title: text!("페이지 캐시에 있는 작은 파일 여럿", "many small files in the page cache"),
        head: vec![
            text!("읽는 방법", "read by"),
            text!("걸린 시간", "time"),
            text!("새로 생긴 스레드", "threads started"),
        ],
        rows: rows(&["many", "threads"]),
    };
    vec![one, many]
}

pub fn notes(files: usize) -> [Text; 2] {
    let period = unit::duration(PERIOD.as_nanos() as f64);
    let size = unit::value(SIZE as f64, Unit::Bytes);
    [
        text!(
            "'늦게 오는 파일'은 이름이 /dev/fd/N인 파이프이고, 다른 스레드가 나중에 바이트를 씁니다. 느린 디스크나 네트워크 파일 시스템처럼 read()가 막힙니다. 곁의 태스크는 {period}씩 자고, ·는 깨어날 때가 된 뒤 기다린 시간입니다.",
            "The file whose bytes come late is a pipe, by the name of /dev/fd/N, to which another thread writes later: read() blocks, as it does on a slow disk or a network file system. The task beside it sleeps {period} at a time; a · is from when it is due until it runs."
        ),
        text!(
            "작은 파일은 {files}개, 하나에 {size}이고, 루프 안에서 하나씩 읽거나 한꺼번에 맡깁니다. 이미 메모리에 있는 파일은 막히지 않으므로, 맡기는 쪽은 스레드의 값만 더 냅니다.",
            "Small files: {files}, of {size} each, read in sequence in the loop, or handed over all at once. A file that is in memory already does not block, so that handing it over only adds the cost of threads."
        ),
    ]
}

pub fn shows(report: &Report) -> Text {
    let gap = |id: &str| report.measure(&format!("gap.{id}")).map(|gap| unit::duration(gap.median()));
    let (Some(stalled), Some(handed)) = (gap("std_fs"), gap("tokio_fs")) else {
        return text!(
            "이 시스템에서는 바이트가 늦게 오는 파일을 만들 수 없어, 작은 파일만 읽었습니다.",
            "On this system a file whose bytes come late cannot be made: only small files were read."
        );
    };
    text!(
        "태스크가 std::fs로 파일을 읽으면 다른 태스크가 {stalled} 동안 멈춥니다. tokio::fs로 읽으면 최대 {handed}입니다. 막히는 read()를 다른 스레드가 대신하기 때문입니다.",
        "A task that reads by std::fs stops the other one for {stalled}. By tokio::fs it is {handed} at the most: another thread makes the call that blocks."
    )
}
