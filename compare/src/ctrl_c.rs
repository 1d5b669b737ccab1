//! Ctrl-C ends the measurement, not the program: what was measured is printed, or saved. A second one ends the program.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use lab::{terminal, text};
use tokio::runtime::Builder;

/// The exit code that shells use for SIGINT: 128 + 2.
pub const INTERRUPTED: u8 = 130;

static PRESSED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C is noticed and does not end the program; on Unix, SIGTERM likewise.
pub fn listen() -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    #[cfg(unix)]
    let mut signals = {
        use tokio::signal::unix::{SignalKind, signal};
        // Handlers are installed here, before anything is measured.
        let _inside = runtime.enter();
        [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]
    };
    thread::Builder::new().spawn(move || {
        runtime.block_on(async {
            for is_second in [false, true] {
                #[cfg(unix)]
                {
                    let [interrupt, terminate] = &mut signals;
                    tokio::select! {
                        _ = interrupt.recv() => {}
                        _ = terminate.recv() => {}
                    }
                }
                #[cfg(not(unix))]
                if tokio::signal::ctrl_c().await.is_err() {
                    return;
                }
                if is_second {
                    std::process::exit(i32::from(INTERRUPTED));
                }
                PRESSED.store(true, SeqCst);
                terminal::complain(&text!(
                    "중단합니다. 지금까지 측정한 것은 남깁니다.",
                    "stopping; what was measured so far is kept."
                ));
            }
        });
    })?;
    Ok(())
}

/// Whether it was pressed. A child that failed may have had the signal before us.
pub fn was_pressed(a_child_failed: bool) -> bool {
    if a_child_failed && !PRESSED.load(SeqCst) {
        thread::sleep(Duration::from_millis(50));
    }
    PRESSED.load(SeqCst)
}
