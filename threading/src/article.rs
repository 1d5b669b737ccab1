//! Five threads that wait two seconds each, together: two seconds in all.
//!
//! Article: 멀티스레딩, 코드 예시. Run: `cargo run -p threading`. Python twin: `python/article.py`.
//!
//! The article's own listing (CC BY 4.0), which this mirrors; `python3 docs/article/five_threads.py` runs it:
//! ```python
#![doc = include_str!("../../docs/article/five_threads.py")]
//! ```

// ANCHOR: listing
use std::thread;
use std::time::Duration;

use lab::say;

fn worker(name: usize, pause: Duration) {
    say!("스레드 {name} 시작", "Thread {name} started");
    thread::sleep(pause); // stands for I/O
    say!("스레드 {name} 완료", "Thread {name} done");
}

/// The article's listing.
pub fn listing(pause: Duration) {
    let mut threads = Vec::new();
    for i in 0..5 {
        let t = thread::spawn(move || worker(i, pause));
        threads.push(t);
    }

    for t in threads {
        t.join().expect("a worker does not panic");
    }
}
// ANCHOR_END: listing
