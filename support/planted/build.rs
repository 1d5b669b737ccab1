//! Plants bugs into copies of the locks of `gil-sim` and of the locks and the buffer of `mutex`. A copy is made from the shipped
//! file at each build, so it is always up to date. A change whose text is not found exactly once fails the build. `exercises` compiles
//! some of these copies too: who breaks one by a schedule has solved a level of `exercises -- break`.
//!
//! The same for the scheduler of `process-pool`, whose copy holds all its bugs, each behind a switch.

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

/// Bugs of the pool's scheduler: a name, the file, the text to replace, and its replacement, where BUG tells whether this bug is
/// switched on.
type Switched = (&'static str, &'static str, &'static str, &'static str);

const SCHEDULER: &[Switched] = &[
    // What was recalled, or came back from a dead worker, is lost.
    (
        "put_back_loses",
        "queue",
        "0 => self.first.push_front(task),",
        "0 if BUG => drop(task),\n                0 => self.first.push_front(task),",
    ),
    // A handle is not told that its task waits again: it cannot be cancelled.
    ("put_back_stays_sent", "queue", "task.sink.wait_again();", "if !BUG { task.sink.wait_again(); }"),
    // A task that ends its workers is run again and again.
    ("culprit_not_charged", "recovery", "if place < self.begun {", "if place + usize::from(BUG) < self.begun {"),
    // A task that had not begun is charged with a death, too.
    (
        "next_is_charged",
        "link",
        "let begun = self.flight.begun(progress);\n        // A task that was",
        "let begun = self.flight.begun(progress) + usize::from(BUG);\n        // A task that was",
    ),
    (
        "one_retry_too_many",
        "recovery",
        "task.attempts > task.job.retries",
        "task.attempts > task.job.retries + u32::from(BUG)",
    ),
    // A task that was killed is run again.
    (
        "killed_is_retried",
        "recovery",
        "if self.culprit == Some(place) && self.verdict == Some(Verdict::Killed) {",
        "if !BUG && self.culprit == Some(place) && self.verdict == Some(Verdict::Killed) {",
    ),
    // What has begun comes back as well: it counts from what was sent.
    (
        "recall_counts_from_sent",
        "flight",
        "let mut keep = begun.wrapping_sub(self.answered) as usize;",
        "let mut keep = if BUG { 0 } else { begun.wrapping_sub(self.answered) as usize };",
    ),
    // The worker goes on with what was taken back.
    (
        "recall_tells_nobody",
        "link",
        "self.flight.recall(|| self.worker.claims().recall());",
        "self.flight.recall(|| if BUG { self.worker.claims().progress().begun } else { self.worker.claims().recall() });",
    ),
    // More is sent before the worker has skipped what was recalled.
    (
        "sent_while_recalled",
        "link",
        "&& !self.flight.is_recalled()\n            && self.verdict",
        "&& (BUG || !self.flight.is_recalled())\n            && self.verdict",
    ),
    // Kills whatever runs.
    (
        "kills_another",
        "link",
        "is_some_and(|running| is_same(running, sink))",
        "is_some_and(|running| BUG || is_same(running, sink))",
    ),
    (
        "no_time_limit",
        "link",
        "limit().is_some_and(|limit| unchanged >= limit)",
        "!BUG && limit().is_some_and(|limit| unchanged >= limit)",
    ),
    // Looks once a second, however short a limit is.
    (
        "limits_are_seen_late",
        "mod",
        "next = next.min(limit / 8);",
        "next = next.min(if BUG { next } else { limit / 8 });",
    ),
    // A task is killed before its limit.
    ("limit_is_halved", "link", "|limit| unchanged >= limit)", "|limit| unchanged >= limit / (1 + u32::from(BUG)))"),
    // A stopped worker is waited for.
    (
        "stopped_is_borne",
        "link",
        "if unchanged >= MAX_CHECK_INTERVAL && self.worker.is_stopped() {\n            return Some",
        "if !BUG && unchanged >= MAX_CHECK_INTERVAL && self.worker.is_stopped() {\n            return Some",
    ),
    // A worker that never sends a result is waited for.
    (
        "silence_is_borne",
        "link",
        "if runs || unchanged < SILENCE_TIMEOUT",
        "if BUG || runs || unchanged < SILENCE_TIMEOUT",
    ),
    // A worker that never says hello is waited for.
    ("silent_start_is_borne", "link", "(unchanged >= STARTUP_TIMEOUT)", "(!BUG && unchanged >= STARTUP_TIMEOUT)"),
    // Whoever uses results makes no room for new tasks.
    (
        "credit_never_returned",
        "source",
        "self.used.fetch_add(1, Ordering::SeqCst);",
        "self.used.fetch_add(usize::from(!BUG), Ordering::SeqCst);",
    ),
    // Whoever makes room is not asked to tell.
    (
        "held_is_not_told",
        "source",
        "self.held.store(true, Ordering::SeqCst);",
        "self.held.store(!BUG, Ordering::SeqCst);",
    ),
    // Sources that had nothing are never asked again.
    (
        "exhausted_never_reset",
        "queue",
        "pub fn look_again(&mut self) {\n        self.exhausted = false;",
        "pub fn look_again(&mut self) {\n        self.exhausted &= BUG;",
    ),
    // Tasks that no worker can run get no outcome.
    (
        "give_up_drops",
        "mod",
        "self.ledger.fail(task, Failure::NoWorker(why.clone()));",
        "if !BUG { self.ledger.fail(task, Failure::NoWorker(why.clone())); }",
    ),
    // Workers that die at once are started for ever.
    ("never_gives_up", "mod", "if self.slots.is_hopeless() {", "if !BUG && self.slots.is_hopeless() {"),
    // A worker gets more tasks than it may.
    (
        "retires_too_late",
        "mod",
        "most.saturating_sub(link.tasks())",
        "(most + u64::from(BUG)).saturating_sub(link.tasks())",
    ),
    // A worker that has had its tasks stays, and gets none.
    ("retired_stays", "link", "self.is_retired && self.is_idle()", "!BUG && self.is_retired && self.is_idle()"),
    // A task that was cancelled in the queue is sent.
    ("cancelled_is_sent", "batch", "is_some_and(|sink| !sink.begin())", "is_some_and(|sink| !sink.begin() && !BUG)"),
    // What ran when the pool was closed gets no outcome.
    (
        "close_forgets_what_ran",
        "mod",
        "tasks.for_each(|task| self.ledger.fail(task, Failure::Cancelled));",
        "tasks.filter(|_| !BUG).for_each(|task| self.ledger.fail(task, Failure::Cancelled));",
    ),
    // A frame that does not fit into the pipe is cut.
    (
        "full_pipe_cuts",
        "outbox",
        "Err(e) if e.kind() == ErrorKind::WouldBlock => return,",
        "Err(e) if !BUG && e.kind() == ErrorKind::WouldBlock => return,",
    ),
    // A worker that ended while a child keeps its pipe is waited for.
    (
        "held_pipe_is_borne",
        "link",
        "if unchanged >= MAX_CHECK_INTERVAL && self.worker.has_ended() {",
        "if !BUG && unchanged >= MAX_CHECK_INTERVAL && self.worker.has_ended() {",
    ),
    // What a dead worker wrote before is thrown away.
    (
        "last_results_are_lost",
        "link",
        "Ok(0) => return ReadOutcome::Dead,\n            Ok(_) => self.active = true,",
        "Ok(0) => return ReadOutcome::Dead,\n            Ok(_) if BUG && self.worker.has_ended() => return ReadOutcome::Dead,\n            Ok(_) => self.active = true,",
    ),
    // Shipped: the rest of a frame waited although there was room again.
    (
        "shipped_full_pipe_is_not_polled",
        "mod",
        "!link.is_polled || link.has_unsent();",
        "!link.is_polled || (!BUG && link.has_unsent());",
    ),
    // Shipped: the leader slept beyond limits that had come meanwhile.
    ("shipped_new_limit_is_missed", "mod", "let would_be_late = self", "let would_be_late = !BUG && self"),
    // Shipped: tasks that a cancellation had recalled waited beside idle workers.
    ("shipped_recalled_by_cancel_waits", "mod", "if has_recalled {", "if has_recalled && !BUG {"),
    // Shipped: with an empty place and no tasks, the leader woke each millisecond, and new tasks were not dispatched.
    (
        "shipped_nothing_is_not_noted",
        "mod",
        "return self.queue.found_nothing();",
        "return if BUG { } else { self.queue.found_nothing() };",
    ),
    // Shipped: the leader of a closed pool woke each millisecond.
    (
        "shipped_closed_pool_looks_for_nothing",
        "queue",
        "        self.exhausted = true;\n        drained",
        "        self.exhausted |= !BUG;\n        drained",
    ),
    // Shipped: a worker that had died counted as over the limit if a child kept its pipe.
    (
        "shipped_dead_is_over_the_limit",
        "link",
        "if self.worker.has_ended() {\n                // Its end",
        "if !BUG && self.worker.has_ended() {\n                // Its end",
    ),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::metadata=out={}", env::var("OUT_DIR").expect("cargo sets it"));
    copy_pool();
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

/// Copies the sources of `process-pool`, for a program whose root they become. All bugs of its scheduler are in the one copy,
/// each behind a switch: to compile a copy for each would take minutes.
fn copy_pool() {
    let from = Path::new("../process-pool/src");
    println!("cargo::rerun-if-changed={}", from.display());
    let out = env::var("OUT_DIR").expect("cargo sets it");
    copy_folder(from, &Path::new(&out).join("process-pool"));
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("cargo's own folder can be written");
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let path = entry.expect("a folder of ours can be read").path();
        let name = path.file_name().expect("an entry has a name");
        if path.is_dir() {
            copy_folder(&path, &to.join(name));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let inner = |line: &&str| !line.starts_with("//!") && !line.starts_with("#![");
        let text: String = text.lines().filter(inner).map(|line| format!("{line}\n")).collect();
        fs::write(to.join(name), switched(&path, text)).expect("cargo's own folder can be written");
    }
}

/// A file of the copy: what a test calls is public, its own tests are none, and its bugs are behind their switches.
fn switched(path: &Path, text: String) -> String {
    let mut text = text.replace("#[test]", "").replace("mod scheduler;", "pub mod scheduler;");
    text = text.replace("mod simulation;", "pub mod simulation;");
    // Tests of the worker declare tasks, by a macro that only the crate itself can name so.
    text = text.replace("#[cfg(test)]\nmod tests;\n", "");
    // The stub for other systems is compiled for its own test only.
    text = text.replace("#[cfg(any(not(unix), test))]\nmod unsupported;\n", "");
    if path.parent().and_then(Path::file_name).is_none_or(|folder| folder != "scheduler") {
        return text;
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    for (name, _, from, to) in SCHEDULER.iter().filter(|(_, file, ..)| *file == stem) {
        assert_eq!(text.matches(from).count(), 1, "{name}: expected exactly once in {stem}.rs: {from}");
        text = text.replace(from, &to.replace("BUG", &format!("crate::planted({name:?})")));
    }
    text
}
