//! Whether anything still moves in this process: a deadlock is noticed in seconds, on a busy machine too.
//!
//! Still means that no thread was given a core since the last look and none could use one. A thread that is ready to run and has to wait
//! for a core on a busy machine is not still.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// From look to look.
const LOOK: Duration = Duration::from_millis(100);

/// Returns when the time is up, or earlier when nothing has moved for so long. Only Linux says whether anything moves.
pub(crate) fn wait(limit: Duration, still: Option<Duration>) {
    let start = Instant::now();
    let (mut moved, mut before) = (start, None);
    while start.elapsed() < limit {
        thread::sleep(LOOK.min(limit.saturating_sub(start.elapsed())));
        let now = look();
        if now.is_none() || now != before {
            (moved, before) = (Instant::now(), now);
        }
        if still.is_some_and(|still| moved.elapsed() >= still) {
            return;
        }
    }
}

/// How often each thread but this one has given up a core. `None` if one of them runs or could, if there are child processes, which
/// might, or if the system does not say.
fn look() -> Option<BTreeMap<u32, String>> {
    let me = fs::read_link("/proc/thread-self").ok()?;
    let me: u32 = me.file_name()?.to_str()?.parse().ok()?;
    let mut switches = BTreeMap::new();
    for task in fs::read_dir("/proc/self/task").ok()? {
        let task = task.ok()?;
        let thread: u32 = task.file_name().to_str()?.parse().ok()?;
        if !fs::read_to_string(task.path().join("children")).ok()?.trim().is_empty() {
            return None;
        }
        if thread == me {
            continue;
        }
        let status = fs::read_to_string(task.path().join("status")).ok()?;
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if !line("State:")?.starts_with('S') {
            return None;
        }
        switches.insert(thread, line("voluntary_ctxt_switches:")?.to_owned());
    }
    Some(switches)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn who_sleeps_in_turns_or_computes_is_not_still() {
        let (turns, computes) = (AtomicBool::new(true), AtomicBool::new(false));
        let limit = Duration::from_millis(800);
        // Anything else in this process moves too: only the time limit ends such a wait.
        thread::scope(|scope| {
            scope.spawn(|| {
                while turns.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
                while computes.load(Ordering::SeqCst) {
                    std::hint::spin_loop();
                }
            });
            let start = Instant::now();
            wait(limit, Some(Duration::from_millis(400)));
            assert!(start.elapsed() >= limit, "a thread sleeps in turns");
            computes.store(true, Ordering::SeqCst);
            turns.store(false, Ordering::SeqCst);
            let start = Instant::now();
            wait(limit, Some(Duration::from_millis(400)));
            assert!(start.elapsed() >= limit, "a thread computes");
            computes.store(false, Ordering::SeqCst);
        });
        let start = Instant::now();
        wait(Duration::from_secs(60), Some(Duration::from_millis(400)));
        assert!(start.elapsed() < Duration::from_secs(60), "all sleep");
    }
}
