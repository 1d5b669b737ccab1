//! How far two cores are from each other: how long one of them takes to see what the other has written.
//!
//! The cores of a virtual machine are what its host gives it at the time, two threads of one core or two cores, and that changes within
//! seconds. On one such machine a write was seen after 27 or after 165 ns. Latencies that were measured at one distance do not tell what
//! happens at the other.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

use lab::{clock, machine};

/// Exchanges that are timed together, and how often.
const TOGETHER: u64 = 100;
const TIMES: usize = 20;
/// Longer it does not take, in ns: who has no core to run on would make the other one wait for a long time.
const LIMIT: u64 = 50_000_000;
/// The answer is the next number; this one ends it.
const END: u64 = u64::MAX;
/// Distances that differ by less than this factor are alike. It is less than between two threads of one core and two cores.
const ALIKE: u64 = 2;

/// One way, in ns: the median of several exchanges. None with one core, and where the other thread got no core.
pub fn core_to_core() -> Option<u64> {
    (machine::cores() > 1).then(exchange).flatten()
}

/// Whether what was measured at one distance holds at the other. Where none is known, all are alike.
pub fn alike(one: Option<u64>, other: Option<u64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one < other * ALIKE && other < one * ALIKE,
        (one, other) => one == other,
    }
}

/// Writes odd numbers, which another thread answers with even ones.
fn exchange() -> Option<u64> {
    let word = AtomicU64::new(0);
    let end = clock::now() + LIMIT;
    let mut each = Vec::with_capacity(TIMES);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = 0;
            while seen != END {
                if seen % 2 == 1 {
                    // Only this thread follows an odd number with anything but the end.
                    let _ = word.compare_exchange(seen, seen + 1, SeqCst, SeqCst);
                }
                seen = word.load(SeqCst);
                std::hint::spin_loop();
            }
        });
        let mut sent = 1;
        'all: for _ in 0..TIMES {
            let start = clock::now();
            for _ in 0..TOGETHER {
                word.store(sent, SeqCst);
                // Looking at the clock takes as long as an exchange does.
                let mut looks = 0_u32;
                while word.load(SeqCst) == sent {
                    std::hint::spin_loop();
                    looks += 1;
                    if looks.is_multiple_of(1024) && clock::now() > end {
                        break 'all;
                    }
                }
                sent += 2;
            }
            each.push((clock::now() - start) / TOGETHER / 2);
        }
        word.store(END, SeqCst);
    });
    each.sort_unstable();
    each.get(each.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_takes_some_time_to_be_seen() {
        if machine::cores() < 2 {
            assert_eq!(core_to_core(), None);
            return;
        }
        // On a busy machine the other thread may have no core for as long as is tried.
        let found = (0..20).find_map(|_| core_to_core()).expect("two cores");
        assert!((1..LIMIT).contains(&found), "{found}");
    }

    #[test]
    fn two_threads_of_one_core_are_not_two_cores() {
        assert!(alike(Some(26), Some(28)) && alike(Some(160), Some(175)));
        assert!(!alike(Some(27), Some(165)) && !alike(Some(165), Some(27)));
        assert!(alike(None, None), "one core");
        assert!(!alike(None, Some(27)), "it changed meanwhile");
    }
}
