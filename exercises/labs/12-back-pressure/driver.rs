//! Runs a scenario of lab 12 with a submission and records it. It judges nothing.

use std::fs;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use kit::{Lane, Meeting, Run, State, draw, text};

use crate::submission;

const BOUND: usize = 4;
/// The item that cannot be converted, where there is one.
const FAILING: usize = 7;
/// One turn of patience. Patience is a number of turns that a thread was given: a busy machine takes turns from all threads alike.
const TURN: Duration = Duration::from_millis(10);

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("역압이 있는 파이프라인", "a pipeline with back-pressure"));
    let (items, failing) = match scenario {
        "flow" => (40, None),
        "held" => (400, None),
        _ => (2000, Some(FAILING)),
    };
    let line = Arc::new(Line::new(run, scenario, items, failing));
    let waiting = run.waiting(text!("주 스레드", "the main thread"), text!("run의 끝", "the end of run"), None);
    let outcome = submission::run(Box::new(line.read()), Box::new(line.convert()), Box::new(line.write()), BOUND);
    drop(waiting);
    line.ended(outcome);
}

/// What the three stages do, and how far they are.
struct Line {
    run: Run,
    scenario: String,
    items: usize,
    failing: Option<usize>,
    /// A value is the item and this: nobody can know it before the run.
    secret: u64,
    error: String,
    lanes: [Lane; 3],
    meeting: Meeting,
    so_far: Mutex<SoFar>,
    changed: Condvar,
}

#[derive(Default)]
struct SoFar {
    /// Items that were read, that the converter has begun and ended, that the writer has begun and ended.
    read: usize,
    converting: usize,
    converted: usize,
    writing: usize,
    written: Vec<u64>,
    most_before: usize,
    most_after: usize,
    /// The threads of the reader and the converter, by the system's number.
    threads: [Option<String>; 2],
    /// Stages whose closure is still there.
    stages: usize,
    returned: bool,
}

impl SoFar {
    /// Read, and not begun by the converter.
    fn before(&self) -> usize {
        self.read - self.converting
    }

    /// Converted, and not begun by the writer.
    fn after(&self) -> usize {
        self.converted - self.writing
    }
}

/// In a stage's closure: says when the closure is dropped.
struct Stage(Arc<Line>);

impl Drop for Stage {
    fn drop(&mut self) {
        self.0.so_far().stages -= 1;
    }
}

impl Line {
    fn new(run: &Run, scenario: &str, items: usize, failing: Option<usize>) -> Line {
        let lanes =
            [text!("읽기", "read"), text!("변환", "convert"), text!("쓰기", "write")].map(|name| run.lane(name));
        let secret = draw(0..1 << 48);
        let error = format!("E{}", secret % 1_000_000);
        run.fact("bound", BOUND);
        run.fact("items", items);
        run.fact("failing", failing);
        run.fact("error", error.clone());
        run.fact("values", (0..items as u64).map(|item| item ^ secret).collect::<Vec<_>>());
        let scenario = scenario.to_owned();
        let (meeting, so_far) = (Meeting::new(3, 100), Mutex::default());
        Line {
            run: run.clone(),
            scenario,
            items,
            failing,
            secret,
            error,
            lanes,
            meeting,
            so_far,
            changed: Condvar::new(),
        }
    }

    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stage(self: &Arc<Self>) -> Stage {
        self.so_far().stages += 1;
        Stage(Arc::clone(self))
    }

    /// In the scenario `flow` the reader waits at its third item, the converter at its second, the writer at its first, until all
    /// three are there.
    fn meet(&self, here: bool) {
        if here && self.scenario == "flow" {
            self.meeting.wait();
        }
    }

    fn read(self: &Arc<Self>) -> impl Iterator<Item = u32> + Send + use<> {
        let stage = self.stage();
        (0..self.items).map(move |item| {
            let line = &stage.0;
            line.lanes[0].enter(State::Running);
            line.meet(item == 2);
            line.lanes[0].leave();
            let mut so_far = line.so_far();
            so_far.threads[0] = this_thread();
            so_far.read += 1;
            so_far.most_before = so_far.most_before.max(so_far.before());
            line.changed.notify_all();
            item as u32
        })
    }

    fn convert(self: &Arc<Self>) -> impl Fn(u32) -> Result<u64, String> + Send + Sync + use<> {
        let stage = self.stage();
        move |item| {
            let line = &stage.0;
            let begun = {
                let mut so_far = line.so_far();
                so_far.threads[1] = this_thread();
                so_far.converting += 1;
                so_far.converting
            };
            line.lanes[1].enter(State::Running);
            line.meet(begun == 2);
            if line.failing == Some(item as usize) {
                line.lanes[1].end_as(State::Failed);
                return Err(line.error.clone());
            }
            line.lanes[1].leave();
            let mut so_far = line.so_far();
            so_far.converted += 1;
            so_far.most_after = so_far.most_after.max(so_far.after());
            line.changed.notify_all();
            Ok(u64::from(item) ^ line.secret)
        }
    }

    fn write(self: &Arc<Self>) -> impl FnMut(u64) + Send + use<> {
        let stage = self.stage();
        move |value| {
            let line = &stage.0;
            let begun = {
                let mut so_far = line.so_far();
                so_far.writing += 1;
                so_far.writing
            };
            line.lanes[2].enter(State::Running);
            line.meet(begun == 1);
            if line.scenario == "held" && begun == 1 {
                line.hold();
            }
            if line.scenario == "flow" && begun == line.items {
                line.linger();
            }
            line.lanes[2].leave();
            line.so_far().written.push(value);
            line.run.add("written_so_far", 1); // for a run that hangs
        }
    }

    /// The writer stands still until both queues are full and nobody has moved for a while, and looks at the others.
    fn hold(&self) {
        let full = self.wait(100, |so_far| so_far.before() > BOUND && so_far.after() > BOUND);
        self.wait(20, |so_far| so_far.before() > BOUND + 1 || so_far.after() > BOUND + 1);
        self.run.fact("full", full);
        let so_far = self.so_far();
        self.run.fact("before", so_far.before());
        self.run.fact("after", so_far.after());
        drop(so_far);
        self.look_for_polling();
    }

    /// The last item takes until `run` has returned, or until nobody can expect that any more.
    fn linger(&self) {
        self.wait(30, |so_far| so_far.returned);
    }

    /// Waits for so many turns. Whether it came to that.
    fn wait(&self, turns: usize, until: impl Fn(&SoFar) -> bool) -> bool {
        let mut so_far = self.so_far();
        let mut left = turns;
        while !until(&so_far) && left > 0 {
            let (after, timeout) = self.changed.wait_timeout(so_far, TURN).unwrap_or_else(PoisonError::into_inner);
            so_far = after;
            left -= usize::from(timeout.timed_out());
        }
        until(&so_far)
    }

    /// Counts in ten samples how often the threads of the reader and the converter had a core or wanted one, and how often they came
    /// off it meanwhile. A thread that waits does neither.
    fn look_for_polling(&self) {
        let me = this_thread();
        let threads: Vec<String> = {
            let so_far = self.so_far();
            so_far.threads.iter().flatten().filter(|&thread| Some(thread) != me.as_ref()).cloned().collect()
        };
        let cpu = kit::clock::cpu();
        let before: Vec<_> = threads.iter().map(|thread| status(thread)).collect();
        let mut running = vec![0; threads.len()];
        for _ in 0..10 {
            thread::sleep(TURN);
            for (running, thread) in running.iter_mut().zip(&threads) {
                *running += usize::from(status(thread).is_some_and(|status| status.is_runnable));
            }
        }
        let switches =
            |(thread, before): (&String, &Option<Status>)| Some(status(thread)?.switches - before.as_ref()?.switches);
        let switches: Option<Vec<u64>> = threads.iter().zip(&before).map(switches).collect();
        match switches.filter(|_| me.is_some()) {
            Some(switches) => {
                self.run.fact("switches", switches.into_iter().max().unwrap_or(0));
                self.run.fact("running", running.into_iter().max().unwrap_or(0));
            }
            // A system without /proc tells only the CPU time of the process, or nothing.
            None => self.run.fact("cpu_ns", cpu.and_then(|cpu| Some(kit::clock::cpu()? - cpu))),
        }
    }

    fn ended(&self, outcome: Result<usize, String>) {
        let mut so_far = self.so_far();
        so_far.returned = true;
        let run = &self.run;
        run.fact("returned_at", kit::clock::now());
        run.fact("read", so_far.read);
        run.fact("written", so_far.written.clone());
        run.fact("most_before", so_far.most_before);
        run.fact("most_after", so_far.most_after);
        run.fact("stages_left", so_far.stages);
        match outcome {
            Ok(count) => run.fact("count", count),
            Err(said) => run.fact("said", said),
        }
        drop(so_far);
        self.changed.notify_all();
    }
}

/// The system's number of this thread, where the system tells.
fn this_thread() -> Option<String> {
    let path = fs::read_link("/proc/thread-self").ok()?;
    Some(path.file_name()?.to_string_lossy().into_owned())
}

/// What the system says of a thread.
struct Status {
    is_runnable: bool,
    switches: u64,
}

fn status(thread: &str) -> Option<Status> {
    let said = fs::read_to_string(format!("/proc/self/task/{thread}/status")).ok()?;
    let field = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let number = |name: &str| field(name).and_then(|value| value.parse::<u64>().ok());
    Some(Status {
        is_runnable: field("State:")?.starts_with('R'),
        switches: number("voluntary_ctxt_switches:")? + number("nonvoluntary_ctxt_switches:")?,
    })
}
