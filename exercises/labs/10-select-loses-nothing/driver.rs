//! Runs a scenario of lab 10 with a submission and records it. It judges nothing.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use kit::{Lane, Run, State, draw, text};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Sender};

use crate::submission::serve;

/// Between two steps `serve` may be run so often. More is busy polling.
const RUNS: usize = 1000;

/// What the driver does next, when nobody can go on.
#[derive(Clone)]
enum Step {
    /// These bytes arrive, and then as many frames are complete.
    Bytes(Vec<u8>, usize),
    /// A command arrives.
    Command,
    /// Both at the same moment.
    Both(Vec<u8>, usize),
    /// There will be no more commands.
    NoMoreCommands,
    /// The stream ends.
    End,
}

pub fn run(scenario: &str, run: &Run) {
    run.title(text!("아무것도 잃지 않는 select 루프", "a select loop that loses nothing"));
    run.fact("runs_allowed", RUNS);
    let mut script = Script::default();
    match scenario {
        "cut" => script.cut(),
        "half" => script.half(),
        "burst" => script.burst(),
        "commands-end" => script.commands_end(),
        _ => script.truncated(),
    }
    run.fact("frames_sent", script.frames.iter().map(|frame| hex(frame)).collect::<Vec<_>>());
    run.fact("cuts", script.cuts.clone());
    let (sender, receiver) = mpsc::channel(64);
    let show = Show::new(run, script, sender);
    let idle = show.clone();
    let mut runtime = Builder::new_current_thread();
    // Called when the runtime has nothing to do. So the driver needs no sleep to know that everybody waits.
    runtime.enable_time().on_thread_park(move || idle.idle());
    let runtime = runtime.build().expect("a runtime of one thread needs a timer only");
    runtime.block_on(async {
        tokio::spawn(keep_awake(show.clone()));
        let (frames, commands) = (show.clone(), show.clone());
        let mut serving = pin!(serve(
            Stream(show.clone()),
            receiver,
            move |content| frames.got_frame(&content),
            move |command| commands.got_command(command),
        ));
        let outcome = poll_fn(|context| {
            if show.is_over(context.waker()) {
                return Poll::Ready(None);
            }
            serving.as_mut().poll(context).map(Some)
        })
        .await;
        show.ended(outcome);
    });
}

/// A step may wake nobody. Then this task runs, so that the runtime becomes idle again, and the next step is taken.
async fn keep_awake(show: Show) {
    loop {
        show.stepped.notified().await;
    }
}

/// The steps, and the frames that are in them.
#[derive(Default)]
struct Script {
    steps: VecDeque<Step>,
    frames: Vec<Vec<u8>>,
    /// For each frame, after how many of its bytes a command comes; 0 if none does.
    cuts: Vec<usize>,
}

impl Script {
    /// A new frame, with four bytes of content that nobody knows.
    fn frame(&mut self, cut: usize) -> Vec<u8> {
        let content = (draw(0..1 << 32) as u32).to_be_bytes().to_vec();
        let bytes = [vec![0, 4], content.clone()].concat();
        self.frames.push(content);
        self.cuts.push(cut);
        bytes
    }

    fn add(&mut self, step: Step) {
        self.steps.push_back(step);
    }

    fn whole_frame(&mut self) {
        let bytes = self.frame(0);
        self.add(Step::Bytes(bytes, 1));
    }

    fn cut_frame(&mut self, at: usize) {
        let bytes = self.frame(at);
        self.add(Step::Bytes(bytes[..at].to_vec(), 0));
        self.add(Step::Command);
        self.add(Step::Bytes(bytes[at..].to_vec(), 1));
    }

    /// A command between any two bytes of a frame, and then commands and bytes at the same moment.
    fn cut(&mut self) {
        self.whole_frame();
        (1..6).for_each(|at| self.cut_frame(at));
        for _ in 0..3 {
            let bytes = self.frame(0);
            self.add(Step::Both(bytes, 1));
        }
        self.add(Step::End);
    }

    /// Frames without any command; two commands while a frame is half there.
    fn half(&mut self) {
        self.whole_frame();
        self.whole_frame();
        let bytes = self.frame(3);
        self.add(Step::Bytes(bytes[..3].to_vec(), 0));
        self.add(Step::Command);
        self.add(Step::Command);
        self.add(Step::Bytes(bytes[3..].to_vec(), 1));
        self.add(Step::End);
    }

    /// Three frames and a half at once.
    fn burst(&mut self) {
        let (first, second, third, last) = (self.frame(0), self.frame(0), self.frame(0), self.frame(0));
        self.add(Step::Bytes([&first[..], &second, &third, &last[..3]].concat(), 3));
        self.add(Step::Bytes(last[3..].to_vec(), 1));
        self.add(Step::End);
    }

    fn commands_end(&mut self) {
        self.whole_frame();
        self.add(Step::Command);
        self.add(Step::NoMoreCommands);
        self.whole_frame();
        self.whole_frame();
        self.add(Step::End);
    }

    fn truncated(&mut self) {
        self.whole_frame();
        let bytes = self.frame(0);
        self.frames.pop();
        self.cuts.pop();
        self.add(Step::Bytes(bytes[..4].to_vec(), 0));
        self.add(Step::End);
    }
}

/// What is going on: the stream, the commands, and what `serve` has handed on.
#[derive(Clone)]
struct Show {
    run: Run,
    now: Arc<Mutex<Now>>,
    stepped: Arc<Notify>,
}

struct Now {
    steps: VecDeque<Step>,
    bytes: VecDeque<u8>,
    stream_ended: bool,
    reader: Option<Waker>,
    commands: Option<Sender<u32>>,
    caller: Option<Waker>,
    /// Since the last step.
    runs: usize,
    over: bool,
    /// What must have been handed on by the next step.
    due: (usize, usize),
    frames: usize,
    commands_got: usize,
    next_command: u32,
    /// Of each frame and of each command, from its first byte until it is handed on.
    frame_lanes: Vec<Lane>,
    begun: usize,
    command_lanes: Vec<Lane>,
}

impl Show {
    fn new(run: &Run, script: Script, commands: Sender<u32>) -> Show {
        let frame_lanes = (0..script.frames.len()).map(|i| run.lane(text!("프레임 {i}", "frame {i}"))).collect();
        let first = draw(1_000..1_000_000) as u32;
        let now = Now {
            steps: script.steps,
            bytes: VecDeque::new(),
            stream_ended: false,
            reader: None,
            commands: Some(commands),
            caller: None,
            runs: 0,
            over: false,
            due: (0, 0),
            frames: 0,
            commands_got: 0,
            next_command: first,
            frame_lanes,
            begun: 0,
            command_lanes: Vec::new(),
        };
        let names = ["frames_got", "commands_got", "commands_sent", "late", "runs"];
        names.into_iter().for_each(|name| run.fact(name, Vec::<u64>::new()));
        Show { run: run.clone(), now: Arc::new(Mutex::new(now)), stepped: Arc::default() }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Called whenever `serve` is about to run. Whether the scenario is over.
    fn is_over(&self, waker: &Waker) -> bool {
        let mut now = self.now();
        now.caller = Some(waker.clone());
        now.runs += 1;
        if now.runs > RUNS {
            self.step(&mut now); // the runtime never becomes idle
        }
        now.over
    }

    /// Nobody can go on.
    fn idle(&self) {
        let mut now = self.now();
        if !now.over {
            thread::sleep(Duration::from_millis(1)); // so that the lanes can be read
            self.step(&mut now);
        }
    }

    /// Looks at what should have been handed on by now, and takes the next step.
    fn step(&self, now: &mut Now) {
        self.check(now);
        self.stepped.notify_one();
        match now.steps.pop_front() {
            Some(step) => self.take(now, step),
            None => {
                now.over = true; // serve should have ended
                if let Some(caller) = now.caller.take() {
                    caller.wake();
                }
            }
        }
    }

    fn check(&self, now: &mut Now) {
        self.run.push("runs", now.runs);
        now.runs = 0;
        let (frames, commands) = now.due;
        if now.frames < frames {
            self.run.push("late", format!("frame {}", now.frames));
        }
        if now.commands_got < commands {
            self.run.push("late", format!("command {}", now.commands_got));
        }
    }

    fn take(&self, now: &mut Now, step: Step) {
        match step {
            Step::Bytes(bytes, complete) => self.arrive(now, &bytes, complete),
            Step::Command => self.command(now),
            Step::Both(bytes, complete) => {
                self.command(now);
                self.arrive(now, &bytes, complete);
            }
            Step::NoMoreCommands => now.commands = None,
            Step::End => {
                now.stream_ended = true;
                if let Some(reader) = now.reader.take() {
                    reader.wake();
                }
            }
        }
    }

    fn arrive(&self, now: &mut Now, bytes: &[u8], complete: usize) {
        now.bytes.extend(bytes);
        now.due.0 += complete;
        // The lanes of the frames that have begun by now: those that are complete, and the one whose first bytes these are.
        let begun = (now.due.0 + usize::from(complete == 0 || bytes.len() > 6 * complete)).min(now.frame_lanes.len());
        for lane in now.begun..begun {
            now.frame_lanes[lane].enter(State::WaitingForIo);
        }
        now.begun = now.begun.max(begun);
        if let Some(reader) = now.reader.take() {
            reader.wake();
        }
    }

    fn command(&self, now: &mut Now) {
        let number = now.command_lanes.len();
        let lane = self.run.lane(text!("명령 {number}", "command {number}"));
        lane.enter(State::WaitingForIo);
        now.command_lanes.push(lane);
        let command = now.next_command;
        now.next_command += 1;
        now.due.1 += 1;
        self.run.push("commands_sent", command);
        // If `serve` has dropped its end, the command is lost; the judge sees that.
        let _ = now.commands.as_ref().map(|commands| commands.try_send(command));
    }

    fn got_frame(&self, content: &[u8]) {
        let mut now = self.now();
        self.run.push("frames_got", hex(content));
        if let Some(lane) = now.frame_lanes.get(now.frames) {
            lane.leave();
        }
        now.frames += 1;
    }

    fn got_command(&self, command: u32) {
        let mut now = self.now();
        self.run.push("commands_got", command);
        if let Some(lane) = now.command_lanes.get(now.commands_got) {
            lane.leave();
        }
        now.commands_got += 1;
    }

    fn ended(&self, outcome: Option<Result<(), String>>) {
        let mut now = self.now();
        now.over = true;
        self.run.push("runs", now.runs);
        self.run.fact("steps_left", now.steps.len());
        let ended = match outcome {
            None => "still waiting",
            Some(Ok(())) => "ok",
            Some(Err(said)) => {
                self.run.fact("said", said);
                "error"
            }
        };
        self.run.fact("ended", ended);
    }
}

/// The stream that `serve` reads.
struct Stream(Show);

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut now = self.0.now();
        if now.bytes.is_empty() && !now.stream_ended {
            now.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        let count = now.bytes.len().min(buffer.remaining());
        let bytes: Vec<u8> = now.bytes.drain(..count).collect();
        buffer.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
