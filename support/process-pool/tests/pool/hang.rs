//! Ends the test program when a test hangs, and names it.

use std::collections::BTreeMap;
use std::process;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// No test takes this long, however busy the machine: each bounds its own waits far below.
const LIMIT: Duration = Duration::from_secs(540);

static RUNNING: Mutex<BTreeMap<&str, Instant>> = Mutex::new(BTreeMap::new());

/// Registers a running test until it is dropped.
pub struct Watched(&'static str);

impl Watched {
    pub fn begin(name: &'static str) -> Watched {
        static WATCH: Once = Once::new();
        WATCH.call_once(|| drop(thread::spawn(watch)));
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(name, Instant::now());
        Watched(name)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(self.0);
    }
}

fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let hung = running.iter().filter(|(_, since)| since.elapsed() > LIMIT);
        let hung: Vec<&str> = hung.map(|(name, _)| *name).collect();
        if !hung.is_empty() {
            eprintln!("no end after {} s: {}", LIMIT.as_secs(), hung.join(", "));
            process::exit(101);
        }
    }
}
