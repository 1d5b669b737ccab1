//! Ctrl-C as an event that can be awaited, so that it does not end the process.

use std::io;

/// Once this has been created, Ctrl-C no longer ends the process. It must be created inside a runtime.
pub struct Interrupt {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Interrupt {
    /// On Unix, installs handlers for SIGINT and for SIGTERM, which service managers send.
    pub fn listen() -> io::Result<Interrupt> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Interrupt { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Interrupt {})
    }

    /// Waits for the signal.
    pub async fn received(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        // If the signal cannot be handled, wait forever.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// From now on Ctrl-C ends the process again. This needs a thread, because tokio never removes its signal handlers.
    pub fn exit_when_received(mut self, runtime: tokio::runtime::Runtime) {
        /// The exit code that shells use for SIGINT: 128 + 2.
        const INTERRUPTED: i32 = 130;
        std::thread::spawn(move || {
            runtime.block_on(self.received());
            std::process::exit(INTERRUPTED);
        });
    }
}
