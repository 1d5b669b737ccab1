//! Ctrl-C, and which program supervises.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use lab::{Error, Result, text};

pub(super) static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
static STOPPED: AtomicBool = AtomicBool::new(false);

/// For tests, whose own program is not the grader: the program that has the subcommands [`SUPERVISE`] and [`START`].
pub fn supervised_by(program: PathBuf) {
    let _ = EXECUTABLE.set(program);
}

/// Ends all runs, now and in future: for Ctrl-C.
pub fn stop_all() {
    STOPPED.store(true, Ordering::SeqCst);
}

/// From now on Ctrl-C, and SIGTERM, end all runs instead of this process; the second time they end the process too.
pub fn stop_on_ctrl_c() -> Result<()> {
    /// The exit code that shells use for SIGINT: 128 + 2.
    const INTERRUPTED: i32 = 130;

    let stop = || {
        if is_stopped() {
            // The supervisors see the end of this process and kill what runs.
            std::process::exit(INTERRUPTED);
        }
        stop_all();
    };
    ctrlc::set_handler(stop).map_err(|e| {
        Error::failed(text!("Ctrl-C를 처리하도록 설정할 수 없습니다: {e}", "Ctrl-C cannot be handled: {e}"))
    })
}

/// Whether [`stop_all`] was called.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}
