//! The process between the grader and the submission: it waits, watches, kills, and reports.

use std::io::{self, BufRead, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lab::{Error, Result, text};
use rustix::process::{WaitOptions, WaitStatus, getpid, set_child_subreaper, setpriority_process, wait};

use super::ended::{Ended, Fence, Guards, How};
use super::job::{EXECUTABLE, Job, START, SUPERVISE};
use super::stop::{is_stopped, stopped};
use super::{descendants, folder, start};

/// What the supervisor tells the grader: how it ended, or why nothing was started.
type Report = std::result::Result<Ended, String>;

/// The grader's side: starts a supervisor and waits for its report.
pub fn run(job: Job) -> Result<Ended> {
    let no = |e: &dyn std::fmt::Display| {
        let program = job.program.display();
        Error::failed(text!("{program}: 실행할 수 없습니다: {e}", "{program}: cannot be run: {e}"))
    };
    let mut supervisor = spawn().map_err(|e| no(&e))?;
    let lifeline = hand_over(&mut supervisor, &job);
    let report = read_report(&mut supervisor, lifeline.ok());
    let _ = supervisor.wait();
    let ended = serde_json::from_str::<Report>(&report)
        .unwrap_or_else(|_| Err("the supervisor ended without a report".into()))
        .map_err(|e| no(&e))?;
    if ended.how == How::Stopped {
        return Err(stopped());
    }
    Ok(ended)
}

fn spawn() -> io::Result<Child> {
    let executable = EXECUTABLE.get().cloned().map_or_else(std::env::current_exe, Ok)?;
    let mut command = Command::new(executable);
    // A group of its own: Ctrl-C in the terminal reaches the grader alone, and the grader then closes the lifeline.
    command.arg(SUPERVISE).process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
}

/// Sends the job, and returns the pipe that the supervisor watches.
fn hand_over(supervisor: &mut Child, job: &Job) -> io::Result<ChildStdin> {
    let mut pipe = supervisor.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let mut line = serde_json::to_vec(job)?;
    line.push(b'\n');
    pipe.write_all(&line)?;
    Ok(pipe)
}

fn read_report(supervisor: &mut Child, mut lifeline: Option<ChildStdin>) -> String {
    let (done, report) = mpsc::channel();
    if let Some(mut pipe) = supervisor.stdout.take() {
        thread::spawn(move || {
            let mut report = String::new();
            let _ = pipe.read_to_string(&mut report);
            let _ = done.send(report);
        });
    }
    loop {
        match report.recv_timeout(Duration::from_millis(50)) {
            Ok(report) => return report,
            Err(RecvTimeoutError::Disconnected) => return String::new(),
            Err(RecvTimeoutError::Timeout) if is_stopped() => drop(lifeline.take()),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The supervisor's own `main`.
pub fn main() -> ExitCode {
    let mut line = String::new();
    let job = io::stdin().lock().read_line(&mut line).ok().and_then(|_| serde_json::from_str::<Job>(&line).ok());
    let Some(job) = job else {
        let _ = writeln!(io::stderr(), "{SUPERVISE} is started by the grader alone");
        return ExitCode::from(2);
    };
    let report: Report = supervise(&job).map_err(|e| e.to_string());
    // If the grader is gone, nobody reads this.
    let _ = serde_json::to_writer(io::stdout(), &report);
    ExitCode::SUCCESS
}

/// What the supervisor waits for.
enum Event {
    Ended(i32, WaitStatus),
    NobodyLeft,
    GraderGone,
    Overflow,
}

fn supervise(job: &Job) -> io::Result<Ended> {
    set_child_subreaper(Some(getpid()))?;
    // Only root may. Beside a fork bomb this process needs its turn.
    let _ = setpriority_process(None, -10);
    let (tell, events) = mpsc::channel();
    watch_grader(tell.clone());
    let started = Instant::now();
    let mut child = start_program(job)?;
    let most = job.limits.output_bytes;
    let out = gather(child.stdout.take(), most + start::FIRST_LINE as u64, tell.clone());
    let err = gather(child.stderr.take(), most, tell.clone());
    reap(tell);
    let mut watch = Watch { job, started, peak_memory: 0, peak_processes: 0, next_look: started };
    let how = watch.until_ended(&events, child.id() as i32);
    let wall = started.elapsed();
    let left = if how.is_limit() { Left::Unknown } else { linger(&events) };
    if left != Left::Nobody && !kill_all(&events, child.id() as i32) {
        return Err(io::Error::other("a process of the submission cannot be killed"));
    }
    // Everything that was printed, also what was still in the pipes.
    let overflowed = out.finish() | err.finish();
    let how = if overflowed && !how.is_limit() { How::Output } else { how };
    let err = err.text();
    if let Some(why) = err.strip_prefix(&start::failed(job)) {
        return Err(io::Error::other(why.trim().to_owned()));
    }
    let (fence, out) = fence_and_output(&out.text(), &err)?;
    Ok(Ended {
        how,
        out,
        err,
        wall,
        cpu: descendants::cpu_of_ended(),
        peak_memory: watch.peak_memory,
        peak_processes: watch.peak_processes,
        left_behind: if let Left::Some(number) = left { number } else { 0 },
        guards: Guards { limits: true, own_user: job.limits.user.is_some(), reads_everything: job.read_all, fence },
    })
}

fn start_program(job: &Job) -> io::Result<Child> {
    // The environment is set here, not in the argument: everybody may read the arguments of a process.
    let argument = serde_json::to_string(&Job { env: Vec::new(), ..job.clone() })?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args([START, &argument]).env_clear().envs(job.env.iter().map(|(name, value)| (name, value)));
    command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// The lifeline is this process's standard input: its end is the grader's end.
fn watch_grader(tell: Sender<Event>) {
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        let _ = tell.send(Event::GraderGone);
    });
}

/// Waits for all children, also those that a process of the submission left behind. Nothing else here may wait for one.
fn reap(tell: Sender<Event>) {
    thread::spawn(move || {
        loop {
            match wait(WaitOptions::empty()) {
                Ok(Some((id, status))) => drop(tell.send(Event::Ended(id.as_raw_nonzero().get(), status))),
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(_) => break,
            }
        }
        let _ = tell.send(Event::NobodyLeft);
    });
}

/// The beginning of what came through a pipe.
struct Gathered {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Says it if there was too much; hangs up at the pipe's end.
    too_much: Receiver<()>,
}

impl Gathered {
    /// Waits for the end of the pipe. Says whether more came than was kept.
    fn finish(&self) -> bool {
        /// All writers are dead; only a pipe that one of them sent to a stranger through a socket is still open.
        const MOST: Duration = Duration::from_secs(2);

        let mut overflowed = false;
        while self.too_much.recv_timeout(MOST).is_ok() {
            overflowed = true;
        }
        overflowed
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

fn gather(pipe: Option<impl Read + Send + 'static>, most: u64, tell: Sender<Event>) -> Gathered {
    let (overflow, too_much) = mpsc::channel();
    let gathered = Gathered { bytes: Arc::default(), too_much };
    let bytes = gathered.bytes.clone();
    thread::spawn(move || {
        let mut told = false;
        let mut buffer = [0; 16 << 10];
        let mut pipe = pipe;
        while let Some(read) = pipe.as_mut().and_then(|pipe| pipe.read(&mut buffer).ok()).filter(|&read| read > 0) {
            let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
            let room = (most as usize).saturating_sub(bytes.len());
            bytes.extend_from_slice(&buffer[..read.min(room)]);
            // The rest is read and thrown away, so that a writer is ended by us and not by a full pipe.
            if read > room && !std::mem::replace(&mut told, true) {
                let _ = overflow.send(());
                let _ = tell.send(Event::Overflow);
            }
        }
    });
    gathered
}

/// The first line on standard output is from `limits-start`; the rest is the program's.
fn fence_and_output(out: &str, err: &str) -> io::Result<(Fence, String)> {
    let (first, rest) = out.split_once('\n').unwrap_or((out, ""));
    let fence = serde_json::from_str(first).map_err(|_| io::Error::other(err.trim().to_owned()))?;
    Ok((fence, rest.to_owned()))
}

struct Watch<'a> {
    job: &'a Job,
    started: Instant,
    peak_memory: u64,
    peak_processes: u64,
    next_look: Instant,
}

impl Watch<'_> {
    /// Until the program itself ends or exceeds a limit. What it started may go on for now.
    fn until_ended(&mut self, events: &Receiver<Event>, program: i32) -> How {
        let limit = self.started + self.job.limits.wall;
        let mut next_walk = self.started;
        loop {
            let wake = self.next_look.min(limit);
            match events.recv_timeout(wake.saturating_duration_since(Instant::now())) {
                Ok(Event::Ended(id, status)) if id == program => return how(status, self.job, self.started),
                Ok(Event::Ended(..)) => {}
                Ok(Event::GraderGone) => return How::Stopped,
                Ok(Event::Overflow) => return How::Output,
                Ok(Event::NobodyLeft) | Err(RecvTimeoutError::Disconnected) => return How::Signal(0),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= limit {
                return How::Wall;
            }
            if let Some(exceeded) = self.look().or_else(|| walk(self.job, &mut next_walk)) {
                return exceeded;
            }
        }
    }

    fn look(&mut self) -> Option<How> {
        let start = Instant::now();
        if start < self.next_look {
            return None;
        }
        let running = descendants::running();
        let memory = running.iter().map(|process| process.resident).sum();
        let tasks = running.iter().map(|process| process.threads).sum();
        self.peak_memory = self.peak_memory.max(memory);
        self.peak_processes = self.peak_processes.max(tasks);
        self.next_look = Instant::now() + pause(start.elapsed(), Duration::from_millis(20));
        let limits = &self.job.limits;
        (tasks >= limits.processes).then_some(How::Processes).or((memory > limits.memory).then_some(How::Memory))
    }
}

/// Adds up the folder, if it is time to.
fn walk(job: &Job, next: &mut Instant) -> Option<How> {
    let start = Instant::now();
    if start < *next {
        return None;
    }
    let limits = &job.limits;
    let (bytes, files) = folder::size(&limits.folder, limits.folder_files);
    *next = Instant::now() + pause(start.elapsed(), Duration::from_millis(100));
    (bytes > limits.folder_bytes || files > limits.folder_files).then_some(How::Folder)
}

/// Watching takes at most a twentieth of a core, however many processes and files there are.
fn pause(took: Duration, least: Duration) -> Duration {
    (took * 20).max(least)
}

fn how(status: WaitStatus, job: &Job, started: Instant) -> How {
    const SIGXCPU: i32 = rustix::process::Signal::XCPU.as_raw();
    const SIGXFSZ: i32 = rustix::process::Signal::XFSZ.as_raw();
    const SIGKILL: i32 = rustix::process::Signal::KILL.as_raw();
    match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => How::Exit(code),
        (None, Some(SIGXCPU)) => How::Cpu,
        (None, Some(SIGXFSZ)) => How::FileSize,
        // A program that ignores SIGXCPU is killed by the kernel a second later.
        (None, Some(SIGKILL)) if started.elapsed() > job.limits.cpu && descendants::cpu_of_ended() > job.limits.cpu => {
            How::Cpu
        }
        (None, signal) => How::Signal(signal.unwrap_or(0)),
    }
}

/// Who is running when the program has ended.
#[derive(PartialEq)]
enum Left {
    Nobody,
    Some(u64),
    /// It was stopped; then nothing is said about it.
    Unknown,
}

/// What the program started may take a moment to end after it.
fn linger(events: &Receiver<Event>) -> Left {
    const MOMENT: Duration = Duration::from_millis(200);

    let end = Instant::now() + MOMENT;
    while let Ok(event) = events.recv_timeout(end.saturating_duration_since(Instant::now())) {
        if matches!(event, Event::NobodyLeft) {
            return Left::Nobody;
        }
    }
    Left::Some(descendants::running().len() as u64)
}

/// Whether nothing is left. A process may take a moment to die, for example while it writes a core of its memory to disk.
fn kill_all(events: &Receiver<Event>, group: i32) -> bool {
    const MOST: Duration = Duration::from_secs(120);

    let start = Instant::now();
    while start.elapsed() < MOST {
        descendants::kill(group);
        loop {
            match events.recv_timeout(Duration::from_millis(50)) {
                Ok(Event::NobodyLeft) | Err(RecvTimeoutError::Disconnected) => return true,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => break,
            }
        }
    }
    false
}
