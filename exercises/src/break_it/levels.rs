//! The eight levels: a lock with one planted bug each, from a missing check to the withdrawn request of CPython itself.

use std::time::Duration;

use gil_sim::sim::Schedule;
use lab::lang::Text;
use lab::text;

use super::copies::lock::{Gil, MutexAndCondvar, Ticks};
use super::copies::raw::RawLock;
use super::copies::scheduler::Grain;
use super::copies::{
    buffer, check_then_set, gives_up_clearing_after_unlock, gives_up_without_clearing, if_for_while, no_forced_switch,
    put_wakes_nobody, request_never_reset, signal_before_release, spin,
};
use super::play::{Played, play};
use super::threads::{Program, Told, exchange, finalize, interpret, visit};

/// Required by the locks; no clock runs here.
const INTERVAL: Duration = Duration::from_millis(5);

/// A level.
pub struct Level {
    pub title: fn() -> Text,
    /// Where the lock is shipped.
    pub file: &'static str,
    /// The source with the bug.
    pub source: &'static str,
    /// The part of it that matters: the names of its anchors.
    pub anchors: &'static [&'static str],
    /// What the threads do.
    pub threads: fn() -> Text,
    pub goal: fn() -> Text,
    /// What a letter of the schedule stands for.
    pub letter: Grain,
    /// The threads with the bug in their lock.
    pub planted: fn(&Told) -> Vec<Program>,
    /// The same threads with the shipped lock.
    pub shipped: fn(&Told) -> Vec<Program>,
}

fn together() -> Text {
    text!("두 스레드가 동시에 락을 쥐게 하십시오.", "Make two threads hold the lock at the same time.")
}

fn hang() -> Text {
    text!(
        "모두를 멈추게 하십시오. 아무도 깨울 수 없는 스레드가 남아야 합니다.",
        "Make it hang: a thread is left that nobody can wake."
    )
}

fn unasked() -> Text {
    text!(
        "락을 쥔 스레드가 아무도 하지 않은 요청을 받게 하십시오. 락을 획득한 뒤의 요청만 그 스레드에 대한 것입니다.",
        "Make a holder see a request that nobody has made of it: only requests since it took the lock are meant for it."
    )
}

fn computing() -> Text {
    text!(
        "각 스레드는 락을 획득하고, 계산하고(한 차례), 락을 놓으라는 요청이 있는지 확인합니다. 있으면 놓았다가 다시 획득합니다. 마지막으로 한 번 더 계산하고, 확인하지 않고 락을 놓습니다. 다른 스레드가 쥐고 있으면 정해진 시간만 기다리다가(시간 만료는 !) 요청합니다.",
        "Each thread takes the lock, computes (a turn), and looks whether it is asked to let go; then it lets go and takes it again. It ends with one more turn of computing, and lets go without looking. A thread that waits does so for a time (! lets it run out), and then asks."
    )
}

fn ending() -> Text {
    text!(
        "a는 메인 스레드입니다. 락을 획득해 계산하고, 인터프리터를 끝내기 시작하고, 다시 계산한 다음, 락을 놓으라는 요청이 있는지 한 번 확인합니다. 그러고 나서 락을 놓습니다. b는 데몬 스레드입니다. 락을 기다리다가 요청하고, 다음에 시간이 다 되었을 때(!b) 인터프리터가 끝나고 있으면(must_exit) 포기합니다.",
        "a is the main thread: it takes the lock, computes, begins to end the interpreter, computes, looks once whether it is asked to let go, and lets go for good. b is a daemon thread: it waits for the lock and asks; when its time is over (!b) and the interpreter is ending (must_exit), it gives up."
    )
}

/// All of them, in order.
pub const LEVELS: [Level; 8] = [
    Level {
        title: || text!("확인하고 나서 쓰기", "check, then set"),
        file: "mutex/src/locks/spin.rs",
        source: check_then_set::SOURCE,
        anchors: &["spin"],
        threads: || {
            text!(
                "a와 b는 각각 락을 획득하고, 계산하고, 해제합니다.",
                "a and b each take the lock, compute, and let go."
            )
        },
        goal: together,
        letter: Grain::Operations,
        planted: |told| visit(check_then_set::SpinLock::new(), 2, told),
        shipped: |told| visit(spin::SpinLock::new(), 2, told),
    },
    Level {
        title: || text!("아무도 깨우지 않는 put", "a put that wakes nobody"),
        file: "mutex/src/experiments/bounded_buffer/buffer.rs",
        source: put_wakes_nobody::SOURCE,
        anchors: &["fixed"],
        threads: || {
            text!(
                "a는 자리가 하나인 버퍼에 항목 둘을 넣고, b는 둘을 꺼냅니다.",
                "a puts two items into a buffer with room for one, b takes two."
            )
        },
        goal: hang,
        letter: Grain::Turns,
        planted: |told| {
            let buffer = put_wakes_nobody::Buffer::new(1);
            exchange(buffer, 2, told, put_wakes_nobody::Buffer::put, put_wakes_nobody::Buffer::take)
        },
        shipped: |told| exchange(buffer::Buffer::new(1), 2, told, buffer::Buffer::put, buffer::Buffer::take),
    },
    Level {
        title: || text!("while 대신 if", "if instead of while"),
        file: "gil-sim/src/lock/py2.rs",
        source: if_for_while::SOURCE,
        anchors: &["condvar"],
        threads: || {
            text!(
                "a, b, c는 각각 락을 획득하고, 계산하고(한 차례), 해제합니다.",
                "a, b and c each take the lock, compute (a turn), and let go."
            )
        },
        goal: together,
        letter: Grain::Turns,
        planted: |told| interpret(if_for_while::Ticks::<if_for_while::MutexAndCondvar>::new(9), &[0, 0, 0], told),
        shipped: |told| interpret(Ticks::<MutexAndCondvar>::new(9), &[0, 0, 0], told),
    },
    Level {
        title: || text!("너무 이른 신호", "a signal that comes too early"),
        file: "gil-sim/src/lock/py2.rs",
        source: signal_before_release::SOURCE,
        anchors: &["condvar"],
        threads: || {
            text!(
                "a와 b는 각각 락을 획득하고, 계산하고, 해제합니다.",
                "a and b each take the lock, compute, and let go."
            )
        },
        goal: hang,
        letter: Grain::Operations,
        planted: |told| {
            interpret(signal_before_release::Ticks::<signal_before_release::MutexAndCondvar>::new(9), &[0, 0], told)
        },
        shipped: |told| interpret(Ticks::<MutexAndCondvar>::new(9), &[0, 0], told),
    },
    Level {
        title: || text!("지워지지 않는 요청 (3.2–3.12의 GIL)", "a request that stays (the GIL of 3.2 to 3.12)"),
        file: "gil-sim/src/lock/py32.rs",
        source: request_never_reset::SOURCE,
        anchors: &["take", "drop"],
        threads: computing,
        goal: unasked,
        letter: Grain::Turns,
        planted: |told| interpret(request_never_reset::Gil::new(INTERVAL), &[1, 1], told),
        shipped: |told| interpret(Gil::new(INTERVAL), &[1, 1], told),
    },
    Level {
        title: || text!("전환을 강제하지 않는 해제 (3.2–3.12의 GIL)", "no forced switch (the GIL of 3.2 to 3.12)"),
        file: "gil-sim/src/lock/py32.rs",
        source: no_forced_switch::SOURCE,
        anchors: &["take", "drop"],
        threads: computing,
        goal: || {
            text!(
                "요청을 받고 락을 놓은 스레드가, 기다리던 스레드보다 먼저 다시 획득하게 하십시오.",
                "Make a thread let go on request and take the lock again before the one that waits."
            )
        },
        letter: Grain::Turns,
        planted: |told| interpret(no_forced_switch::Gil::new(INTERVAL), &[1, 1], told),
        shipped: |told| interpret(Gil::new(INTERVAL), &[1, 1], told),
    },
    Level {
        title: || {
            text!("포기하면서 남겨 둔 요청 (CPython, gh-96387 이전)", "a request left behind (CPython before gh-96387)")
        },
        file: "gil-sim/src/lock/py32.rs",
        source: gives_up_without_clearing::SOURCE,
        anchors: &["take", "drop"],
        threads: ending,
        goal: hang,
        letter: Grain::Turns,
        planted: |told| {
            use gives_up_without_clearing::Gil;
            finalize(Gil::new(INTERVAL), told, Gil::take_unless)
        },
        shipped: |told| finalize(Gil::new(INTERVAL), told, Gil::take_unless),
    },
    Level {
        title: || {
            text!(
                "너무 늦게 철회한 요청 (CPython, gh-96387 이후)",
                "a request withdrawn too late (CPython since gh-96387)"
            )
        },
        file: "gil-sim/src/lock/py32.rs",
        source: gives_up_clearing_after_unlock::SOURCE,
        anchors: &["take", "drop"],
        threads: ending,
        goal: hang,
        letter: Grain::Operations,
        planted: |told| {
            use gives_up_clearing_after_unlock::Gil;
            finalize(Gil::new(INTERVAL), told, Gil::take_unless)
        },
        shipped: |told| finalize(Gil::new(INTERVAL), told, Gil::take_unless),
    },
];

/// The shortest schedule that breaks each level.
pub const SOLUTIONS: [&str; 8] = [
    "aabbab",
    "ba",
    "abacb",
    "aaaaaaaaabbbaa",
    "aab!bababb",
    "ab!baba",
    "ab!bab!ba",
    "aaaaaaaaabbb!bbbbbaa!baaabbbaaaaaaaaab",
];

impl Level {
    /// Plays a schedule in the copy with the bug.
    pub fn play(&self, schedule: &Schedule) -> Played {
        let told = Told::default();
        play((self.planted)(&told), &told, self.letter, schedule)
    }

    /// Plays it in the shipped lock.
    pub fn play_shipped(&self, schedule: &Schedule) -> Played {
        let told = Told::default();
        play((self.shipped)(&told), &told, self.letter, schedule)
    }

    /// The lines that matter, as they are with the bug.
    pub fn lines(&self) -> Vec<&'static str> {
        lines(self.source, self.anchors)
    }
}

/// The lines between the anchors, without the indentation that they have in common.
fn lines<'s>(source: &'s str, anchors: &[&str]) -> Vec<&'s str> {
    let mut lines = Vec::new();
    for anchor in anchors {
        let (begin, end) = (format!("// ANCHOR: {anchor}"), format!("// ANCHOR_END: {anchor}"));
        let behind = source.lines().skip_while(|line| line.trim() != begin).skip(1);
        lines.extend(behind.take_while(|line| line.trim() != end));
    }
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let common = lines.iter().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    lines.into_iter().map(|line| line.get(common..).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of each solution.
    const BROKEN: [&str; 8] = [
        "hold the lock at the same time",
        "could wake a, b",
        "hold the lock at the same time",
        "could wake b",
        "nobody has asked since",
        "before the thread that had asked",
        "could wake a",
        "could wake a",
    ];

    fn read(words: &str) -> Schedule {
        Schedule::read(words).unwrap()
    }

    #[test]
    fn a_schedule_breaks_each_level_and_not_the_shipped_lock() {
        for (n, ((level, words), about)) in LEVELS.iter().zip(SOLUTIONS).zip(BROKEN).enumerate() {
            let played = level.play(&read(words));
            let broken = played.broken.unwrap_or_else(|| panic!("level {}: not broken: {:?}", n + 1, played.refused));
            assert!(broken.en.contains(about) && lab::lang::has_hangul(&broken.ko), "level {}: {broken:?}", n + 1);
            assert_eq!(played.steps.len(), read(words).turns().len(), "level {}: broken before its last turn", n + 1);
            let shipped = level.play_shipped(&read(words));
            assert!(shipped.broken.is_none(), "level {}: {:?}", n + 1, shipped.broken);
            assert!(shipped.steps.len() > 1, "level {}: the shipped lock refuses the beginning", n + 1);
        }
    }

    #[test]
    fn no_beginning_of_a_solution_breaks_anything() {
        for (n, (level, words)) in LEVELS.iter().zip(SOLUTIONS).enumerate() {
            let turns = read(words).turns().to_vec();
            let shorter: String = turns[..turns.len() - 1].iter().map(ToString::to_string).collect();
            assert!(level.play(&read(&shorter)).broken.is_none(), "level {}", n + 1);
        }
    }

    /// Where the judge is fooled, a schedule breaks a shipped lock: random ones are tried, up to the end of all threads.
    #[test]
    fn no_schedule_breaks_a_shipped_lock() {
        const LONG: usize = 120;
        for (n, level) in LEVELS.iter().enumerate() {
            let mut ends = 0;
            for seed in 0..40_u64 {
                let (words, over) = drawn(level, seed, LONG);
                ends += usize::from(over);
                let played = level.play_shipped(&read(&words));
                assert!(played.broken.is_none(), "level {}: {words}: {:?}", n + 1, played.broken);
            }
            assert!(ends > 20, "level {}: {ends} schedules of 40 came to the end of all threads", n + 1);
        }
    }

    /// A random schedule of the shipped lock, and whether all threads ended under it.
    fn drawn(level: &Level, seed: u64, most: usize) -> (String, bool) {
        use super::super::copies::scheduler::Place;
        use super::super::page;
        use crate::predict::random::Random;
        let (mut words, mut random) = (String::new(), Random::new(seed));
        for _ in 0..most {
            let played = level.play_shipped(&read(&words));
            if played.places.iter().all(|place| *place == Place::Ended) {
                return (words, true);
            }
            let choices = page::choices(&played.places);
            let choices: Vec<&str> = choices.split(' ').collect();
            words.push_str(random.of(&choices));
        }
        (words, false)
    }

    #[test]
    fn the_lines_of_a_level_have_its_bug() {
        for (n, level) in LEVELS.iter().enumerate() {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(level.file);
            let source = std::fs::read_to_string(path).unwrap();
            let shipped = lines(&source, level.anchors);
            assert!((8..=80).contains(&shipped.len()), "level {}: {} lines", n + 1, shipped.len());
            assert_ne!(level.lines(), shipped, "level {}: the bug is in other lines", n + 1);
        }
    }
}
