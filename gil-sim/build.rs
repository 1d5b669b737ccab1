//! Plants bugs into copies of the locks for `tests/planted.rs` and `tests/shuttle.rs`: a shipped file with a line changed, so that
//! the copies cannot drift. A change that finds no place fails the build.

use std::path::Path;
use std::{env, fs};

/// What is changed into what.
type Change = (&'static str, &'static str);

/// A name, and what is changed.
type Bug = (&'static str, &'static [Change]);

/// Bugs that fit the locks of 3.2 and later: their code differs in the request only.
const BOTH: &[Bug] = &[
    // The releaser wakes nobody.
    ("no_signal", &[("state.locked = false;\n        self.freed.notify_one();", "state.locked = false;")]),
    // The lock is seen taken, then the mutex is let go before the wait: the wake-up may come in between.
    (
        "unlocked_between_check_and_wait",
        &[(
            "let saved = state.switch_number;",
            "let saved = state.switch_number; drop(state); state = self.state.lock();",
        )],
    ),
    // Awake means free: wrong as soon as a third thread barges in.
    ("if_for_while", &[("while state.locked {", "if state.locked {")]),
    // The taker does not tell the releaser.
    ("no_switch_signal", &[("self.switched.notify_one();", "")]),
    // The releaser looks who holds the lock before it holds the mutex that orders the answer.
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

/// Of 3.2 to 3.12.
const SHARED: &[Bug] = &[
    // A request outlives its waiter: the next releaser waits for nobody.
    (
        "request_never_reset",
        &[("time out afresh.\n        self.drop_request.store(false, Relaxed);", "time out afresh.\n")],
    ),
    // The releaser may come back at once.
    (
        "no_forced_switch",
        &[(
            "if self.drop_request.load(Relaxed) {\n            let mut switch",
            "if false {\n            let mut switch",
        )],
    ),
    // CPython before gh-96387: whoever gives up leaves its request behind.
    ("gives_up_without_clearing", &[("self.withdraw(requested);", "")]),
    // CPython since then: it is taken back, but after the mutex.
    ("gives_up_clearing_after_unlock", &[("self.withdraw(requested);", "drop(state); self.withdraw(requested);")]),
];

/// Of 3.13 and later.
const ADDRESSED: &[Bug] = &[
    // What was asked of me is still asked when I come back.
    ("request_never_reset", &[("no business of mine.\n        self.clear(me.0);", "no business of mine.\n")]),
    // The request is for whoever runs, but only the one it was meant for takes it back.
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

/// Of Python 2.
const TICKS: &[Bug] = &[
    // The semaphore lets two in.
    ("semaphore_of_two", &[("Semaphore::new(1)", "Semaphore::new(2)")]),
    // It is not raised again.
    ("no_post", &[("self.0.post();", "")]),
    // Awake means free.
    ("if_for_while", &[("while *locked {", "if *locked {")]),
    // Nobody is woken.
    ("no_signal", &[("self.released.notify_one();", "")]),
    // The waiter is woken before there is anything to see.
    (
        "signal_before_release",
        &[
            ("*self.locked.lock() = false;", "self.released.notify_one();"),
            ("before.\n        self.released.notify_one();", "before.\n        *self.locked.lock() = false;"),
        ],
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=src/lock");
    println!("cargo::rerun-if-changed=build.rs");
    for (lock, bugs) in [("py32", [BOTH, SHARED]), ("py313", [BOTH, ADDRESSED]), ("py2", [TICKS, &[]])] {
        let source =
            fs::read_to_string(format!("src/lock/{lock}.rs")).expect("the lock stands beside its build script");
        // An included file cannot have inner comments.
        let source: String =
            source.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect();
        for bug in bugs.into_iter().flatten() {
            plant(lock, &source, bug);
        }
    }
}

fn plant(lock: &str, source: &str, (name, changes): &Bug) {
    let planted = changes.iter().fold(source.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{name}: this is not once in {lock}.rs: {from}");
        text.replace(from, to)
    });
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join(format!("{lock}.{name}.rs")), planted).expect("cargo's own folder can be written");
}
