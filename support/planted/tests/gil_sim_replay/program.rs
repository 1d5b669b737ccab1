//! The programs of the simulator's threads (`src/sim/script.rs`), run with a lock of `src/lock`.

use gil_sim::sim::{Group, Kind, Phase, Setup, Speed, Step};

use crate::lock::{Lock, ThreadId};
use crate::scheduler::{Call, ThreadHandle};

pub struct Program<'a, L> {
    pub lock: &'a L,
    pub handle: &'a ThreadHandle,
    pub setup: &'a Setup,
}

impl<L: Lock> Program<'_, L> {
    fn me(&self) -> ThreadId {
        ThreadId(self.handle.number as u64 + 1)
    }

    /// The whole program, as many times as the group repeats it.
    pub fn run(&self, group: &Group) {
        self.take();
        for _ in 0..group.times.expect("a replay comes to an end") {
            group.steps.iter().for_each(|step| self.take_step(*step));
        }
        self.handle.calls(Call::Release);
        self.lock.leave(self.me());
    }

    fn take_step(&self, step: Step) {
        match step {
            Step::Run(ns) => self.compute(ns),
            Step::NativeHeld(_) => {
                self.handle.computes();
                self.compute(0);
            }
            Step::Native(_) | Step::Wait(_) => self.outside(),
            Step::Echo(_) => {
                for _ in ["send", "receive"] {
                    self.compute(1);
                    self.outside();
                }
            }
            Step::Lock(_) | Step::Unlock(_) => unimplemented!("no scenario of the replay has a lock of its own"),
        }
    }

    fn take(&self) {
        self.handle.calls(Call::Take);
        if self.setup.kind != Kind::Free {
            self.handle.at(Phase::Wants);
        }
        self.lock.take(self.me());
        self.handle.at(Phase::Computes);
    }

    fn release(&self) {
        self.handle.calls(Call::Release);
        self.lock.release(self.me());
    }

    fn outside(&self) {
        self.release();
        self.handle.is_outside();
        self.take();
    }

    fn compute(&self, ns: u64) {
        match self.setup.kind {
            Kind::Free if ns > 0 => self.handle.computes(),
            Kind::Free => {}
            Kind::Ticks => self.compute_by_ticks(ns),
            Kind::Shared | Kind::Addressed => self.compute_until_asked(ns > 0),
        }
    }

    /// A turn of computing that is not interrupted does all the remaining work.
    fn compute_until_asked(&self, mut left: bool) {
        loop {
            while self.lock.wanted(self.me()) {
                self.handle.computes(); // until it notices
                self.release();
                self.take();
            }
            if !left {
                return;
            }
            self.handle.computes();
            left = self.lock.wanted(self.me());
        }
    }

    fn compute_by_ticks(&self, mut left: u64) {
        let hundred_ticks = Speed::typical().hundred_ticks;
        let interval = (self.setup.interval * hundred_ticks / 100).max(1);
        while left > 0 {
            let wanted = self.handle.is_wanted();
            self.handle.computes();
            if wanted {
                left -= left.min(interval);
                // The lock of the replay is released at each check: a check stands for a hundred ticks.
                assert!(self.lock.wanted(self.me()), "the ticker is used up");
                self.release();
                self.take();
            } else if !self.handle.is_wanted() {
                // No other thread waits: releasing and taking again would change nothing that one could notice.
                left = 0;
            }
        }
    }
}
