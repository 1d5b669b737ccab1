//! What a simulated thread awaits: its work, its sleep, and the signals it sends.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use lab::trace::State;

use super::state::{Os, What};
use super::thread::{CodePath, Is, TimeoutHandler};
use crate::sim::curves::Pairs;
use crate::sim::ids::Tid;

impl Os {
    /// From now on the thread is in this state.
    pub fn enter(&self, me: Tid, state: State) {
        self.lanes.borrow_mut().enter(me, state, self.now());
    }

    /// Works for so long.
    pub async fn work(&self, me: Tid, ns: u64) {
        if self.begin(me, ns, false) > 0 {
            Once::default().await;
        }
    }

    /// Works for so long, or until [`Os::interrupt`]; returns what is left to do.
    pub async fn work_until(&self, me: Tid, ns: u64) -> u64 {
        if self.begin(me, ns, true) > 0 {
            Once::default().await;
        }
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        (t.interruptible, t.interrupted) = (false, false);
        std::mem::take(&mut t.left)
    }

    fn begin(&self, me: Tid, ns: u64, interruptible: bool) -> u64 {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        t.left = ns;
        t.since = self.now();
        t.interruptible = interruptible;
        if t.left > 0 && !self.manual {
            self.plan(t.since + t.left, What::Worked(me, t.piece));
        }
        t.left
    }

    /// Interrupts [`Os::work_until`] of another thread. It goes on at once if it has a core, else as soon as it has one.
    pub fn interrupt(&self, me: Tid) {
        let mut threads = self.threads.borrow_mut();
        let t = &mut threads[me];
        if !t.interruptible || t.left == 0 {
            return;
        }
        (t.interruptible, t.interrupted) = (false, true);
        if t.is == Is::Running && !self.manual {
            t.left = (t.since + t.left).saturating_sub(self.now());
            t.piece += 1;
            self.resumed.borrow_mut().push(me);
        }
    }

    /// Wakes another thread, which costs the caller something if that one sleeps.
    pub async fn signal(&self, me: Tid, sleeper: Tid) {
        if self.threads.borrow()[sleeper].can_be_woken() {
            /// A cheaper wake-up sent no interrupt to another core.
            const INTERRUPT: u64 = 4000;
            let cold = self.draw(&self.machine.cold_signal, self.cold(me, CodePath::Signal));
            let cost = self.wake(sleeper);
            // Most of the cold code is on the interrupt's path.
            self.work(me, cost + if cost < INTERRUPT { cold / 6 } else { cold }).await;
        }
    }

    /// Whether a thread that began to wait `age` ns ago, after it had waited for `length` ns, takes a signal before it sleeps. A
    /// random draw.
    pub fn turns_round(&self, me: Tid, length: u64, age: u64) -> bool {
        let turns = match self.threads.borrow()[me].is {
            Is::Running => return true,
            Is::Blocked if self.manual => self.overtake.get(),
            Is::Blocked => match self.machine.steals.share(length, age) {
                share if share > 0.0 => self.rng.borrow_mut().unit() < share,
                _ => false,
            },
            _ => false,
        };
        if turns {
            self.schedule.borrow_mut().overtakes();
        }
        turns
    }

    /// Signals a sleeper with a latency and cost from `pairs`, by the `length` of the wait in ns, instead of the usual ones.
    pub async fn signal_drawn(&self, me: Tid, sleeper: Tid, pairs: &Pairs, length: u64) {
        if self.threads.borrow()[sleeper].can_be_woken() {
            let cost = self.wakes(sleeper, Some((pairs, length)));
            self.work(me, cost).await;
        }
    }

    /// Sleeps until woken.
    pub async fn sleep(&self, me: Tid) {
        self.falls_asleep(me);
        Once::default().await;
    }

    /// The same; when the time is up, the handler decides whether the thread waits again. Whether the last wait ended by its
    /// time.
    pub async fn sleep_handled(&self, me: Tid, ns: u64, handler: Rc<dyn TimeoutHandler<Os>>) -> bool {
        self.threads.borrow_mut()[me].on_timeout = Some(handler);
        let timed_out = self.sleep_at_most(me, ns).await;
        self.threads.borrow_mut()[me].on_timeout = None;
        timed_out
    }

    /// Sleeps until woken, at most so long; whether the time was up.
    pub async fn sleep_at_most(&self, me: Tid, ns: u64) -> bool {
        let sleep = {
            let t = &mut self.threads.borrow_mut()[me];
            t.timer = Some(ns);
            t.sleep
        };
        if !self.manual {
            let late = self.draw(&self.machine.late, ns);
            self.plan(self.now() + ns + late, What::Timed(me, sleep));
        }
        self.sleep(me).await;
        self.threads.borrow()[me].timed_out
    }

    fn falls_asleep(&self, me: Tid) {
        let core = {
            let mut threads = self.threads.borrow_mut();
            threads[me].is = Is::Blocked;
            threads[me].core
        };
        if self.manual {
            return;
        }
        self.leaves_core(core);
    }
}

/// Pending once, then ready: the thread that awaits it goes on when the system resumes it.
#[derive(Default)]
struct Once(bool);

impl Future for Once {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}
