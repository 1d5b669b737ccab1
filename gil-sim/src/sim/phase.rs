//! Where in the protocol each thread is, for `step` and the replay tests.

use std::cell::RefCell;

use super::ids::Tid;

/// Where in the protocol a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Has not begun.
    Begins,
    /// About to take the GIL.
    Wants,
    /// In a timed wait for the GIL.
    Waits,
    /// Has asked the holder to let go, and is about to wait again.
    Asked,
    /// Has taken the GIL, and tells whoever let it go.
    Took,
    /// Holds the GIL and computes.
    Computes,
    /// Has let the GIL go, and wakes a waiter.
    Freed,
    /// Was asked, and waits until somebody has taken the GIL.
    Forced,
    /// Outside: works or waits without the GIL.
    Outside,
    Done,
}

/// The phases of all threads of a run.
#[derive(Debug)]
pub struct Phases {
    now: RefCell<Vec<Phase>>,
    /// Who came to which phase since [`Phases::begin_turn`], in order; `None` where nobody looks at single turns.
    trail: Option<RefCell<Vec<(Tid, Phase)>>>,
}

impl Phases {
    /// So many threads that have not begun.
    pub fn new(threads: usize, with_trail: bool) -> Phases {
        Phases { now: RefCell::new(vec![Phase::Begins; threads]), trail: with_trail.then(RefCell::default) }
    }

    /// From now on the thread is in this phase.
    pub fn enter(&self, me: Tid, phase: Phase) {
        self.now.borrow_mut()[me] = phase;
        if let Some(trail) = &self.trail {
            trail.borrow_mut().push((me, phase));
        }
    }

    /// The thread is done. The trail holds what the protocol does, so this is not in it.
    pub fn end(&self, me: Tid) {
        self.now.borrow_mut()[me] = Phase::Done;
    }

    /// Forgets the trail.
    pub fn begin_turn(&self) {
        if let Some(trail) = &self.trail {
            trail.borrow_mut().clear();
        }
    }

    /// Where a thread is.
    pub fn of(&self, thread: Tid) -> Phase {
        self.now.borrow()[thread]
    }

    /// The trail since the turn began.
    pub fn trail(&self) -> Vec<(Tid, Phase)> {
        self.trail.as_ref().map_or_else(Vec::new, |trail| trail.borrow().clone())
    }
}
