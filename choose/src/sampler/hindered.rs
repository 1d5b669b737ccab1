//! Threads that hinder each other: a convoy, and contention for a lock.

use super::thread::ThreadTotals;

/// Threads that waited for another thread less often than this are joined or idle, not in contention.
const FEW_WAITS: u32 = 3;

/// Of the threads that mostly wait, the largest share of time spent waiting for the GIL; and of those that waited for other threads
/// again and again, the share of time that they did.
pub fn convoy_and_contention(threads: &[ThreadTotals]) -> (f64, f64) {
    let alive = |one: &ThreadTotals| one.on_core + one.gil + one.lock + one.outside;
    // One of many that compute has little of the core, too; but it does not wait for anybody outside.
    let waits_outside = |one: &&ThreadTotals| one.outside > one.on_core && one.on_core < 0.3 * alive(one);
    let convoy = threads.iter().filter(waits_outside).map(|one| one.gil / alive(one)).fold(0.0, f64::max);
    let contended: Vec<&ThreadTotals> = threads.iter().filter(|one| one.lock_waits >= FEW_WAITS).collect();
    let all: f64 = contended.iter().map(|one| alive(one)).sum();
    let locked: f64 = contended.iter().map(|one| one.lock).sum();
    (convoy, if all > 0.0 && contended.len() > 1 { locked / all } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_convoy_is_a_waiting_thread_that_waits_for_the_gil() {
        let echo = ThreadTotals { on_core: 1.0, gil: 7.0, outside: 2.0, ..ThreadTotals::default() };
        let computes = ThreadTotals { on_core: 9.0, gil: 1.0, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[echo, computes]), (0.7, 0.0));
        assert_eq!(convoy_and_contention(&[computes, computes]), (0.0, 0.0), "threads that compute are no convoy");
        let one_of_many = ThreadTotals { on_core: 2.0, gil: 7.0, outside: 0.1, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[one_of_many, one_of_many]).0, 0.0, "nor are those that take turns");
        let locked = ThreadTotals { on_core: 1.0, lock: 3.0, lock_waits: 9, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[locked, locked]).1, 0.75);
        let joined = ThreadTotals { lock: 9.0, lock_waits: 1, ..ThreadTotals::default() };
        assert_eq!(convoy_and_contention(&[joined, joined, locked]).1, 0.0);
    }
}
