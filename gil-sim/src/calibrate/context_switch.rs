//! Small costs: a wake-up call that finds no sleeper, and what two threads on one core cost each other.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;

use lab::{Result, clock};

use super::busy;

/// A system call that does nothing, in ns: what waking nobody costs.
pub fn nobody() -> u64 {
    /// Calls that are timed together.
    const CALLS: u64 = 2000;
    let before = clock::now();
    for _ in 0..CALLS {
        thread::yield_now();
    }
    (clock::now() - before) / CALLS
}

/// Messages to another thread of the same core and their answers, in ns.
#[derive(Clone, Debug)]
pub struct Trips {
    /// The `send`, which wakes a receiver that has to wait for the core.
    pub send: Vec<u64>,
    /// From the `send` until the answer is there.
    pub all: Vec<u64>,
}

/// Measures so many of them, while all other cores compute.
pub fn trips(rounds: usize) -> Result<Trips> {
    /// How long the receiver has been asleep before, in ns.
    const PAUSE: u64 = 200_000;
    let done = AtomicBool::new(false);
    let (mut mine, mut theirs) = UnixStream::pair()?;
    thread::scope(|scope| {
        busy::others_compute(scope, &done);
        let answers = scope.spawn(move || -> Result<()> {
            let mut message = [0; 8];
            for _ in 0..rounds {
                theirs.read_exact(&mut message)?;
                theirs.write_all(&message)?;
            }
            Ok(())
        });
        let (mut sends, mut all) = (Vec::with_capacity(rounds), Vec::with_capacity(rounds));
        let talked: Result<()> = (0..rounds).try_for_each(|_| {
            busy::compute(PAUSE);
            let before = clock::now();
            mine.write_all(&[0; 8])?;
            sends.push(clock::now() - before);
            mine.read_exact(&mut [0; 8])?;
            all.push(clock::now() - before);
            Ok(())
        });
        done.store(true, SeqCst);
        // If this end has failed, the other one reads to the end.
        let _ = mine.shutdown(Shutdown::Both);
        talked.and(answers.join().expect("it only reads and writes"))?;
        Ok(Trips { send: sends, all })
    })
}
