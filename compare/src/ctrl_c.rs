//! Ctrl-C as a flag that is polled, so that what was measured is printed and saved before the program ends.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use lab::Result;

/// The exit code that shells use for SIGINT: 128 + 2.
pub const INTERRUPTED: u8 = 130;

/// Once this has been created, the first Ctrl-C only sets a flag. A second one ends the program.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Installs the handler. It stays for the rest of the program: tokio never removes it.
    pub fn listen() -> Result<Interrupt> {
        let interrupt = Interrupt::default();
        let set = interrupt.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // The handler is installed when this is created, before the first process is started.
        #[cfg(unix)]
        let mut signal = {
            let _inside = runtime.enter();
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?
        };
        thread::spawn(move || {
            runtime.block_on(async {
                #[cfg(unix)]
                signal.recv().await;
                #[cfg(not(unix))]
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
                set.0.store(true, Relaxed);
                #[cfg(unix)]
                signal.recv().await;
                #[cfg(not(unix))]
                let _ = tokio::signal::ctrl_c().await;
                process::exit(INTERRUPTED.into());
            });
        });
        Ok(interrupt)
    }

    pub fn received(&self) -> bool {
        self.0.load(Relaxed)
    }
}
