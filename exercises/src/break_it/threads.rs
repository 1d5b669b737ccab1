//! What the threads of a level do with its lock, and what they tell the judge.

use std::fmt;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};

use super::copies::lock::{Lock, ThreadId};
use super::copies::raw::RawLock;
use super::copies::scheduler::{Call, ThreadHandle};
use super::copies::sync::AtomicBool;

/// What a thread did that no lock can know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is in the critical section.
    Enters,
    Leaves,
    /// It holds the lock and finds a request to let go.
    SeesRequest,
    /// It lets go because of that request, and will come back.
    LetsGo,
    Puts(u32),
    Takes(Option<u32>),
    /// The interpreter begins to end.
    Ending,
    /// A daemon thread gives up because the interpreter is ending.
    GivesUp,
}

/// An event, and how many phases and operations came before it.
pub type At = ((usize, usize), Event);

/// What is written down of something that threads share.
type Look = Box<dyn Fn() -> String + Send>;

/// What the threads of a level tell, in order; and what they share, to look at it between two turns.
#[derive(Clone, Default)]
pub struct Told {
    events: Arc<Mutex<Vec<At>>>,
    shared: Arc<Mutex<Vec<(&'static str, Look)>>>,
}

impl Told {
    fn tell(&self, thread: &ThreadHandle, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push((thread.reached(), event));
    }

    /// What was told since the last call.
    pub fn take(&self) -> Vec<At> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The threads share this; the lock itself has no name.
    fn shares(&self, name: &'static str, what: &Arc<impl fmt::Debug + Send + Sync + 'static>) {
        let what = Arc::clone(what);
        let look: Look = Box::new(move || format!("{what:?}"));
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).push((name, look));
    }

    /// What the threads share as it is now: `Debug`'s form of each. Call it between two turns.
    pub fn memory(&self) -> Vec<(&'static str, String)> {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.iter().map(|(name, look)| (*name, look())).collect()
    }
}

/// The program of one thread.
pub type Program = Box<dyn FnOnce(&ThreadHandle) + Send>;

/// Threads that each take a plain lock once.
pub fn visit<L: RawLock + fmt::Debug + 'static>(lock: L, threads: usize, told: &Told) -> Vec<Program> {
    let lock = Arc::new(lock);
    told.shares("", &lock);
    let program = |_| -> Program {
        let (lock, told) = (Arc::clone(&lock), told.clone());
        Box::new(move |thread| {
            lock.lock();
            told.tell(thread, Event::Enters);
            thread.computes();
            told.tell(thread, Event::Leaves);
            lock.unlock();
        })
    };
    (0..threads).map(program).collect()
}

/// One thread puts so many items into a buffer, the other takes as many.
pub fn exchange<B: fmt::Debug + Send + Sync + 'static>(
    buffer: B,
    items: u32,
    told: &Told,
    put: fn(&B, u32) -> usize,
    take: fn(&B) -> Option<u32>,
) -> Vec<Program> {
    let buffer = Arc::new(buffer);
    told.shares("", &buffer);
    let (producer, consumer) = (Arc::clone(&buffer), buffer);
    let (of_producer, of_consumer) = (told.clone(), told.clone());
    vec![
        Box::new(move |thread| {
            for item in 1..=items {
                put(&producer, item);
                of_producer.tell(thread, Event::Puts(item));
            }
        }),
        Box::new(move |thread| {
            for _ in 0..items {
                let item = take(&consumer);
                of_consumer.tell(thread, Event::Takes(item));
            }
        }),
    ]
}

/// A thread of an interpreter: holds the lock, and looks whether it is asked to let go, as often as it computes.
struct Interpreting<L> {
    lock: Arc<L>,
    told: Told,
    /// A waiter may take its request back: then whoever lets go on it may well be the first to come back.
    may_be_withdrawn: bool,
}

impl<L: Lock> Interpreting<L> {
    fn take(&self, thread: &ThreadHandle) {
        thread.calls(Call::Take);
        self.lock.take(id(thread));
        self.told.tell(thread, Event::Enters);
    }

    fn compute(&self, thread: &ThreadHandle, turns: u32) {
        for _ in 0..turns {
            thread.computes();
            self.check(thread);
        }
    }

    /// The eval breaker.
    fn check(&self, thread: &ThreadHandle) {
        if self.lock.wanted(id(thread)) {
            self.told.tell(thread, Event::SeesRequest);
            self.told.tell(thread, if self.may_be_withdrawn { Event::Leaves } else { Event::LetsGo });
            thread.calls(Call::Release);
            self.lock.release(id(thread));
            self.take(thread);
        }
    }

    fn leave(&self, thread: &ThreadHandle) {
        self.told.tell(thread, Event::Leaves);
        thread.calls(Call::Release);
        self.lock.leave(id(thread));
    }
}

fn id(thread: &ThreadHandle) -> ThreadId {
    ThreadId(thread.number as u64 + 1)
}

/// A thread for each number: it takes the lock, computes so many turns, looking for a request after each, and ends with one more turn
/// after which it does not look.
pub fn interpret<L: Lock + fmt::Debug + 'static>(lock: L, turns: &[u32], told: &Told) -> Vec<Program> {
    let lock = Arc::new(lock);
    told.shares("", &lock);
    let program = |turns: &u32| -> Program {
        let (lock, turns) = (Arc::clone(&lock), *turns);
        let interpreting = Interpreting { lock, told: told.clone(), may_be_withdrawn: false };
        Box::new(move |thread| {
            interpreting.take(thread);
            interpreting.compute(thread, turns);
            thread.computes();
            interpreting.leave(thread);
        })
    };
    turns.iter().map(program).collect()
}

/// The main thread computes with the lock held, begins to end the interpreter, computes and looks for a request once. A daemon thread wants the lock, and
/// gives up when it sees the end.
pub fn finalize<L: Lock + fmt::Debug + 'static, E: 'static>(
    lock: L,
    told: &Told,
    take_unless: fn(&L, ThreadId, &AtomicBool) -> Result<(), E>,
) -> Vec<Program> {
    let (lock, ending) = (Arc::new(lock), Arc::new(AtomicBool::new(false)));
    told.shares("", &lock);
    told.shares("ending", &ending);
    let main = Interpreting { lock: Arc::clone(&lock), told: told.clone(), may_be_withdrawn: true };
    let (told, ends) = (told.clone(), Arc::clone(&ending));
    vec![
        Box::new(move |thread| {
            main.take(thread);
            thread.computes();
            ends.store(true, Relaxed);
            main.told.tell(thread, Event::Ending);
            thread.computes();
            main.check(thread);
            main.leave(thread);
        }),
        Box::new(move |thread| {
            thread.calls(Call::Take);
            match take_unless(&lock, id(thread), &ending) {
                Ok(()) => {
                    told.tell(thread, Event::Enters);
                    told.tell(thread, Event::Leaves);
                    thread.calls(Call::Release);
                    lock.leave(id(thread));
                }
                Err(_) => told.tell(thread, Event::GivesUp),
            }
        }),
    ]
}
