//! The protocols of `crate::lock` in virtual time, step by step as in the files there.

use std::cell::Cell;
use std::rc::Rc;

use lab::trace::State;

use super::ids::Tid;
use super::kind::Kind;
use super::os::Os;
use super::phase::{Phase, Phases};
use super::sync::{Condvar, Mutex, RepeatedWait, Semaphore};

/// A GIL and those who take it.
pub struct Gil {
    os: Rc<Os>,
    phases: Rc<Phases>,
    kind: Kind,
    /// The switch interval in ns; for [`Kind::Ticks`] the time between two releases.
    interval: u64,
    locked: Rc<Cell<bool>>,
    mutex: Rc<Mutex>,
    freed: Rc<Condvar>,
    switch: Mutex,
    switched: Condvar,
    holder: Cell<Option<Tid>>,
    last_holder: Cell<Option<Tid>>,
    switches: Rc<Cell<u64>>,
    shared_request: Cell<bool>,
    asked: Cell<Option<Tid>>,
    semaphore: Rc<Semaphore>,
}

impl Gil {
    /// A free lock.
    pub fn new(os: &Rc<Os>, phases: &Rc<Phases>, kind: Kind, interval: u64) -> Gil {
        Gil {
            os: Rc::clone(os),
            phases: Rc::clone(phases),
            kind,
            interval: interval.max(1),
            locked: Rc::default(),
            mutex: Rc::default(),
            freed: Rc::default(),
            switch: Mutex::default(),
            switched: Condvar::default(),
            holder: Cell::new(None),
            last_holder: Cell::new(None),
            switches: Rc::default(),
            shared_request: Cell::new(false),
            asked: Cell::new(None),
            semaphore: Semaphore::new(1),
        }
    }

    /// How often the lock went to another thread than before.
    pub fn switches(&self) -> u64 {
        self.switches.get()
    }

    /// Who holds it.
    pub fn holder(&self) -> Option<Tid> {
        self.holder.get()
    }

    /// Whether this thread was asked to let go.
    pub fn requested(&self, me: Tid) -> bool {
        match self.kind {
            Kind::Shared => self.shared_request.get(),
            Kind::Addressed => self.asked.get() == Some(me),
            Kind::Ticks | Kind::Free => false,
        }
    }

    /// A waiter asks whoever holds the lock, or held it last.
    fn request(&self) {
        if self.kind == Kind::Shared {
            self.shared_request.set(true);
        } else {
            self.asked.set(self.last_holder.get());
        }
    }

    /// This thread is not asked any more; nor is anybody, where the request is shared.
    fn clear_request(&self, me: Tid) {
        if self.kind == Kind::Shared {
            self.shared_request.set(false);
        } else if self.asked.get() == Some(me) {
            self.asked.set(None);
        }
    }

    fn taken_by(&self, me: Tid) {
        self.holder.set(Some(me));
        if self.last_holder.get() != Some(me) {
            self.last_holder.set(Some(me));
            self.switches.set(self.switches.get() + 1);
        }
    }

    /// `take_gil`.
    pub async fn take(&self, me: Tid) {
        let os = &*self.os;
        match self.kind {
            Kind::Free => {}
            Kind::Ticks => {
                self.phases.enter(me, Phase::Wants);
                if self.locked.get() {
                    os.enter(me, State::WaitingForLock);
                    self.phases.enter(me, Phase::Waits);
                    // The holder must hear of it: it computes without a thought for the lock while it is alone.
                    if let Some(holder) = self.holder.get() {
                        os.interrupt(holder);
                    }
                }
                self.semaphore.wait(os, me).await;
                self.locked.set(true);
                self.taken_by(me);
            }
            Kind::Shared | Kind::Addressed => self.take_new(me).await,
        }
        os.enter(me, State::Running);
        self.phases.enter(me, Phase::Computes);
    }

    async fn take_new(&self, me: Tid) {
        let os = &*self.os;
        self.phases.enter(me, Phase::Wants);
        self.mutex.lock(os, me).await;
        while self.locked.get() {
            os.enter(me, State::WaitingForLock);
            self.phases.enter(me, Phase::Waits);
            // Wakes only to ask: a switch while it waited starts a new interval.
            let (timed_out, saved) = self.freed.wait_repeatedly(os, me, self.repeated_wait()).await;
            if timed_out && self.locked.get() && self.switches.get() == saved {
                os.enter(me, State::Requesting);
                self.phases.enter(me, Phase::Asked);
                self.request();
                if let Some(holder) = self.holder.get() {
                    os.interrupt(holder);
                }
                // The mutex is kept until the next wait begins. What the holder loses by that is in `heard`.
                os.work(me, 1).await;
            }
        }
        self.switch.lock(os, me).await;
        self.locked.set(true);
        self.taken_by(me);
        self.phases.enter(me, Phase::Took);
        self.switched.notify_back(os, me, self.interval).await;
        self.switch.unlock(os, me).await;
        self.clear_request(me);
        self.mutex.unlock(os, me).await;
    }

    /// A wait for a whole interval in which the lock did not change hands.
    fn repeated_wait(&self) -> Rc<RepeatedWait> {
        Rc::new(RepeatedWait {
            watched: Rc::clone(&self.switches),
            saved: Cell::new(self.switches.get()),
            locked: Rc::clone(&self.locked),
            queue: Rc::clone(&self.freed),
            mutex: Rc::clone(&self.mutex),
            length: self.interval,
        })
    }

    /// `drop_gil` of a thread that will come back.
    pub async fn release(&self, me: Tid) {
        let os = &*self.os;
        match self.kind {
            Kind::Free => return,
            Kind::Ticks => {
                os.enter(me, State::WaitingForLock);
                self.holder.set(None);
                self.locked.set(false);
                self.phases.enter(me, Phase::Freed);
                return self.semaphore.post(os, me).await;
            }
            Kind::Shared | Kind::Addressed => self.free(me).await,
        }
        if self.requested(me) {
            self.switch.lock(os, me).await;
            if self.last_holder.get() == Some(me) {
                self.phases.enter(me, Phase::Forced);
                self.clear_request(me);
                self.switched.wait(os, me, &self.switch).await;
            }
            self.switch.unlock(os, me).await;
        }
    }

    async fn free(&self, me: Tid) {
        let os = &*self.os;
        self.holder.set(None);
        self.mutex.lock(os, me).await;
        self.locked.set(false);
        self.phases.enter(me, Phase::Freed);
        self.freed.notify_one(os, me).await;
        self.mutex.unlock(os, me).await;
    }

    /// The last release of a thread.
    pub async fn leave(&self, me: Tid) {
        match self.kind {
            Kind::Free => {}
            Kind::Ticks => self.release(me).await,
            Kind::Shared | Kind::Addressed => self.free(me).await,
        }
    }

    /// Computes for so many ns with the lock held, and lets go wherever the protocol says.
    pub async fn compute(&self, me: Tid, ns: u64) {
        match self.kind {
            Kind::Free => self.os.work(me, ns).await,
            Kind::Ticks => self.compute_by_ticks(me, ns).await,
            Kind::Shared | Kind::Addressed => self.compute_until_asked(me, ns).await,
        }
    }

    async fn compute_until_asked(&self, me: Tid, mut left: u64) {
        let os = &*self.os;
        loop {
            // Again if it was asked while it was still taking the lock: nobody interrupts it for that.
            while self.requested(me) {
                os.work(me, os.draw(&os.machine.heard, self.interval)).await;
                os.enter(me, State::WaitingForLock);
                self.release(me).await;
                self.take(me).await;
            }
            if left == 0 {
                return;
            }
            left = os.work_until(me, left).await;
        }
    }

    async fn compute_by_ticks(&self, me: Tid, mut left: u64) {
        let os = &*self.os;
        while left > 0 {
            if !self.semaphore.wanted() {
                // Nobody waits: releasing and taking again changes nothing that anyone could see.
                left = os.work_until(me, left).await;
                continue;
            }
            let piece = left.min(self.interval);
            os.work(me, piece).await;
            left -= piece;
            os.enter(me, State::WaitingForLock);
            self.release(me).await;
            self.take(me).await;
        }
    }
}
