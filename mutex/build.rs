//! Plants bugs into copies of the locks and of the buffer for `tests/planted.rs`: a shipped file with a line changed, so that the
//! copies cannot drift. A change that finds no place fails the build.

use std::path::Path;
use std::{env, fs};

/// A name, what is changed, and into what.
type Bug = (&'static str, &'static str, &'static str);

const SPIN: &[Bug] = &[
    // What the holder wrote need not be seen by the next one.
    ("relaxed_unlock", "store(false, Release)", "store(false, Relaxed)"),
    ("relaxed_lock", "(false, true, Acquire, Relaxed)", "(false, true, Relaxed, Relaxed)"),
    // A look, then a step: two may look before either steps.
    (
        "look_then_take",
        "self.locked.compare_exchange_weak(false, true, Acquire, Relaxed).is_err()",
        "self.locked.load(Acquire) || { self.locked.store(true, Relaxed); false }",
    ),
    ("never_free", "self.locked.store(false, Release);", ""),
];

const TICKET: &[Bug] = &[
    ("relaxed_unlock", "store(called.wrapping_add(1), Release)", "store(called.wrapping_add(1), Relaxed)"),
    ("relaxed_lock", "self.called.load(Acquire)", "self.called.load(Relaxed)"),
    // Two may draw the same number.
    (
        "drawn_in_two_steps",
        "self.next.fetch_add(1, Relaxed)",
        "{ let next = self.next.load(Relaxed); self.next.store(next + 1, Relaxed); next }",
    ),
    ("nobody_called", "self.called.store(called.wrapping_add(1), Release);", "let _ = called;"),
];

const BUFFER: &[Bug] = &[
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
    println!("cargo::rerun-if-changed=src/locks");
    println!("cargo::rerun-if-changed=src/experiments/bounded_buffer/buffer.rs");
    println!("cargo::rerun-if-changed=build.rs");
    for (name, path, bugs) in [
        ("spin", "src/locks/spin.rs", SPIN),
        ("ticket", "src/locks/ticket.rs", TICKET),
        ("buffer", "src/experiments/bounded_buffer/buffer.rs", BUFFER),
    ] {
        let source = fs::read_to_string(path).expect("the file stands beside its build script");
        // An included file cannot have inner comments.
        let source: String =
            source.lines().filter(|line| !line.starts_with("//!")).map(|line| format!("{line}\n")).collect();
        bugs.iter().for_each(|bug| plant(name, &source, bug));
    }
}

fn plant(file: &str, source: &str, (name, from, to): &Bug) {
    assert_eq!(source.matches(from).count(), 1, "{name}: this is not once in {file}.rs: {from}");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let planted = source.replace(from, to);
    fs::write(Path::new(&out).join(format!("{file}.{name}.rs")), planted).expect("cargo's own folder can be written");
}
