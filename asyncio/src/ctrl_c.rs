//! Ctrl-C as an event to await, instead of the end of the process.

use std::io;

/// As soon as it is created, Ctrl-C no longer ends the process. Must be created within a runtime.
pub struct Interrupt {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 2],
}

impl Interrupt {
    /// Listens, on Unix also to the SIGTERM that service managers send.
    pub fn listen() -> io::Result<Interrupt> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Interrupt { signals: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
        }
        #[cfg(not(unix))]
        Ok(Interrupt {})
    }

    /// Waits until it comes.
    pub async fn comes(&mut self) {
        #[cfg(unix)]
        {
            let [interrupt, terminate] = &mut self.signals;
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        #[cfg(not(unix))]
        // Where the signal cannot be handled, this never returns.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// From now on Ctrl-C ends the process, as without a handler: tokio's handler stays installed for good.
    pub fn ends_the_process(mut self, runtime: tokio::runtime::Runtime) {
        /// 128 and the number of SIGINT, as shells tell it.
        const INTERRUPTED: i32 = 130;
        std::thread::spawn(move || {
            runtime.block_on(self.comes());
            std::process::exit(INTERRUPTED);
        });
    }
}
