//! A running server: it is started on a thread of its own, and stopped gracefully.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::accept;
use crate::service::Service;
use crate::state::{Drained, Options, Shared};
use crate::tally::{Counters, Tally, Visit};

/// Threads on which a service answers. More requests wait.
const SERVICE_THREADS: usize = 8;

/// A running server. Dropping it cuts all connections and closes the port.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<Drained>>,
}

impl Server {
    /// Starts. When this returns, connections are accepted.
    pub fn start(options: Options) -> io::Result<Server> {
        Server::run(options, None)
    }

    /// Starts a server that gives this service's answers. Delay and faults of the options do not apply.
    pub fn start_with(options: Options, service: Arc<dyn Service>) -> io::Result<Server> {
        Server::run(options, Some(service))
    }

    fn run(options: Options, service: Option<Arc<dyn Service>>) -> io::Result<Server> {
        let runtime = Builder::new_current_thread().enable_all().max_blocking_threads(SERVICE_THREADS).build()?;
        let listener = {
            let _within = runtime.enter();
            accept::bind(options.address)?
        };
        let address = listener.local_addr()?;
        let (phase, _) = watch::channel(None);
        let shared = Arc::new(Shared { options, counters: Counters::default(), service, phase });
        let thread = {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name("web".into()).spawn(move || {
                let drained = runtime.block_on(accept::listen(listener, shared));
                // A service that still computes an answer that nobody reads any more is not waited for.
                runtime.shutdown_background();
                drained
            })?
        };
        Ok(Server { shared, address, thread: Some(thread) })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to send requests: `http://127.0.0.1:PORT`, without a path.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The counts until now.
    pub fn tally(&self) -> Tally {
        self.shared.counters.tally()
    }

    /// The first requests, in the order in which they ended.
    pub fn visits(&self) -> Vec<Visit> {
        self.shared.counters.visits()
    }

    /// Accepts no new connection, answers requests in flight for at most `grace`, and stops. Returns how many connections were
    /// open and aborted, and the final counts.
    pub fn stop(mut self, grace: Duration) -> (Drained, Tally) {
        let drained = self.end(grace);
        (drained.unwrap_or(Drained { open: 0, aborted: 0 }), self.tally())
    }

    fn end(&mut self, grace: Duration) -> Option<Drained> {
        let thread = self.thread.take()?;
        self.shared.phase.send_replace(Some(grace));
        thread.join().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}
