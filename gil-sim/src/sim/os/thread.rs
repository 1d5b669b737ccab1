//! What the system knows of a thread and of a core.

use std::rc::Rc;

use crate::sim::ids::Tid;

/// What a thread is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    /// On a core.
    Running,
    /// On its way to a core that is kept for it.
    Arriving,
    /// Waiting for a core.
    Queued,
    Blocked,
    Gone,
}

/// Code that a thread runs through and that may be cold, in the system and in the program.
#[derive(Clone, Copy, Debug)]
pub enum CodePath {
    Signal,
    Send,
    Receive,
    /// The program, between receiving and sending.
    BeforeSend,
    /// The program, between sending and receiving.
    BeforeReceive,
}

/// Decides, when a thread's wait times out, whether it would only wait again. Then the thread need not run: with many waiters
/// these are most events.
pub trait TimeoutHandler<System> {
    /// Whether the thread would only wait again.
    fn waits_again(&self) -> bool;

    /// The thread begins the next wait; how long it is, in ns.
    fn begin_wait(&self, system: &System, me: Tid) -> u64;
}

/// A simulated thread, as the system knows it.
pub(super) struct Thread<System> {
    pub(super) number: Tid,
    pub(super) is: Is,
    pub(super) core: usize,
    /// Counts pieces of work, so that an event for an older one is known as such.
    pub(super) piece: u32,
    /// Counts sleeps, likewise.
    pub(super) sleep: u32,
    /// Work still to do, and since when it is being done.
    pub(super) left: u64,
    pub(super) since: u64,
    /// Whether somebody may interrupt the present piece of work, and whether somebody has.
    pub(super) interruptible: bool,
    pub(super) interrupted: bool,
    /// Whether the last sleep ended by its time.
    pub(super) timed_out: bool,
    /// So many ns after its beginning the present sleep ends; None: it has no limit.
    pub(super) timer: Option<u64>,
    /// Asked when its present wait times out.
    pub(super) on_timeout: Option<Rc<dyn TimeoutHandler<System>>>,
}

impl<System> Thread<System> {
    /// Asleep since the beginning.
    pub(super) fn new(number: Tid) -> Thread<System> {
        Thread {
            number,
            is: Is::Blocked,
            core: 0,
            piece: 0,
            sleep: 0,
            left: 0,
            since: 0,
            interruptible: false,
            interrupted: false,
            timed_out: false,
            timer: None,
            on_timeout: None,
        }
    }

    /// Its wait has timed out, but it has had no core yet. A signal that comes before it has one still ends the wait.
    pub(super) fn is_late(&self) -> bool {
        self.timer.is_some() && self.timed_out && matches!(self.is, Is::Queued | Is::Arriving)
    }

    /// Whether a signal ends its sleep.
    pub(super) fn can_be_woken(&self) -> bool {
        self.is == Is::Blocked || self.is_late()
    }
}

#[derive(Clone, Debug)]
pub(super) struct Core {
    pub(super) thread: Option<Tid>,
    pub(super) idle_since: u64,
    /// How cold each [`CodePath`] is here, in ns of idleness since it was last taken.
    pub(super) cold: [u64; 5],
}
