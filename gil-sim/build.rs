//! Plants bugs into copies of the lock for `tests/planted.rs`: the shipped file with a line changed, so that the copies cannot
//! drift. A change that finds no place fails the build.

use std::path::Path;
use std::{env, fs};

type Change = (&'static str, &'static str);

/// A name, and what is changed into what.
const BUGS: &[(&str, &[Change])] = &[
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
    // A request outlives its waiter: the next releaser waits for nobody.
    (
        "request_never_reset",
        &[(
            "// Wipes out the requests of other waiters too; they time out afresh.\n        self.drop_request.store(false, Relaxed);",
            "",
        )],
    ),
    // The releaser may come back at once.
    (
        "no_forced_switch",
        &[(
            "if self.drop_request.load(Relaxed) {\n            let mut switch",
            "if false {\n            let mut switch",
        )],
    ),
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

fn main() {
    println!("cargo::rerun-if-changed=src/gil.rs");
    println!("cargo::rerun-if-changed=build.rs");
    let source = fs::read_to_string("src/gil.rs").expect("the lock stands beside its build script");
    // An included file cannot have inner comments.
    let source: String =
        source.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect();
    let out = env::var("OUT_DIR").expect("cargo sets it");
    for (name, changes) in BUGS {
        let planted = changes.iter().fold(source.clone(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "{name}: this is not once in gil.rs: {from}");
            text.replace(from, to)
        });
        fs::write(Path::new(&out).join(format!("{name}.rs")), planted).expect("cargo's own folder can be written");
    }
}
