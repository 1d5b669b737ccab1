//! How a run that fails is told: what happened, then the process ends.
//!
//! It ends inside the panic, before anything unwinds: locks that are dropped while loom's deadlock unwinds panic again, which aborts the
//! process and loses the interleaving.

use std::panic::{self, PanicHookInfo};
use std::process;
use std::sync::Once;

use super::engine::{Engine, engine};
use super::steps::{Log, log};
use crate::program;

/// So many steps show what a livelock repeats.
const REPEATED: usize = 24;

/// What broke a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// Which way.
    pub kind: Kind,
    /// One line.
    pub text: String,
}

/// In which way a run broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everybody waits.
    Deadlock,
    /// Everybody goes on and nobody ends.
    Livelock,
    /// An assertion of the driver or of the submission.
    Panic,
    /// There was nothing to explore.
    Vacuous,
}

impl Kind {
    /// The word that judges look for.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Deadlock => "deadlock",
            Kind::Livelock => "livelock",
            Kind::Panic => "panic",
            Kind::Vacuous => "vacuous",
        }
    }
}

static HOOK: Once = Once::new();

/// From here on a panic in a run of loom's or in turns is a failure.
pub(super) fn watch() {
    HOOK.call_once(|| {
        let default = panic::take_hook();
        panic::set_hook(Box::new(move |info| match engine() {
            Engine::Std => default(info),
            Engine::Loom | Engine::Turns => report(&classify(&said(info))),
        }));
    });
}

fn said(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().map(|&text| text.to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    let place = info.location().filter(|place| place.file().ends_with("submission.rs"));
    place.map_or_else(|| text.clone(), |place| format!("{text} (line {})", place.line()))
}

fn classify(text: &str) -> Failure {
    if text.starts_with("deadlock;") {
        return Failure { kind: Kind::Deadlock, text: blocked() };
    }
    if text.starts_with("Model exceeded maximum number of branches") {
        let text = format!("after {} steps no end is in sight: a thread tries again and again", log(Log::count));
        return Failure { kind: Kind::Livelock, text };
    }
    if text.contains("self.threads.len() < self.max()") {
        return Failure {
            kind: Kind::Panic,
            text: "more threads than there is work for: a model has room for 5".into(),
        };
    }
    Failure { kind: Kind::Panic, text: text.to_owned() }
}

fn blocked() -> String {
    let waits: Vec<String> = log(Log::blocked)
        .iter()
        .map(|wait| {
            let holder = wait.held_by.as_ref().map(|holder| format!(" (held by {})", holder.en)).unwrap_or_default();
            format!("{} waits for {}{holder}", wait.who.en, wait.waits_for.en)
        })
        .collect();
    format!("everybody waits: {}", waits.join("; "))
}

pub(super) fn deadlock() -> ! {
    fail(Kind::Deadlock, blocked())
}

pub(super) fn livelock(steps: usize) -> ! {
    let text = format!("every thread got its turn, and after {steps} steps nobody has come to an end");
    fail(Kind::Livelock, text)
}

/// The run broke like this.
pub(super) fn fail(kind: Kind, text: String) -> ! {
    report(&Failure { kind, text })
}

/// Writes the document with the interleaving and with who waits for whom, and ends the process. On a thread of the system's own:
/// loom's threads have small stacks.
fn report(failure: &Failure) -> ! {
    eprintln!("{}: {}", failure.kind.word(), failure.text);
    let failure = failure.clone();
    // If there is no thread to be had, the document is missing, and the grader says so.
    let _ = std::thread::spawn(move || write(&failure)).join();
    process::exit(1)
}

fn write(failure: &Failure) {
    if let Some(run) = program::current() {
        log(|log| {
            let most = if failure.kind == Kind::Livelock { REPEATED } else { usize::MAX };
            log.table().into_iter().take(most).for_each(|step| run.step(&step.thread, step.what));
            if failure.kind == Kind::Deadlock {
                log.waits_at_the_end().into_iter().for_each(|step| run.step(&step.thread, step.what));
                run.stuck(log.blocked());
            }
            run.fact("failure_steps", log.count());
        });
        run.fact("failure", failure.kind.word());
        run.fact("failure_text", failure.text.as_str());
        // The judge tells it, in both languages; the scenario has come to the end that a model has.
        program::end(None, true);
    }
}
