//! What the parts of a server share: its options, what it counts, whether it is stopping.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::draw::Faults;
use crate::limits::Limits;
use crate::service::Service;
use crate::tally::Counters;

/// The configuration of a server.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where it listens; port 0 means any free port.
    pub address: SocketAddr,
    /// How long `/` waits.
    pub delay: Duration,
    /// Which requests fail on purpose.
    pub faults: Faults,
    /// The seed of all random draws.
    pub seed: u64,
    /// What clients may use.
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

/// The connections of a server when it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were open when it was told to stop.
    pub open: usize,
    /// Those of them that were still busy at the end of the grace period, and were closed.
    pub aborted: usize,
}

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) counters: Counters,
    /// Answers instead of the routes.
    pub(crate) service: Option<Arc<dyn Service>>,
    /// `None` while it serves; once it stops, the grace period for answers in flight.
    pub(crate) phase: watch::Sender<Option<Duration>>,
}

impl Shared {
    /// Waits until the server is told to stop. Returns the grace period.
    pub(crate) async fn stopped(&self) -> Duration {
        let mut phase = self.phase.subscribe();
        let grace = phase.wait_for(Option::is_some).await.map(|grace| *grace);
        grace.ok().flatten().unwrap_or_default()
    }
}
