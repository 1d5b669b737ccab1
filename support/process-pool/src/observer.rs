//! What happens in a pool besides results.

use std::fmt;
use std::sync::Arc;

use crate::failure::End;

/// Something that happened in a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A worker was started, or requested: it need not be running yet.
    WorkerStarted {
        /// Its process.
        pid: u32,
    },
    /// A worker has died, or was killed because of what it did. It is replaced when there is a task for it.
    WorkerDied {
        /// Its process.
        pid: u32,
        /// How it ended.
        how: End,
    },
    /// A worker that had its share of tasks or memory was ended.
    WorkerRecycled {
        /// Its process.
        pid: u32,
    },
    /// A worker could not be started, and the pool works with fewer. Told once, until all are there again.
    WorkerMissing {
        /// The system's message.
        why: String,
    },
}

type Tell = dyn Fn(&Event) + Send + Sync;

/// Who is told, if anybody.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<Tell>>);

impl Observer {
    pub(crate) fn new(observer: impl Fn(&Event) + Send + Sync + 'static) -> Observer {
        Observer(Some(Arc::new(observer)))
    }

    #[cfg_attr(not(unix), allow(dead_code, reason = "there nothing happens"))]
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    #[cfg_attr(not(unix), allow(dead_code, reason = "there nothing happens"))]
    pub(crate) fn tell(&self, event: &Event) {
        if let Some(observer) = &self.0 {
            observer(event);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Observer(some)" } else { "Observer(none)" })
    }
}
