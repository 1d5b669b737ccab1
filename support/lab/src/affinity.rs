//! Work that may use one core only.

use crate::lang::Text;
use crate::text;

/// Does the work in a thread of its own that may use one core only. So may the threads that it starts, which inherit that; the
/// threads of everybody else keep their cores. Why not, if the system does not let us.
#[cfg(target_os = "linux")]
pub fn on_one_core<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Text> {
    use std::thread;

    use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

    let refused = |e: &dyn std::fmt::Display| {
        text!("스레드를 코어 하나에 묶을 수 없습니다: {e}", "a thread cannot be bound to one core: {e}")
    };
    let pinned = || {
        let mut one = CpuSet::new();
        one.set(sched_getcpu()); // where the scheduler has found room for us
        sched_setaffinity(None, &one)?;
        sched_getaffinity(None)
    };
    thread::scope(|scope| {
        let run = || match pinned() {
            Ok(cores) if cores.count() == 1 => Ok(work()),
            Ok(cores) => Err(refused(&cores.count())),
            Err(e) => Err(refused(&e)),
        };
        let thread = thread::Builder::new().spawn_scoped(scope, run).map_err(|e| refused(&e))?;
        thread.join().expect("the work does not panic")
    })
}

/// Does the work in this thread, which keeps to one core meanwhile: the nth of those that it may use. If the system does not let us,
/// its scheduler decides.
#[cfg(target_os = "linux")]
pub fn on_core<T>(nth: usize, work: impl FnOnce() -> T) -> T {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    let Ok(allowed) = sched_getaffinity(None) else { return work() };
    let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
    if all.is_empty() {
        return work();
    }
    let mut one = CpuSet::new();
    one.set(all[nth % all.len()]);
    let bound = sched_setaffinity(None, &one).is_ok();
    let done = work();
    if bound {
        // It was allowed before, so it is now; and if not, the thread only keeps to its core.
        let _ = sched_setaffinity(None, &allowed);
    }
    done
}

/// Does the work; the system's scheduler decides where.
#[cfg(not(target_os = "linux"))]
pub fn on_core<T>(_: usize, work: impl FnOnce() -> T) -> T {
    work()
}

/// Elsewhere no safe and common way is known.
#[cfg(not(target_os = "linux"))]
pub fn on_one_core<T: Send>(_: impl FnOnce() -> T + Send) -> Result<T, Text> {
    Err(text!("이 시스템에서는 스레드를 코어 하나에 묶지 않습니다", "on this system no thread is bound to a core"))
}
