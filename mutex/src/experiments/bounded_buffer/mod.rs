//! A bounded buffer: producers wait for room, consumers for items. A mutex and two condition variables, beside crossbeam's channel.
//!
//! A wait inside `if` instead of `while` sooner or later takes from an empty buffer: a woken thread may find that
//! another was quicker.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- bounded-buffer`. Python twin: `python/bounded_buffer.py`.

use std::thread;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::LaneRecorder;
use lab::trace::{State, Trace};
use lab::{Result, text, twin_script};

use crate::claims;
use crate::outcomes::{self, Outcome, Tally};
use crate::start_barrier::record_together;

pub mod buffer;
pub mod channels;

use buffer::Buffer;
use channels::{Crossbeam, If, Moved, Passage, RIGHT, Size, WITH_IF, While, through};

/// Draws producers that are faster than the consumers: they wait for room.
fn pictured(size: Size) -> Result<Trace> {
    let buffer = Buffer::new(size.capacity);
    let (producers, consumers) = (2, 1);
    let names = [text!("생산자 0", "Producer 0"), text!("생산자 1", "Producer 1"), text!("소비자", "Consumer")];
    let capacity = size.capacity;
    let title = text!(
        "Rust, 버퍼 크기 {capacity}: 소비자가 느리면 생산자가 기다림",
        "Rust, room for {capacity}: a slow consumer makes producers wait"
    );
    let work = |lane: &mut LaneRecorder, ms| {
        lane.enter(State::WaitingForIo);
        thread::sleep(Duration::from_millis(ms));
    };
    let (trace, _) = record_together(title, names.into(), |n, lane| {
        for item in 0..(if n < producers { 6 } else { 6 * producers / consumers }) {
            if n < producers {
                work(lane, 1);
                lane.enter(State::WaitingForLock);
                buffer.put(item);
            } else {
                lane.enter(State::WaitingForLock);
                buffer.take();
                work(lane, 3);
            }
        }
        lane.leave();
    })?;
    Ok(trace)
}

/// A passage by its name, what may come out of it, and how it is made.
type Make = (&'static str, &'static [Outcome], fn(usize) -> Box<dyn Passage>);

const REPEATS: usize = 3;

/// `cargo run -p mutex -- bounded-buffer`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let producers = options.size("producers", 1..=32, 2, text!("생산자 스레드 수", "producer threads"));
    let consumers = options.size("consumers", 1..=32, 3, text!("소비자 스레드 수", "consumer threads"));
    let about = text!("생산자마다 넣는 항목 수", "items that each producer puts");
    let items = options.count("items", 1..=1_000_000, 10_000, about);
    let capacity = options.size("capacity", 1..=1024, 2, text!("버퍼의 크기", "size of the buffer"));
    let about =
        text!("유한 버퍼: 뮤텍스와 조건 변수, 그리고 채널", "a bounded buffer: condition variables, and a channel");
    Experiment::new("bounded-buffer", about, options, move |a| {
        let (producers, consumers) = (a.get(producers), a.get(consumers));
        run(Size { producers, consumers, items: a.get(items), capacity: a.get(capacity) }, a.pythons())
    })
}

/// Every passage in turn, several times.
pub fn run(size: Size, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("mutex/bounded-buffer");
    report.traces.push(pictured(size)?);
    let make: [Make; 3] = [
        ("condvar_if", WITH_IF, |room| Box::new(If(Buffer::new(room)))),
        ("condvar_while", RIGHT, |room| Box::new(While(Buffer::new(room)))),
        ("crossbeam_bounded", RIGHT, |room| Box::new(Crossbeam::new(room))),
    ];
    let mut moved: Vec<Vec<Moved>> = vec![Vec::new(); make.len()];
    for _ in 0..REPEATS {
        for ((name, lines, new), moved) in make.iter().zip(&mut moved) {
            moved.push(through(name, lines, &*new(size.capacity), size)?);
        }
    }
    let tallies: Vec<Tally> = moved.iter().map(|runs| sum(runs)).collect();
    tallies.iter().try_for_each(Tally::check)?;
    let title = text!("꺼내기의 결과", "what each take got");
    report.tables.push(outcomes::table(title, &tallies));
    report.measures = moved.iter().flat_map(|runs| measures(runs, size)).collect();
    report.verdicts = tallies
        .iter()
        .filter(|tally| tally.outcomes.len() == RIGHT.len() && tally.variant != "condvar_if")
        .map(verdict)
        .collect();
    let args = [size.producers, size.consumers, size.items as usize, size.capacity].map(|n| n.to_string());
    python::join(&mut report, pythons, twin_script!("bounded_buffer"), &args, &[claims::KEPT], judge);
    report.notes = notes(size);
    report.shows = shows(&tallies, &moved);
    Ok(report)
}

fn sum(runs: &[Moved]) -> Tally {
    let mut tally = Tally::new(runs[0].tally.variant, runs[0].tally.outcomes);
    for id in ["once", "nothing", "lost"] {
        tally.add(id, runs.iter().map(|moved| moved.tally.seen(id)).sum());
    }
    tally
}

fn measures(runs: &[Moved], size: Size) -> [Measure; 3] {
    let name = runs[0].tally.variant;
    let items = (size.producers as u64 * size.items) as f64;
    let samples = |of: &dyn Fn(&Moved) -> f64| runs.iter().map(of).collect::<Vec<_>>();
    let item = text!("{name}: 항목당 시간", "{name}: time per item");
    let fullest = text!("{name}: 버퍼의 최대 항목 수", "{name}: most items in the buffer");
    let nothing = text!("{name}: 깨어났으나 항목 없음", "{name}: woken with nothing to take");
    [
        Measure::new(format!("item.{name}"), item, Unit::Ns, samples(&|m| m.wall as f64 / items)),
        Measure::new(format!("fullest.{name}"), fullest, Unit::Count, samples(&|m| m.fullest as f64)),
        Measure::new(format!("nothing.{name}"), nothing, Unit::Count, samples(&|m| m.tally.seen("nothing") as f64)),
    ]
}

fn verdict(tally: &Tally) -> Verdict {
    let (once, lost) = (tally.seen("once"), tally.seen("lost"));
    let evidence = text!(
        "항목 {once}개가 한 번씩 나오고 {lost}개가 유실 또는 중복됨",
        "items that came out once: {once}; missing or twice: {lost}"
    );
    Verdict::seen(claims::KEPT, format!("Rust, {}", tally.variant), lost == 0, evidence)
}

fn judge(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    let on = format!("{python}, queue.Queue");
    let Some(lost) = twin.measure("lost.queue").map(Measure::median) else {
        return vec![Verdict::not_measured(
            claims::KEPT,
            on,
            text!("파이썬 대응 프로그램이 측정하지 않았습니다", "the twin did not measure it"),
        )];
    };
    let evidence = text!("유실되거나 중복된 항목 {lost}개", "items missing or twice: {lost}");
    vec![Verdict::seen(claims::KEPT, on, lost == 0.0, evidence)]
}

fn notes(size: Size) -> Vec<Text> {
    let Size { producers, consumers, items, capacity } = size;
    vec![
        text!(
            "생산자 {producers}개가 항목을 {items}개씩 만들어 크기가 {capacity}인 버퍼에 넣고, 소비자 {consumers}개가 꺼냅니다. 그림의 '락 대기'는 버퍼가 가득 찼거나 비어 있어서 기다린 시간입니다.",
            "Each producer puts {items} items into a buffer with room for {capacity} (producers: {producers}, consumers: {consumers}). In the picture, waiting for a lock means waiting for room or for an item."
        ),
        text!(
            "`if`가 잘못된 이유: 깨어난 소비자가 락을 다시 획득하기 전에 다른 소비자가 먼저 들어와 꺼낼 수 있습니다. 이번 실행에서 나타나지 않았더라도 loom이 찾아냅니다(`cargo test -p mutex --test planted`). 생산자와 소비자가 조건 변수 하나를 함께 쓰는 버퍼(`OneBell`)는 영원히 멈출 수 있으며, 이것도 같은 테스트가 찾아냅니다.",
            "Why `if` is wrong: before the woken consumer has the lock again, another may come in and take the item. If this run did not show it, loom does (`cargo test -p mutex --test planted`). A buffer with one condition variable for producers and consumers (`OneBell`) can even stop forever; the same test finds that too."
        ),
        text!(
            "crossbeam의 길이는 항목을 넣은 직후에 읽은 값이라 그사이의 변화가 포함됩니다.",
            "crossbeam's length was read just after a put, so changes in between are in it."
        ),
    ]
}

fn shows(tallies: &[Tally], moved: &[Vec<Moved>]) -> Text {
    let nothing = tallies[0].seen("nothing");
    let items: u64 = tallies[1..].iter().map(|tally| tally.seen("once")).sum();
    let wall = |runs: &Vec<Moved>| {
        let per = runs.iter().map(|m| m.wall as f64 / m.tally.seen("once").max(1) as f64).collect::<Vec<_>>();
        unit::value(lab::stats::median(&per).unwrap_or(f64::NAN), Unit::Ns)
    };
    let (ours, theirs) = (wall(&moved[1]), wall(&moved[2]));
    text!(
        "`if`로 기다린 소비자는 깨어났을 때 꺼낼 항목이 없었던 경우가 {nothing}번이고, `while`과 crossbeam에서는 항목 {items}개가 모두 한 번씩 나왔습니다. 항목 하나에 조건 변수는 {ours}, crossbeam은 {theirs}가 걸렸습니다.",
        "Waiting with `if`, consumers woke with nothing to take (times: {nothing}); with `while` and with crossbeam all {items} items came out once. One item took {ours} with condition variables and {theirs} with crossbeam."
    )
}
