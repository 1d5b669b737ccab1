//! Tasks that wait for a file: so a test knows that one runs, and decides when it ends.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use process_pool::{Handle, Pool, Prepared};

use crate::common::until;
use crate::retries::note;
use crate::tasks::GATE;

/// A gate that tasks wait at.
pub struct Gate {
    begun: PathBuf,
    go: PathBuf,
    /// Goes with the gate.
    lives: Arc<()>,
}

impl Gate {
    /// A closed one. Each test needs a name of its own.
    pub fn new(name: &str) -> Gate {
        Gate { begun: note(&format!("{name}-begun")), go: note(&format!("{name}-go")), lives: Arc::default() }
    }

    /// Opens it after a minute if it still exists: a test that waits in vain for what may happen before then fails, and does not hang.
    pub fn open_at_last(&self) {
        let (go, lives) = (self.go.clone(), Arc::downgrade(&self.lives));
        thread::spawn(move || {
            for _ in 0..600 {
                thread::sleep(Duration::from_millis(100));
                if lives.strong_count() == 0 {
                    return;
                }
            }
            fs::write(go, "").unwrap();
        });
    }

    /// The argument of [`GATE`] for a task that waits here.
    pub fn waits(&self) -> (String, String) {
        (text(&self.begun), text(&self.go))
    }

    /// The argument for one that only tells that it ran.
    pub fn passes(&self) -> (String, String) {
        (text(&self.begun), String::new())
    }

    pub fn submit(&self, pool: &Pool) -> Handle<u32> {
        pool.submit(&GATE, &self.waits())
    }

    /// Submits a task, and waits until it runs. Returns the pid of its worker, too.
    pub fn enter(&self, pool: &Pool) -> (Handle<u32>, u32) {
        self.enter_as(&pool.prepare(&GATE))
    }

    pub fn enter_as(&self, task: &Prepared<(String, String), u32>) -> (Handle<u32>, u32) {
        let before = self.begun();
        let handle = task.submit(&self.waits());
        until("the task has begun", || (self.begun() > before).then_some(()));
        let pids = self.pids();
        (handle, pids[before])
    }

    /// The pids of those that have begun, in order.
    pub fn pids(&self) -> Vec<u32> {
        let text = fs::read_to_string(&self.begun).unwrap_or_default();
        // The last line may be half written.
        text.split_inclusive('\n')
            .filter(|line| line.ends_with('\n'))
            .map(|line| line.trim().parse().unwrap())
            .collect()
    }

    /// How many have begun.
    pub fn begun(&self) -> usize {
        self.pids().len()
    }

    pub fn open(&self) {
        fs::write(&self.go, "").unwrap();
    }

    /// Nobody waits here any more: it can be used again.
    pub fn close(&self) {
        fs::remove_file(&self.go).unwrap();
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.begun);
        let _ = fs::remove_file(&self.go);
    }
}

fn text(path: &std::path::Path) -> String {
    path.to_str().unwrap().to_owned()
}
