//! A running server: started on a thread of its own, stopped with grace.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::watch;

use crate::accept;
use crate::draw::Faults;
use crate::limits::Limits;
use crate::tally::{Counters, Tally, Visit};

/// How a server is.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where it listens; port 0 is any that is free.
    pub address: SocketAddr,
    /// How long `/` waits.
    pub delay: Duration,
    /// What goes wrong on purpose.
    pub faults: Faults,
    /// What all chance is drawn with.
    pub seed: u64,
    /// What clients may take.
    pub limits: Limits,
}

/// Any port of 127.0.0.1, no delay, no faults.
impl Default for Options {
    fn default() -> Options {
        Options {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            delay: Duration::ZERO,
            faults: Faults::default(),
            seed: 0,
            limits: Limits::default(),
        }
    }
}

/// What a server that was stopped left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were open when it was told to stop.
    pub open: usize,
    /// Those of them that were still busy when the grace was over, and were cut.
    pub aborted: usize,
}

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) counters: Counters,
    /// `None` while it serves; once it stops, for how long it may go on answering what is in flight.
    pub(crate) phase: watch::Sender<Option<Duration>>,
}

impl Shared {
    /// Waits until the server is told to stop; the grace that it is given.
    pub(crate) async fn stopped(&self) -> Duration {
        let mut phase = self.phase.subscribe();
        let grace = phase.wait_for(Option::is_some).await.map(|grace| *grace);
        grace.ok().flatten().unwrap_or_default()
    }
}

/// A running server. Dropping it cuts all connections and closes the port.
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    thread: Option<JoinHandle<Drained>>,
}

impl Server {
    /// Starts. When this returns, connections are accepted.
    pub fn start(options: Options) -> io::Result<Server> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _within = runtime.enter();
            accept::bind(options.address)?
        };
        let address = listener.local_addr()?;
        let (phase, _) = watch::channel(None);
        let shared = Arc::new(Shared { options, counters: Counters::default(), phase });
        let thread = {
            let shared = Arc::clone(&shared);
            thread::Builder::new()
                .name("web".into())
                .spawn(move || runtime.block_on(accept::listen(listener, shared)))?
        };
        Ok(Server { shared, address, thread: Some(thread) })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where to send requests: `http://127.0.0.1:PORT`, a path to follow.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it has seen until now.
    pub fn tally(&self) -> Tally {
        self.shared.counters.tally()
    }

    /// The first requests, in the order in which they ended.
    pub fn visits(&self) -> Vec<Visit> {
        self.shared.counters.visits()
    }

    /// Takes no new connection, answers what is in flight, at the most for so long, and ends. Tells what it left, and what it had
    /// seen by then.
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
