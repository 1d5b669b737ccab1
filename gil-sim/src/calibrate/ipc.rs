//! What it costs to talk to another process: a message out, its answer back.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

use lab::{Result, clock};

use crate::sync::{Condvar, Mutex};

/// What was measured after sleeps of one length, in ns.
#[derive(Clone, Debug, Default)]
pub struct Talks {
    /// Waking a thread that sleeps.
    pub signal: Vec<u64>,
    /// After that: a `send` that wakes nobody, and then a `recv` that finds its message.
    pub send_first: (Vec<u64>, Vec<u64>),
    /// The other way round: the `recv`, and then the `send`.
    pub receive_first: (Vec<u64>, Vec<u64>),
}

/// A thread that has slept for `slept` ns wakes another one, sends a message and receives one, in this order or the other: each
/// path through the system is cold when it is taken first, but not what the two paths have in common.
pub fn talk(slept: u64, rounds: usize) -> Result<Talks> {
    let (mine, mut other) = UnixStream::pair()?;
    let sleeper = Sleeper::default();
    let mut found = Talks::default();
    // One message lies ready at our end, so that a `recv` finds it at once.
    other.write_all(&[0; 8])?;
    thread::scope(|scope| {
        scope.spawn(|| sleeper.sleep());
        let ended: Result<()> = (0..rounds).try_for_each(|round| {
            let send_first = round % 2 == 0;
            let signal = sleeper.wake_after(slept);
            let (first, second) = timed(&mine, &other, send_first)?;
            found.signal.push(signal);
            let (firsts, seconds) = if send_first { &mut found.send_first } else { &mut found.receive_first };
            firsts.push(first);
            seconds.push(second);
            Ok(())
        });
        sleeper.end();
        ended
    })?;
    Ok(found)
}

/// One `send` and one `recv` in this order or the other, each in ns; then the other end does the opposite, untimed.
fn timed(mut mine: &UnixStream, mut other: &UnixStream, send_first: bool) -> Result<(u64, u64)> {
    let mut message = [0; 64];
    let start = clock::now();
    let (between, end);
    if send_first {
        mine.write_all(&[0; 8])?;
        between = clock::now();
        let _ = mine.read(&mut message)?;
        end = clock::now();
        let _ = other.read(&mut message)?;
        other.write_all(&[0; 8])?;
    } else {
        let _ = mine.read(&mut message)?;
        between = clock::now();
        mine.write_all(&[0; 8])?;
        end = clock::now();
        other.write_all(&[0; 8])?;
        let _ = other.read(&mut message)?;
    }
    Ok((between - start, end - between))
}

/// A thread that sleeps until it is woken, again and again.
#[derive(Default)]
struct Sleeper {
    mutex: Mutex<()>,
    woken: Condvar,
    asleep: AtomicBool,
    done: AtomicBool,
}

impl Sleeper {
    fn sleep(&self) {
        let mut lock = self.mutex.lock();
        while !self.done.load(SeqCst) {
            self.asleep.store(true, SeqCst);
            lock = self.woken.wait_timeout(&self.mutex, lock, Duration::from_millis(100)).0;
        }
    }

    /// Sleeps for so many ns and wakes the other; what that took.
    fn wake_after(&self, slept: u64) -> u64 {
        while !self.asleep.swap(false, SeqCst) {
            std::hint::spin_loop();
        }
        thread::sleep(Duration::from_nanos(slept));
        let lock = self.mutex.lock();
        let start = clock::now();
        self.woken.notify_one();
        let signalled = clock::now();
        drop(lock);
        signalled - start
    }

    fn end(&self) {
        self.done.store(true, SeqCst);
        drop(self.mutex.lock());
        self.woken.notify_one();
    }
}
