//! Runs a scenario of lab 06: producers and consumers at a buffer, with a note at both ends of each call.

use std::time::Duration;

use kit::sync::{self, Arc, Change, Model, Plan, Turns, thread};
use kit::{Run, draw, text};

use crate::submission::Buffer;

/// Runs one scenario.
pub fn run(scenario: &str, run: &Run) {
    match scenario {
        "wake" => wake(run),
        "spurious" => spurious(run),
        "bound" => bound(run),
        "idle" => idle(run),
        "threads" => threads(run),
        other => panic!("there is no scenario '{other}'"),
    }
}

fn put(buffer: &Buffer, item: u32) {
    sync::note("put 호출", "put", Change::Is(i64::from(item)));
    buffer.put(item);
    sync::note("넣음", "is in", Change::Is(i64::from(item)));
}

fn take(buffer: &Buffer) -> u32 {
    sync::note("take 호출", "take", Change::Nothing);
    let item = buffer.take();
    sync::note("꺼냄", "got", Change::Is(i64::from(item)));
    item
}

/// Items that nobody can know beforehand, all different.
fn items(many: u32) -> Vec<u32> {
    let first = draw(100..900_000) as u32;
    (0..many).map(|n| first + n * 7).collect()
}

/// Whether what came out is what went in; the order does not count.
fn compare(run: &Run, mut out: Vec<u32>, mut all: Vec<u32>) {
    out.sort_unstable();
    all.sort_unstable();
    if out != all {
        run.fact("put", all.clone());
        run.fact("got", out.clone());
        panic!("put {all:?}, got {out:?}");
    }
}

/// One producer of two items, two consumers of one each. Room for one, then room for two.
fn wake(run: &Run) {
    let mut executions = 0;
    for (capacity, name) in [(1, "1 producer, 2 consumers, room for one"), (2, "1 producer, 2 consumers, room for two")] {
        let (recording, items) = (run.clone(), items(2));
        let explored = sync::explore(Model::new(name, 2), 1, move |_| {
            let buffer = Arc::new(Buffer::new(capacity));
            let consumers = [(); 2].map(|()| {
                let buffer = Arc::clone(&buffer);
                thread::spawn(move || take(&buffer))
            });
            items.iter().for_each(|&item| put(&buffer, item));
            let out = consumers.map(|consumer| consumer.join().unwrap()).to_vec();
            compare(&recording, out, items.clone());
        });
        executions += explored.executions;
    }
    run.fact("executions", executions);
}

/// One producer of two items, one consumer; each of their first two waits wakes up without a signal or not, by every plan.
fn spurious(run: &Run) {
    let (recording, items) = (run.clone(), items(2));
    let model = Model { preemptions: 1, ..Model::new("spurious wake-ups", 16) };
    let explored = sync::explore(model, 16, move |plans| {
        let buffer = Arc::new(Buffer::new(1));
        let consumer = {
            let buffer = Arc::clone(&buffer);
            thread::spawn(move || {
                sync::plan(Plan { spurious: plans & 3, ..Plan::default() });
                vec![take(&buffer), take(&buffer)]
            })
        };
        sync::plan(Plan { spurious: plans >> 2, ..Plan::default() });
        items.iter().for_each(|&item| put(&buffer, item));
        compare(&recording, consumer.join().unwrap(), items.clone());
    });
    run.fact("executions", explored.executions);
}

/// Three items have room; the fourth has to wait, however long nobody takes one.
fn bound(run: &Run) {
    let items = items(5);
    let recording = run.clone();
    sync::in_turns(Turns { quantum: 1, lag: 0, most: 2_000 }, move || {
        let buffer = Arc::new(Buffer::new(3));
        items[..3].iter().for_each(|&item| put(&buffer, item));
        recording.fact("had_room", 3);
        let producer = {
            let (buffer, items) = (Arc::clone(&buffer), items.clone());
            thread::spawn(move || items[3..].iter().for_each(|&item| put(&buffer, item)))
        };
        (0..100).for_each(|_| thread::yield_now());
        let inside = sync::log(|log| log.steps().iter().filter(|step| step.operation == "is in").count());
        recording.fact("inside", inside);
        let out: Vec<u32> = (0..5).map(|_| take(&buffer)).collect();
        producer.join().unwrap();
        compare(&recording, out, items);
    });
}

/// A consumer at an empty buffer and a producer at a full one, while nothing happens for long.
fn idle(run: &Run) {
    for (name, full) in [("consumer", false), ("producer", true)] {
        let items = items(2);
        let recording = run.clone();
        sync::in_turns(Turns { quantum: 1, lag: 0, most: 2_000 }, move || {
            let buffer = Arc::new(Buffer::new(1));
            if full {
                put(&buffer, items[0]);
            }
            let waiting = {
                let (buffer, items) = (Arc::clone(&buffer), items.clone());
                thread::spawn(move || if full { put(&buffer, items[1]) } else { drop(take(&buffer)) })
            };
            (0..120).for_each(|_| thread::yield_now());
            if full { drop(take(&buffer)) } else { put(&buffer, items[0]) }
            waiting.join().unwrap();
            sync::log(|log| {
                let of = log.steps().iter().filter(|step| step.thread == 1);
                recording.fact(&format!("{name}_steps"), of.clone().count());
                recording.fact(&format!("{name}_sleeps"), of.filter(|step| step.operation == "sleep").count());
            });
        });
    }
}

/// Real threads: the consumer comes late, then the producer is slow.
fn threads(run: &Run) {
    run.title(text!("크기 2인 버퍼의 생산자와 소비자", "a producer and a consumer at a buffer of two"));
    let items = items(8);
    let out = sync::real(run, || {
        let buffer = Arc::new(Buffer::new(2));
        items[..2].iter().for_each(|&item| put(&buffer, item));
        let producer = {
            let (buffer, items) = (Arc::clone(&buffer), items.clone());
            thread::spawn(move || {
                for &item in &items[2..] {
                    if item > items[4] {
                        work(10);
                    }
                    put(&buffer, item);
                }
            })
        };
        let consumer = {
            let buffer = Arc::clone(&buffer);
            thread::spawn(move || {
                work(20);
                (0..8).map(|_| take(&buffer)).collect::<Vec<u32>>()
            })
        };
        producer.join().unwrap();
        consumer.join().unwrap()
    });
    run.fact("put", items);
    run.fact("got", out);
}

/// Computing, as the lanes show it.
fn work(ms: u64) {
    sync::lane(kit::State::Native, || std::thread::sleep(Duration::from_millis(ms)));
}
