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
/// path through the system is cold when it is taken first, but not what they have in common.
pub fn talk(slept: u64, rounds: usize) -> Result<Talks> {
    let (mut mine, mut other) = UnixStream::pair()?;
    let (asleep, done) = (AtomicBool::new(false), AtomicBool::new(false));
    let (mutex, woken) = (Mutex::new(()), Condvar::new());
    let mut found = Talks::default();
    let mut message = [0; 64];
    other.write_all(&[0; 8])?;
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut lock = mutex.lock();
            while !done.load(SeqCst) {
                asleep.store(true, SeqCst);
                lock = woken.wait_timeout(&mutex, lock, Duration::from_millis(100)).0;
            }
        });
        let mut one = |send_first: bool| -> Result<()> {
            while !asleep.swap(false, SeqCst) {
                std::hint::spin_loop();
            }
            thread::sleep(Duration::from_nanos(slept));
            let lock = mutex.lock();
            let start = clock::now();
            woken.notify_one();
            let signalled = clock::now();
            drop(lock);
            let first = clock::now();
            let (second, end);
            if send_first {
                mine.write_all(&[0; 8])?;
                second = clock::now();
                let _ = mine.read(&mut message)?;
                end = clock::now();
                let _ = other.read(&mut message)?;
                other.write_all(&[0; 8])?;
            } else {
                let _ = mine.read(&mut message)?;
                second = clock::now();
                mine.write_all(&[0; 8])?;
                end = clock::now();
                other.write_all(&[0; 8])?;
                let _ = other.read(&mut message)?;
            }
            let (firsts, seconds) = if send_first { &mut found.send_first } else { &mut found.receive_first };
            firsts.push(second - first);
            seconds.push(end - second);
            found.signal.push(signalled - start);
            Ok(())
        };
        let ended = (0..rounds).try_for_each(|round| one(round % 2 == 0));
        done.store(true, SeqCst);
        drop(mutex.lock());
        woken.notify_one();
        ended
    })?;
    Ok(found)
}
