//! Ctrl-C: all runs end, now and in future.

use std::sync::atomic::{AtomicBool, Ordering};

use lab::{Error, Result, text};

/// The exit code that shells use for SIGINT: 128 + 2.
pub const INTERRUPTED: u8 = 130;

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Ends all runs, now and in future: for Ctrl-C.
pub fn stop_all() {
    STOPPED.store(true, Ordering::SeqCst);
}

/// From now on Ctrl-C, and SIGTERM, end all runs instead of this process; the second time they end the process too.
pub fn stop_on_ctrl_c() -> Result<()> {
    let stop = || {
        if is_stopped() {
            // The supervisors see the end of this process and kill what runs.
            std::process::exit(INTERRUPTED.into());
        }
        stop_all();
    };
    ctrlc::set_handler(stop).map_err(|e| {
        Error::failed(text!("Ctrl-C를 처리하도록 설정할 수 없습니다: {e}", "Ctrl-C cannot be handled: {e}"))
    })
}

/// What is told of a run, or of a build, that was ended so.
pub fn stopped() -> Error {
    Error::failed(text!("중단했습니다.", "stopped."))
}

/// Whether [`stop_all`] was called.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::SeqCst)
}
