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
        "Rust, 칸 {capacity}개: 소비자가 느리면 생산자가 기다림",
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
    let producers = options.size("producers", 1..=32, 2, text!("넣는 스레드", "threads that put"));
    let consumers = options.size("consumers", 1..=32, 3, text!("꺼내는 스레드", "threads that take"));
    let about = text!("생산자마다 넣는 수", "items that each producer puts");
    let items = options.count("items", 1..=1_000_000, 10_000, about);
    let capacity = options.size("capacity", 1..=1024, 2, text!("버퍼의 칸", "room in the buffer"));
    let about =
        text!("유한 버퍼: 뮤텍스와 조건 변수, 그 곁의 채널", "a bounded buffer: condition variables, and a channel");
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
    let title = text!("꺼낼 때마다 나온 것", "what each take came to");
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
    let item = text!("{name}: 항목 하나", "{name}: one item");
    let fullest = text!("{name}: 가장 많이 찼을 때", "{name}: fullest");
    let nothing = text!("{name}: 빈손으로 깨어남", "{name}: woken for nothing");
    [
        Measure::new(format!("item.{name}"), item, Unit::Ns, samples(&|m| m.wall as f64 / items)),
        Measure::new(format!("fullest.{name}"), fullest, Unit::Count, samples(&|m| m.fullest as f64)),
        Measure::new(format!("nothing.{name}"), nothing, Unit::Count, samples(&|m| m.tally.seen("nothing") as f64)),
    ]
}

fn verdict(tally: &Tally) -> Verdict {
    let (once, lost) = (tally.seen("once"), tally.seen("lost"));
    let evidence = text!("항목 {once}개가 한 번씩 나오고 {lost}개가 틀림", "{once} items came once, {lost} did not");
    Verdict::seen(claims::KEPT, format!("Rust, {}", tally.variant), lost == 0, evidence)
}

fn judge(python: &Interpreter, twin: &Report) -> Vec<Verdict> {
    let on = format!("{python}, queue.Queue");
    let Some(lost) = twin.measure("lost.queue").map(Measure::median) else {
        return vec![Verdict::not_measured(
            claims::KEPT,
            on,
            text!("쌍둥이가 재지 않았습니다", "the twin did not measure it"),
        )];
    };
    let evidence = text!("없어지거나 두 번 나온 항목 {lost}개", "{lost} items missing or twice");
    vec![Verdict::seen(claims::KEPT, on, lost == 0.0, evidence)]
}

fn notes(size: Size) -> Vec<Text> {
    let Size { producers, consumers, items, capacity } = size;
    vec![
        text!(
            "생산자 {producers}개가 {items}개씩 만들어 칸 {capacity}개짜리 버퍼에 넣고, 소비자 {consumers}개가 꺼냅니다. 그림의 '락 대기'는 버퍼가 차서, 또는 비어서 기다린 시간입니다.",
            "{producers} producers put {items} items each into a buffer with room for {capacity}; {consumers} consumers take them. In the picture, waiting for a lock is waiting for room or for an item."
        ),
        text!(
            "`if`가 틀리는 이유: 깨어난 소비자가 락을 다시 잡기 전에 다른 소비자가 먼저 들어와 꺼낼 수 있습니다. 이번에 안 보였더라도 loom이 찾아냅니다(`cargo test -p mutex --test planted`). 조건 변수 하나를 둘이 나눠 쓰는 버퍼(`OneBell`)는 아예 멈출 수 있고, 그것도 거기서 찾아냅니다.",
            "Why `if` is wrong: before the consumer that was woken has the lock again, another may come in and take. If this run did not show it, loom does (`cargo test -p mutex --test planted`). A buffer with one condition variable for both (`OneBell`) can even stop for ever, and is found there too."
        ),
        text!(
            "crossbeam의 길이는 넣은 직후에 본 것이라 그 사이의 변화가 섞입니다.",
            "crossbeam's length was looked at just after a put, so it has what happened in between."
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
        "`if`로 기다린 소비자는 {nothing}번 빈손으로 깨어났고, `while`과 crossbeam에서는 항목 {items}개가 모두 한 번씩 나왔습니다. 항목 하나에 조건 변수로 {ours}, crossbeam으로 {theirs} 걸렸습니다.",
        "Waiting with `if`, consumers woke {nothing} times with nothing to take; with `while` and with crossbeam all {items} items came once. One item took {ours} with condition variables and {theirs} with crossbeam."
    )
}
