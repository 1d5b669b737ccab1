//! A dish, and its lane: cutting is computing, simmering is waiting.

use std::future::Future;
use std::time::Duration;

use gil_sim::{Gil, ThreadId, loops};
use lab::clock;
use lab::trace::{LaneRecorder, State};

/// Iterations between two looks at the clock: some tens of µs.
const CHUNK: u64 = 20_000;
/// A chunk that took longer than this, in ns, waited for the core. Schedulers give it away for about a millisecond or more.
const INTERRUPTED: u64 = 300_000;
/// So many chunks are timed; the fastest counts, because nobody interrupted it.
const TIMED: usize = 200;

/// A minute of the recipe.
#[derive(Clone, Copy, Debug)]
pub struct Minute {
    /// How long a pot simmers.
    pub lasts: Duration,
    /// How much is cut: the iterations of the article's loop that take this long where nobody disturbs.
    pub iterations: u64,
}

impl Minute {
    /// Measures how fast this machine cuts. The work is the same in every kitchen, whatever the time that it takes there.
    pub fn that_lasts(lasts: Duration) -> Minute {
        let chunk = || {
            let start = clock::now();
            chop(CHUNK);
            clock::now() - start
        };
        let fastest = (0..TIMED).map(|_| chunk()).min().unwrap_or(1).max(1);
        let iterations = lasts.as_nanos() * u128::from(CHUNK) / u128::from(fastest);
        Minute { lasts, iterations: u64::try_from(iterations).unwrap_or(u64::MAX).max(1) }
    }
}

fn chop(iterations: u64) {
    assert_eq!(loops::count(iterations), loops::sum(iterations), "the loop did not do all the work");
}

/// A dish. Its lane is ready (·) while nobody works on it and it need not simmer.
#[derive(Debug)]
pub struct Dish {
    /// From 1 on.
    pub number: usize,
    minute: Minute,
    lane: LaneRecorder,
}

impl Dish {
    pub fn new(number: usize, minute: Minute, mut lane: LaneRecorder) -> Dish {
        lane.enter(State::Ready);
        Dish { number, minute, lane }
    }

    /// Computes. The lane is running while the thread has a core.
    pub fn cut(&mut self, minutes: u32) {
        self.lane.enter(State::Running);
        let (mut left, mut start) = (self.iterations(minutes), clock::now());
        while left > 0 {
            let piece = left.min(CHUNK);
            chop(piece);
            left -= piece;
            let end = clock::now();
            if end.saturating_sub(start) > INTERRUPTED {
                self.lane.enter_at(State::Ready, start);
                self.lane.enter_at(State::Running, end);
            }
            start = end;
        }
        self.lane.leave();
    }

    /// Computes with the lock held, as CPython does: whoever else wants it gets it after a switch interval.
    pub fn cut_with(&mut self, knife: &Gil, minutes: u32) {
        let cook = ThreadId(self.number as u64);
        let iterations = self.iterations(minutes);
        let sum = loops::under(knife, cook, &mut self.lane, iterations);
        assert_eq!(sum, loops::sum(iterations), "the loop did not do all the work");
    }

    /// Waits, and the thread with it.
    pub fn simmer(&mut self, minutes: u32, sleep: impl FnOnce(Duration)) {
        let (time, due) = self.on_the_stove(minutes);
        sleep(time);
        self.done_at(due);
    }

    /// Waits, and lets the thread go meanwhile.
    pub async fn simmer_async<S: Future>(&mut self, minutes: u32, sleep: impl FnOnce(Duration) -> S) {
        let (time, due) = self.on_the_stove(minutes);
        sleep(time).await;
        self.done_at(due);
    }

    /// Waits for a lock.
    pub fn wait_for_lock<T>(&mut self, lock: impl FnOnce() -> T) -> T {
        self.lane.enter(State::WaitingForLock);
        lock()
    }

    fn iterations(&self, minutes: u32) -> u64 {
        self.minute.iterations.saturating_mul(u64::from(minutes))
    }

    fn on_the_stove(&mut self, minutes: u32) -> (Duration, u64) {
        self.lane.enter(State::WaitingForIo);
        let time = self.minute.lasts * minutes;
        (time, clock::now().saturating_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// From then on it waited for its cook, who may have come later.
    fn done_at(&mut self, due: u64) {
        self.lane.enter_at(State::Ready, due.min(clock::now()));
    }
}
