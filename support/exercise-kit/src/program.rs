//! The program around a driver: runs one scenario, and writes what was recorded, also when nothing goes on any more.
//!
//! The grader sets `KIT_OUT` (the file for the document), `KIT_NONCE` (which goes into it), `KIT_LIMIT_MS` (when the watchdog
//! writes what there is and ends the process) and `KIT_STILL_MS` (after which time without any movement it does that earlier). The
//! scenario is the first argument.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{env, fs, process, thread};

use crate::recorded::Recorded;
use crate::run::Run;
use crate::stillness;

/// Without a grader a scenario has this long.
const LIMIT_MS: u64 = 10_000;
/// The exit code after the watchdog has ended a run.
pub const HUNG: u8 = 3;

/// The run of this process, and where its document goes.
static CURRENT: OnceLock<(Run, Out)> = OnceLock::new();

/// The whole of `main` around a driver.
pub fn main(scenario: impl FnOnce(&str, &Run)) -> ExitCode {
    let Some(name) = env::args().nth(1) else {
        eprintln!("give the name of a scenario");
        return ExitCode::from(2);
    };
    let out = Out { path: env::var_os("KIT_OUT").map(PathBuf::from), written: Mutex::new(false) };
    let (run, _) = CURRENT.get_or_init(|| (Run::new(&name, &env::var("KIT_NONCE").unwrap_or_default()), out));
    let limit = env::var("KIT_LIMIT_MS").ok().and_then(|ms| ms.parse().ok()).unwrap_or(LIMIT_MS);
    let still = env::var("KIT_STILL_MS").ok().and_then(|ms| ms.parse().ok());
    let watch = move || {
        stillness::wait(Duration::from_millis(limit), still.map(Duration::from_millis));
        end(None, false)
    };
    if let Err(e) = thread::Builder::new().name("watchdog".into()).spawn(watch) {
        eprintln!("cannot start a thread: {e}");
        return ExitCode::FAILURE;
    }
    let failed = panic::catch_unwind(AssertUnwindSafe(|| scenario(&name, run))).err().map(|why| said(why.as_ref()));
    end(failed, true)
}

/// The run of this process. `None` before [`main`] has begun.
pub fn current() -> Option<&'static Run> {
    CURRENT.get().map(|(run, _)| run)
}

/// Writes what was recorded and ends the process, with all threads that the submission left running. `finished` is false if the
/// scenario did not come to its end: then the document says who waits for whom.
pub fn end(failed: Option<String>, finished: bool) -> ! {
    let written = CURRENT.get().is_none_or(|(run, out)| out.write(&run.recorded(failed, finished)));
    process::exit(if !written {
        1
    } else if finished {
        0
    } else {
        HUNG.into()
    })
}

/// What a panic said.
fn said(why: &(dyn Any + Send)) -> String {
    let text = why.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| why.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}

/// Where the document goes. It is written once, by whoever is first.
struct Out {
    path: Option<PathBuf>,
    written: Mutex<bool>,
}

impl Out {
    fn write(&self, recorded: &Recorded) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written {
            return true;
        }
        *written = true;
        let document = serde_json::to_vec(recorded).expect("a document has only text keys");
        let done = match &self.path {
            Some(path) => replace(path, &document),
            None => io::stdout().write_all(&document),
        };
        done.inspect_err(|e| eprintln!("cannot write what was recorded: {e}")).is_ok()
    }
}

/// Whoever reads the file reads the whole of it.
fn replace(path: &Path, document: &[u8]) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, document)?;
    fs::rename(&part, path)
}
