//! Runs a scenario of lab 11: starts real worker processes, watches every byte that goes to them and comes from them, and kills
//! one. It judges nothing. Started with `worker` it is such a worker.

use std::env;
use std::io::{self, Read, Write};
use std::process::{self, Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use kit::{Lane, Run, State, Text, text};

use crate::submission::{self, Worker};

const WORKERS: usize = 3;
/// So many waits of 10 ms: counted in turns that this thread was given, which a busy machine takes from everybody alike.
const PATIENCE: usize = 300;

pub fn run(scenario: &str, run: &Run) {
    let tasks = match scenario {
        "worker" => process::exit(i32::from(work().is_err())),
        "big" => tasks(6, 300_000),
        _ => tasks(12, 60),
    };
    let number = tasks.len();
    run.title(text!("작업 {number}개, 워커 {WORKERS}개", "{number} tasks, {WORKERS} workers"));
    run.fact("tasks", number);
    run.fact("workers", WORKERS);
    let pool = Arc::new(Pool {
        run: run.clone(),
        in_pieces: scenario != "big",
        kills: scenario == "killed",
        tasks: tasks.clone(),
        state: Mutex::default(),
        changed: Condvar::new(),
    });
    let starter = pool.clone();
    let answers = submission::run(tasks, WORKERS, &move || start(&starter));
    pool.compare(&answers);
    pool.wait_for_the_workers();
}

/// Each begins with its number, so that no two are alike.
fn tasks(number: usize, size: usize) -> Vec<Vec<u8>> {
    let task = |task| format!("{task:02} ").bytes().chain((0..size).map(|i| b'a' + ((i * 7 + task) % 26) as u8)).collect();
    (0..number).map(task).collect()
}

fn answer_to(task: &[u8]) -> Vec<u8> {
    task.iter().rev().copied().collect()
}

/// The worker: answers frames until its input is closed.
fn work() -> io::Result<()> {
    let (mut from, mut to) = (io::stdin().lock(), io::stdout().lock());
    let mut length = [0; 4];
    while from.read_exact(&mut length).is_ok() {
        let mut task = vec![0; u32::from_be_bytes(length) as usize];
        from.read_exact(&mut task)?;
        to.write_all(&length)?;
        to.write_all(&answer_to(&task))?;
        to.flush()?;
    }
    Ok(())
}

/// What the driver knows of all workers.
struct Pool {
    run: Run,
    /// A `read` gives a few bytes at most, as it may.
    in_pieces: bool,
    kills: bool,
    tasks: Vec<Vec<u8>>,
    state: Mutex<Everybody>,
    changed: Condvar,
}

#[derive(Default)]
struct Everybody {
    children: Vec<Child>,
    in_flight: usize,
    peak: usize,
    /// Nobody waits for the others any more.
    impatient: bool,
    killed: bool,
}

/// One worker, shared by both ends of its pipes.
struct Seat {
    pool: Arc<Pool>,
    number: usize,
    now: Mutex<Now>,
}

struct Now {
    lane: Lane,
    /// Bytes on the way to the worker that are not a whole frame yet, and bytes of an answer.
    sending: Vec<u8>,
    receiving: Vec<u8>,
    /// What it was given and has not answered, the oldest first.
    has: Vec<Option<usize>>,
    answered: usize,
    dead: bool,
}

fn start(pool: &Arc<Pool>) -> Worker {
    let mut command = Command::new(env::current_exe().expect("this program is running"));
    // A worker records nothing, and ends when its input does.
    command.arg("worker").env_remove("KIT_OUT").env("KIT_LIMIT_MS", "600000");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a worker can be started");
    let (to, from) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
    let mut all = pool.all();
    all.children.push(child);
    let number = all.children.len();
    drop(all);
    let lane = pool.run.lane(text!("워커 {number}", "worker {number}"));
    lane.enter(State::Idle);
    let now = Now { lane, sending: Vec::new(), receiving: Vec::new(), has: Vec::new(), answered: 0, dead: false };
    let seat = Arc::new(Seat { pool: pool.clone(), number, now: Mutex::new(now) });
    (Box::new(To { pipe: to, seat: seat.clone() }), Box::new(From { pipe: from, seat }))
}

impl Pool {
    fn all(&self) -> MutexGuard<'_, Everybody> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn more_in_flight(&self) {
        let mut all = self.all();
        all.in_flight += 1;
        all.peak = all.peak.max(all.in_flight);
        self.run.fact("peak", all.peak);
        drop(all);
        self.changed.notify_all();
    }

    /// Before the first answer is read, every worker should have a task. Who asks one worker after another waits here once.
    fn wait_for_the_others(&self) {
        let mut turns = 0;
        let mut all = self.all();
        while all.peak < WORKERS && !all.impatient {
            let (after, timeout) = self.changed.wait_timeout(all, Duration::from_millis(10)).unwrap_or_else(PoisonError::into_inner);
            all = after;
            turns += usize::from(timeout.timed_out());
            all.impatient |= turns >= PATIENCE;
        }
    }

    /// Which task each answer belongs to: -1 if it is nobody's.
    fn compare(&self, answers: &[Vec<u8>]) {
        let expected: Vec<Vec<u8>> = self.tasks.iter().map(|task| answer_to(task)).collect();
        let whose = |answer: &Vec<u8>| expected.iter().position(|right| right == answer).map_or(-1, |task| task as i64);
        let whose: Vec<i64> = answers.iter().map(whose).collect();
        let sizes: Vec<[usize; 2]> = answers.iter().zip(&expected).map(|(got, right)| [got.len(), right.len()]).collect();
        self.run.fact("results", whose);
        self.run.fact("sizes", sizes.iter().map(|pair| pair.to_vec()).collect::<Vec<_>>());
    }

    /// A worker whose input was closed ends by itself.
    fn wait_for_the_workers(&self) {
        // One patience for all of them.
        let (mut open, mut turns) = (Vec::new(), 0);
        for (number, child) in self.all().children.iter_mut().enumerate() {
            let ended = |child: &mut Child| child.try_wait().ok().flatten().is_some();
            while !ended(child) && turns < PATIENCE {
                thread::sleep(Duration::from_millis(10));
                turns += 1;
            }
            if !ended(child) {
                open.push(number + 1);
                let _ = child.kill();
                let _ = child.wait();
            }
        }
        self.run.fact("open", open);
    }
}


impl Seat {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self) -> Text {
        let number = self.number;
        text!("워커 {number}", "worker {number}")
    }

    /// Bytes that the submission has written: with each whole frame the worker has one more task.
    fn sent(&self, bytes: &[u8]) {
        let mut now = self.now();
        now.sending.extend_from_slice(bytes);
        while let Some(frame) = take_frame(&mut now.sending) {
            let task = self.pool.tasks.iter().position(|task| *task == frame);
            self.pool.run.push("sent", pair(self.number, task));
            now.has.push(task);
            now.lane.enter(State::Running);
            self.pool.more_in_flight();
        }
    }

    /// Bytes that the submission has read: with each whole frame it has an answer.
    fn received(&self, bytes: &[u8]) {
        let mut now = self.now();
        now.receiving.extend_from_slice(bytes);
        while take_frame(&mut now.receiving).is_some() && !now.has.is_empty() {
            let task = now.has.remove(0);
            now.answered += 1;
            self.pool.run.push("answered", pair(self.number, task));
            self.pool.all().in_flight -= 1;
            if now.has.is_empty() {
                now.lane.enter(State::Idle);
            }
        }
    }

    /// How many bytes the next `read` may give: in the middle of the second answer of a worker, the worker is killed there.
    fn room(&self, wanted: usize) -> usize {
        let now = self.now();
        let piece = if self.pool.in_pieces { 1 + (now.receiving.len() * 5 + now.answered) % 7 } else { wanted };
        match self.until_the_kill(&now) {
            Some(left) => piece.min(left.max(1)).min(wanted),
            None => piece.min(wanted),
        }
    }

    /// Bytes until the middle of the answer, if this is the one.
    fn until_the_kill(&self, now: &Now) -> Option<usize> {
        let task = (*now.has.first()?)?;
        let all = self.pool.all();
        (self.pool.kills && !all.killed && now.answered == 1)
            .then(|| (4 + self.pool.tasks[task].len() / 2).saturating_sub(now.receiving.len()))
    }

    /// `kill -9`, in the middle of the answer.
    fn kill_if_it_is_time(&self) {
        let mut now = self.now();
        if self.until_the_kill(&now) != Some(0) {
            return;
        }
        let task = now.has.first().copied().flatten();
        let mut all = self.pool.all();
        all.killed = true;
        all.in_flight -= now.has.len();
        if let Some(child) = all.children.get_mut(self.number - 1) {
            let _ = child.kill();
            let _ = child.wait();
        }
        drop(all);
        now.dead = true;
        now.lane.end_as(State::Killed);
        self.pool.run.fact("killed", pair(self.number, task));
    }
}

/// The worker and its task; -1 for bytes that are no task.
fn pair(worker: usize, task: Option<usize>) -> Vec<i64> {
    vec![worker as i64, task.map_or(-1, |task| task as i64)]
}

fn take_frame(bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
    let frame = bytes.get(4..4 + length)?.to_vec();
    bytes.drain(..4 + length);
    Some(frame)
}

struct To {
    pipe: ChildStdin,
    seat: Arc<Seat>,
}

impl Write for To {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let seat = &self.seat;
        let (run, worker) = (&seat.pool.run, seat.name());
        let room = text!("워커가 파이프를 읽어 자리를 비워 주기", "room in the pipe, which the worker does not read");
        let _room = run.waiting(Text::from("run()"), room, Some(worker.clone()));
        // A worker that has an answer to write reads nothing until somebody reads that.
        let has_an_answer = !seat.now().has.is_empty();
        let answer = || run.waiting(worker, text!("누군가 답을 읽어 주기", "somebody to read its answer"), Some(Text::from("run()")));
        let _answer = has_an_answer.then(answer);
        let written = self.pipe.write(bytes)?;
        seat.sent(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}

struct From {
    pipe: ChildStdout,
    seat: Arc<Seat>,
}

impl Read for From {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let seat = &self.seat;
        if seat.pool.in_pieces && !seat.now().has.is_empty() {
            seat.pool.wait_for_the_others();
        }
        seat.kill_if_it_is_time();
        if seat.now().dead {
            // What the dead worker had written may still be in the pipe; it would end here or a little later.
            return Ok(0);
        }
        let room = seat.room(buffer.len());
        let _waiting = seat.pool.run.waiting(Text::from("run()"), text!("워커의 답", "an answer"), Some(seat.name()));
        let read = self.pipe.read(&mut buffer[..room])?;
        seat.received(&buffer[..read]);
        Ok(read)
    }
}
