//! What happens in a pool besides results.

use std::fmt;
use std::sync::Arc;

/// Something that happened in a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
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
