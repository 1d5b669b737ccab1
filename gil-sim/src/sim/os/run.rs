//! The loop over events.

use std::cmp::Reverse;
use std::task::{Context, Waker};

use super::state::{Os, Task, What};
use super::thread::Is;
use crate::sim::ids::Tid;
use crate::sim::schedule::Turn;

impl Os {
    /// Runs all programs, in the order of [`Os::spawn`], until `end` or until nothing is left to happen. Gives up after `most` events;
    /// returns whether it came to the end.
    pub fn run(&self, mut tasks: Vec<Task>, end: u64, most: u64) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let Some(Reverse((at, _, what))) = self.events.borrow_mut().pop() else { return true };
            if at > end {
                self.now.set(end);
                return true;
            }
            if self.handled.get() >= most {
                return false;
            }
            self.now.set(at);
            self.handled.set(self.handled.get() + 1);
            self.happens(what);
            loop {
                let Some(me) = self.resumed.borrow_mut().pop() else { break };
                self.goes(me, &mut tasks[me], &mut context);
            }
        }
    }

    pub(super) fn goes(&self, me: Tid, task: &mut Task, context: &mut Context<'_>) {
        let by_time = {
            let t = &mut self.threads.borrow_mut()[me];
            t.timer.is_some() && t.timed_out
        };
        self.threads.borrow_mut()[me].timer = None;
        self.schedule.borrow_mut().begin(Turn { thread: me, by_time, overtakes: false });
        if task.as_mut().poll(context).is_ready() {
            self.ends(me);
        }
    }

    fn happens(&self, what: What) {
        match what {
            What::Worked(me, piece) => {
                let mut threads = self.threads.borrow_mut();
                let t = &mut threads[me];
                if t.piece == piece && t.is == Is::Running {
                    t.left = 0;
                    t.piece += 1;
                    self.resumed.borrow_mut().push(me);
                }
            }
            What::Arrived(me) => self.goes_on(me),
            What::Timed(me, sleep) => {
                let mut threads = self.threads.borrow_mut();
                let t = &mut threads[me];
                if t.sleep == sleep && t.is == Is::Blocked {
                    if self.waits_again(t) {
                        return;
                    }
                    t.timed_out = true;
                    t.sleep += 1;
                    drop(threads);
                    self.arrives_by_timer(me);
                }
            }
            What::Woken(me) => {
                self.wake(me);
            }
            What::Pushes(me, sleep) => self.pushes(me, sleep),
        }
    }
}
