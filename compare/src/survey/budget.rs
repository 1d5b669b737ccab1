//! Runs the commands of the ledger, one after another, within a budget of time.

use std::ffi::OsString;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use lab::lang::{self, Text};
use lab::python::Interpreter;
use lab::report::{Report, unit};
use lab::{process, text};

use super::{Run, Survey, programs, words_of};
use crate::ctrl_c;

/// How often Ctrl-C is looked for.
const POLL: Duration = Duration::from_millis(50);

/// What the thread that runs the commands tells.
enum Event {
    /// The command of this number begins.
    Begins(usize),
    /// And has ended.
    Ended(usize, Box<Result<Report, Text>>),
}

/// Runs these commands in this order. Building a program is not part of the budget.
pub fn run(commands: &[String], budget: Duration, pythons: &[Interpreter]) -> lab::Result<Survey> {
    ctrl_c::listen()?;
    let mut survey = Survey::here(pythons);
    let mut found: Vec<Option<Result<Report, Text>>> = commands.iter().map(|_| None).collect();
    let (tell, events) = mpsc::channel();
    let (all, pythons) = (commands.to_vec(), python_args(pythons));
    // It ends with its last command or with this process, and its children end with it.
    thread::spawn(move || run_all(&all, budget, &pythons, &tell));
    let bar = progress::steps(commands.len());
    loop {
        match events.recv_timeout(POLL) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Event::Begins(n)) => bar.set_message(commands[n].clone()),
            Ok(Event::Ended(n, result)) => {
                found[n] = Some(*result);
                bar.inc(1);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if ctrl_c::was_pressed(false) {
            survey.interrupted = true;
            break;
        }
    }
    bar.finish_and_clear();
    let stopped = || text!("중단했습니다(Ctrl-C)", "interrupted (Ctrl-C)");
    survey.runs = commands
        .iter()
        .zip(found)
        .map(|(command, result)| {
            let (report, missing) = match result.unwrap_or_else(|| Err(stopped())) {
                Ok(report) => (Some(report), None),
                Err(why) => (None, Some(why)),
            };
            Run { command: command.clone(), report, missing }
        })
        .collect();
    Ok(survey)
}

fn run_all(commands: &[String], budget: Duration, pythons: &[OsString], tell: &Sender<Event>) {
    let mut packages: Vec<(&str, Result<(), Text>)> = Vec::new();
    for package in commands.iter().map(|command| words_of(command).0) {
        if package != env!("CARGO_PKG_NAME") && packages.iter().all(|(known, _)| *known != package) {
            packages.push((package, programs::build(package)));
        }
    }
    let start = Instant::now();
    for (n, command) in commands.iter().enumerate() {
        // Nobody listens any more after Ctrl-C.
        if tell.send(Event::Begins(n)).is_err() {
            return;
        }
        let package = words_of(command).0;
        let built = packages.iter().find(|(known, _)| *known == package).map_or(Ok(()), |(_, built)| built.clone());
        let result = built.and_then(|()| run_one(command, pythons, start, budget));
        let _ = tell.send(Event::Ended(n, Box::new(result)));
    }
}

/// Runs one command in the time that is left.
fn run_one(command: &str, pythons: &[OsString], start: Instant, budget: Duration) -> Result<Report, Text> {
    let seconds = unit::duration(budget.as_nanos() as f64);
    let no_time = || {
        text!(
            "시간이 모자랍니다(예산 {seconds}). --budget으로 늘리십시오",
            "no time left (the budget is {seconds}); --budget gives more"
        )
    };
    let left = budget.checked_sub(start.elapsed()).filter(|left| !left.is_zero()).ok_or_else(no_time)?;
    let (package, words) = words_of(command);
    let mut args: Vec<OsString> = words.into_iter().map(OsString::from).collect();
    args.extend(["--json".into(), "--lang".into(), lang::current().code().into()]);
    args.extend(pythons.iter().cloned());
    let out = process::run_guarded(&programs::path(package)?, &args, left, |_| ());
    match out {
        // What the program printed is its report and nothing else.
        Ok(out) => serde_json::from_str(&out)
            .map_err(|e| text!("보고서를 읽을 수 없습니다: {e}", "its report cannot be read: {e}")),
        Err(_) if start.elapsed() >= budget => Err(no_time()),
        Err(why) => Err(why),
    }
}

/// The options that give a program the same interpreters.
fn python_args(pythons: &[Interpreter]) -> Vec<OsString> {
    if pythons.is_empty() {
        return vec!["--no-python".into()];
    }
    pythons.iter().flat_map(|python| ["--python".into(), python.path.clone().into_os_string()]).collect()
}
