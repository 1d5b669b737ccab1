//! Plants bugs into copies of the locks of `gil-sim` and of the locks and the buffer of `mutex`. A copy is made from the shipped
//! file at each build, so it is always up to date. A change whose text is not found exactly once fails the build.

use std::path::Path;
use std::{env, fs};

/// The text to replace, and its replacement.
type Change = (&'static str, &'static str);

/// A bug's name and its changes.
type Bug = (&'static str, &'static [Change]);

/// Bugs for both locks of 3.2 and later, which differ only in their requests.
const BOTH: &[Bug] = &[
    // The releaser wakes nobody.
    ("no_signal", &[("state.locked = false;\n        self.freed.notify_one();", "state.locked = false;")]),
    // Releases the mutex between the check and the wait, so that the wake-up can be missed.
    (
        "unlocked_between_check_and_wait",
        &[(
            "let saved = state.switch_number;",
            "let saved = state.switch_number; drop(state); state = self.state.lock();",
        )],
    ),
    // Treats a wake-up as a free lock: wrong as soon as a third thread takes it first.
    ("if_for_while", &[("while state.locked {", "if state.locked {")]),
    // The taker does not signal the releaser.
    ("no_switch_signal", &[("self.switched.notify_one();", "")]),
    // The releaser checks who holds the lock before it locks the mutex that makes the answer reliable.
    (
        "holder_checked_outside",
        &[
            (
                "let mut switch = self.switch.lock();",
                "let early = self.last_holder.load(Relaxed); let mut switch = self.switch.lock();",
            ),
            (
                "while self.last_holder.load(Relaxed) == me.0 {\n                switch = self.switched.wait(switch);",
                "if early == me.0 {\n                switch = self.switched.wait(switch); drop(switch);",
            ),
        ],
    ),
];

/// Bugs for the lock of 3.2 to 3.12.
const SHARED: &[Bug] = &[
    // A request remains when its waiter has the lock: the next holder is asked although nobody waits.
    (
        "request_never_reset",
        &[("time out afresh.\n        self.drop_request.store(false, Relaxed);", "time out afresh.\n")],
    ),
    // The releaser may take the lock again at once.
    (
        "no_forced_switch",
        &[(
            "if self.drop_request.load(Relaxed) {\n            let mut switch",
            "if false {\n            let mut switch",
        )],
    ),
    // CPython before gh-96387: a thread that gives up leaves its request behind.
    ("gives_up_without_clearing", &[("self.withdraw(requested);", "")]),
    // CPython since then: the request is withdrawn, but only after the mutex is unlocked.
    ("gives_up_clearing_after_unlock", &[("self.withdraw(requested);", "drop(state); self.withdraw(requested);")]),
];

/// Bugs for the lock of 3.13 and later.
const ADDRESSED: &[Bug] = &[
    // A request to a thread is still set when that thread takes the lock again.
    ("request_never_reset", &[("requests to others stay.\n        self.clear(me.0);", "requests to others stay.\n")]),
    // A request is valid for any holder, but only the thread that it was meant for resets it.
    (
        "request_stored_shared",
        &[
            (
                "#[inline]\n    fn wanted(&self, me: ThreadId) -> bool {\n        self.asked.load(Relaxed) == me.0",
                "fn wanted(&self, _: ThreadId) -> bool {\n        self.asked.load(Relaxed) != NOBODY",
            ),
            ("if self.asked.load(Relaxed) == me.0 {", "if self.asked.load(Relaxed) != NOBODY {"),
        ],
    ),
    (
        "no_forced_switch",
        &[(
            "if self.asked.load(Relaxed) == me.0 {\n            let mut switch",
            "if false {\n            let mut switch",
        )],
    ),
    ("gives_up_without_clearing", &[("self.withdraw(requested_of);", "")]),
    (
        "gives_up_clearing_after_unlock",
        &[("self.withdraw(requested_of);", "drop(state); self.withdraw(requested_of);")],
    ),
];

/// Bugs for the lock of Python 2.
const TICKS: &[Bug] = &[
    // The semaphore lets two threads in.
    ("semaphore_of_two", &[("Semaphore::new(1)", "Semaphore::new(2)")]),
    // The semaphore is never posted.
    ("no_post", &[("self.0.post();", "")]),
    // Treats a wake-up as a free lock.
    ("if_for_while", &[("while *locked {", "if *locked {")]),
    // Nobody is woken.
    ("no_signal", &[("self.released.notify_one();", "")]),
    // Signals before the lock is marked as free.
    (
        "signal_before_release",
        &[
            ("*self.locked.lock() = false;", "self.released.notify_one();"),
            (
                "before it waits.\n        self.released.notify_one();",
                "before it waits.\n        *self.locked.lock() = false;",
            ),
        ],
    ),
];

/// A bug of one change: its name, the text to replace, and its replacement.
type Small = (&'static str, &'static str, &'static str);

const SPIN: &[Small] = &[
    // The next holder need not see what this one wrote.
    ("relaxed_unlock", "store(false, Release)", "store(false, Relaxed)"),
    ("relaxed_lock", "(false, true, Acquire, Relaxed)", "(false, true, Relaxed, Relaxed)"),
    // Checks, then sets: two threads may check before either sets.
    (
        "check_then_set",
        "self.locked.compare_exchange_weak(false, true, Acquire, Relaxed).is_err()",
        "self.locked.load(Acquire) || { self.locked.store(true, Relaxed); false }",
    ),
    ("never_free", "self.locked.store(false, Release);", ""),
];

const TICKET: &[Small] = &[
    ("relaxed_unlock", "store(called.wrapping_add(1), Release)", "store(called.wrapping_add(1), Relaxed)"),
    ("relaxed_lock", "self.called.load(Acquire)", "self.called.load(Relaxed)"),
    // Two threads may draw the same number.
    (
        "drawn_in_two_steps",
        "self.next.fetch_add(1, Relaxed)",
        "{ let next = self.next.load(Relaxed); self.next.store(next + 1, Relaxed); next }",
    ),
    ("nobody_called", "self.called.store(called.wrapping_add(1), Release);", "let _ = called;"),
];

const BUFFER: &[Small] = &[
    (
        "put_wakes_nobody",
        "let filled = items.len();\n        drop(items);\n        self.has_items.notify_one();",
        "let filled = items.len();",
    ),
    (
        "take_wakes_nobody",
        "let item = items.pop_front();\n        drop(items);\n        self.has_room.notify_one();\n        item\n    }\n    // ANCHOR_END: fixed",
        "items.pop_front()\n    }",
    ),
    (
        "one_too_many",
        "while items.len() == self.capacity {\n            items = self.has_room",
        "while items.len() == self.capacity + 1 {\n            items = self.has_room",
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (lock, bugs) in [("py32", [BOTH, SHARED]), ("py313", [BOTH, ADDRESSED]), ("py2", [TICKS, &[]])] {
        let source = source(&format!("../../gil-sim/src/lock/{lock}.rs"));
        for (name, changes) in bugs.into_iter().flatten() {
            plant(lock, &source, name, changes);
        }
    }
    for (file, path, bugs) in [
        ("spin", "../../mutex/src/locks/spin.rs", SPIN),
        ("ticket", "../../mutex/src/locks/ticket.rs", TICKET),
        ("buffer", "../../mutex/src/experiments/bounded_buffer/buffer.rs", BUFFER),
    ] {
        let source = source(path);
        for (name, from, to) in bugs {
            plant(file, &source, name, &[(from, to)]);
        }
    }
}

/// The shipped file without its `//!` lines, which an included file cannot have.
fn source(path: &str) -> String {
    println!("cargo::rerun-if-changed={path}");
    let source = fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    source.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect()
}

fn plant(file: &str, source: &str, name: &str, changes: &[Change]) {
    let planted = changes.iter().fold(source.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{name}: expected exactly once in {file}.rs: {from}");
        text.replace(from, to)
    });
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join(format!("{file}.{name}.rs")), planted).expect("cargo's own folder can be written");
}
