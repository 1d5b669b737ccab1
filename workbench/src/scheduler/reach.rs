//! Eight shipped locks, each with a state that a schedule is to bring it into: what happens in a lock that has no bug.

use std::time::Duration;

use exercises::break_it::copies::lock::{AddressedGil, Gil, MutexAndCondvar, SemaphoreLock, Ticks};
use exercises::break_it::copies::raw::RawLock;
use exercises::break_it::copies::scheduler::{Grain, Place};
use exercises::break_it::copies::{buffer, spin};
use exercises::break_it::levels::LEVELS;
use exercises::break_it::play::{Act, Played, Step};
use exercises::break_it::threads::{Event, Program, Told, exchange, interpret, visit};
use gil_sim::sim::Phase;
use lab::lang::Text;
use lab::text;

pub(super) struct Reach {
    pub(super) title: fn() -> Text,
    pub(super) file: &'static str,
    pub(super) source: &'static str,
    pub(super) anchors: &'static [&'static str],
    pub(super) threads: fn() -> Text,
    pub(super) goal: fn() -> Text,
    pub(super) letter: Grain,
    pub(super) programs: fn(&Told) -> Vec<Program>,
    pub(super) reached: fn(&Played) -> Option<Text>,
}

/// Required by the locks; no clock runs here.
const INTERVAL: Duration = Duration::from_millis(5);
/// No thread of these levels uses up its ticks.
const TICKS: u64 = 9;

const A: usize = 0;
const B: usize = 1;
const C: usize = 2;

const SPIN: &str = include_str!("../../../mutex/src/locks/spin.rs");
const BUFFER: &str = include_str!("../../../mutex/src/experiments/bounded_buffer/buffer.rs");
const PY2: &str = include_str!("../../../gil-sim/src/lock/py2.rs");
const PY32: &str = include_str!("../../../gil-sim/src/lock/py32.rs");
const PY313: &str = include_str!("../../../gil-sim/src/lock/py313.rs");

fn three_compute() -> Text {
    text!(
        "a, b, c는 각각 락을 획득하고, 한 차례 계산하고, 락을 놓으라는 요청이 있는지 확인합니다. 있으면 놓았다가 다시 획득합니다. 마지막으로 한 번 더 계산하고, 확인하지 않고 락을 놓습니다.",
        "a, b and c each take the lock, compute for a turn, and look whether they are asked to release it; then they release it and take it again. They end with one more turn of computing, and release it without looking."
    )
}

/// A schedule that reaches each state in its last turn.
pub const REACHING: [&str; 8] = ["aabbbb", "baa", "abc", "abacb", "abab", "ab!bbaa", "ab!bbacac", "aab!bbaab"];

/// All of them, from looking in vain to the end of an interpreter.
pub(super) const REACHES: [Reach; 8] = [
    Reach {
        title: || text!("스핀 락에서 헛되이 확인하기", "looking in vain at a spin lock"),
        file: "mutex/src/locks/spin.rs",
        source: SPIN,
        anchors: &["spin"],
        threads: LEVELS[0].threads,
        goal: || {
            text!("a가 락을 쥔 동안 b가 세 번 확인하게 하십시오.", "Make b look three times while a holds the lock.")
        },
        letter: Grain::Operations,
        programs: |told| visit(spin::SpinLock::new(), 2, told),
        reached: |played| {
            let looks = |step: &Step| {
                step.turn.thread == B && step.acts.contains(&Act::Operation("AtomicBool::compare_exchange"))
            };
            let held = played.steps.iter().skip_while(|step| !did(step, Event::Enters) || step.turn.thread != A);
            (played.inside == [A] && held.filter(|step| looks(step)).count() >= 3).then(|| {
                text!(
                    "b는 잠들지 않고 확인할 때마다 코어를 씁니다. a가 락을 놓을 때까지 그렇습니다.",
                    "b does not sleep: each look takes time on a core, until a releases the lock."
                )
            })
        },
    },
    Reach {
        title: || text!("빈 버퍼와 가득 찬 버퍼", "an empty buffer and a full one"),
        file: "mutex/src/experiments/bounded_buffer/buffer.rs",
        source: BUFFER,
        anchors: &["fixed"],
        threads: LEVELS[1].threads,
        goal: || {
            text!(
                "b가 빈 버퍼에서 기다린 적이 있고, 지금은 a가 가득 찬 버퍼에서 기다리게 하십시오.",
                "Make b wait for an item first, and then a wait for room."
            )
        },
        letter: Grain::Turns,
        programs: |told| exchange(buffer::Buffer::new(1), 2, told, buffer::Buffer::put, buffer::Buffer::take),
        reached: |played| {
            (slept(played, B) > 0 && asleep(played, A)).then(|| {
                text!(
                    "a는 b를 깨웠지만, b가 실행되기 전에 다음 항목을 넣으려다 기다립니다. 깨우는 것은 실행하는 것이 아닙니다.",
                    "a has woken b, and waits for room before b has run: to wake a thread is not to run it."
                )
            })
        },
    },
    Reach {
        title: || text!("기다리는 두 스레드 (파이썬 2, macOS)", "two that wait (Python 2 on macOS)"),
        file: "gil-sim/src/lock/py2.rs",
        source: PY2,
        anchors: &["condvar"],
        threads: LEVELS[2].threads,
        goal: || text!("a가 락을 쥔 동안 b와 c가 모두 잠들게 하십시오.", "Make b and c sleep while a holds the lock."),
        letter: Grain::Turns,
        programs: |told| interpret(Ticks::<MutexAndCondvar>::new(TICKS), &[0, 0, 0], told),
        reached: |played| {
            (played.inside == [A] && asleep(played, B) && asleep(played, C)).then(|| {
                text!(
                    "두 스레드 모두 조건 변수에서 잠들었습니다. a의 신호 하나는 그중 하나만 깨웁니다.",
                    "Both sleep on the condition variable; a's one signal wakes one of them."
                )
            })
        },
    },
    Reach {
        title: || text!("깨어났지만 늦은 스레드", "woken, and too late"),
        file: "gil-sim/src/lock/py2.rs",
        source: PY2,
        anchors: &["condvar"],
        threads: LEVELS[2].threads,
        goal: || {
            text!(
                "a가 놓은 락을 c가 획득해서, 깨어난 b가 다시 잠들게 하십시오.",
                "Make c take the lock that a has released, so that b, which was woken, sleeps again."
            )
        },
        letter: Grain::Turns,
        programs: |told| interpret(Ticks::<MutexAndCondvar>::new(TICKS), &[0, 0, 0], told),
        reached: |played| {
            (played.inside == [C] && asleep(played, B) && slept(played, B) >= 2).then(|| {
                text!(
                    "락을 넘겨주는 것이 아니라 빈 락을 먼저 본 스레드가 가져갑니다(barging). 그래서 if가 아니라 while입니다.",
                    "Nobody is handed the lock: whoever finds it free takes it (barging). Hence `while` and not `if`."
                )
            })
        },
    },
    Reach {
        title: || text!("세마포어를 기다리는 스레드 (파이썬 2, Linux)", "waiting for a semaphore (Python 2 on Linux)"),
        file: "gil-sim/src/lock/py2.rs",
        source: PY2,
        anchors: &["semaphore"],
        threads: || {
            text!(
                "a와 b는 각각 세마포어를 획득하고, 한 차례 계산하고, 놓습니다.",
                "a and b each take the semaphore, compute for a turn, and post it."
            )
        },
        goal: || {
            text!(
                "b가 잠들었다가 a가 놓은 뒤에 락을 쥐게 하십시오.",
                "Make b sleep, and then hold the lock after a has released it."
            )
        },
        letter: Grain::Turns,
        programs: |told| interpret(Ticks::<SemaphoreLock>::new(TICKS), &[0, 0], told),
        reached: |played| {
            (played.inside == [B] && slept(played, B) > 0).then(|| {
                text!(
                    "아무도 락을 요청하지 않습니다. b는 a가 세마포어를 놓을 때까지 기다릴 뿐입니다.",
                    "Nobody asks for this lock: b just waits until a posts the semaphore."
                )
            })
        },
    },
    Reach {
        title: || text!("강제 전환 (3.2–3.12의 GIL)", "a forced switch (the GIL of 3.2 to 3.12)"),
        file: "gil-sim/src/lock/py32.rs",
        source: PY32,
        anchors: &["take", "drop"],
        threads: LEVELS[4].threads,
        goal: || {
            text!(
                "a가 요청을 받고 락을 놓은 다음, b가 획득할 때까지 기다리게 하십시오.",
                "Make a release the lock on request, and wait until b has taken the lock."
            )
        },
        letter: Grain::Turns,
        programs: |told| interpret(Gil::new(INTERVAL), &[1, 1], told),
        reached: |played| {
            // Not for the mutex: for the condition variable that says that somebody has taken the lock.
            let forced = |step: &&Step| step.turn.thread == A && step.acts.contains(&Act::Phase(Phase::Forced));
            let last = played.steps.iter().rfind(|step| step.turn.thread == A);
            (asleep(played, A) && last.filter(forced).is_some()).then(|| {
                text!(
                    "a는 다른 스레드가 락을 획득해야 다시 경쟁할 수 있습니다. 파이썬 2에는 이 대기가 없어서 놓은 스레드가 바로 다시 가져갔습니다.",
                    "a may compete again only after somebody else has taken the lock. Python 2 had no such wait, and whoever released the lock took it back at once."
                )
            })
        },
    },
    Reach {
        title: || {
            text!("요청한 스레드가 아닌 스레드 (3.2–3.12의 GIL)", "not the one who asked (the GIL of 3.2 to 3.12)")
        },
        file: "gil-sim/src/lock/py32.rs",
        source: PY32,
        anchors: &["take", "drop"],
        threads: three_compute,
        goal: || {
            text!(
                "b가 요청해서 a가 놓은 락을 c가 획득하게 하십시오.",
                "Make c take the lock that a has released because b asked."
            )
        },
        letter: Grain::Turns,
        programs: |told| interpret(Gil::new(INTERVAL), &[1, 1, 1], told),
        reached: |played| {
            let asked = |step: &Step| step.acts.contains(&Act::Phase(Phase::Asked)).then_some(step.turn.thread);
            let askers: Vec<usize> = played.steps.iter().filter_map(asked).collect();
            let let_go = played.steps.iter().any(|step| step.turn.thread == A && did(step, Event::LetsGo));
            (let_go && played.inside == [C] && askers == [B]).then(|| {
                text!(
                    "요청은 락을 놓게 할 뿐, 누가 획득할지는 정하지 않습니다. b는 처음부터 다시 기다립니다.",
                    "A request makes the holder release the lock; it does not say who takes the lock. b waits anew."
                )
            })
        },
    },
    Reach {
        title: || text!("너무 늦은 요청 (3.13 이후의 GIL)", "a request that comes too late (the GIL since 3.13)"),
        file: "gil-sim/src/lock/py313.rs",
        source: PY313,
        anchors: &["take", "drop"],
        threads: LEVELS[4].threads,
        goal: || {
            text!(
                "b가 요청했지만 a가 그 요청을 보지 않고 락을 놓아, b가 락을 쥐게 하십시오.",
                "Make b ask, and take the lock from an a that releases it without having seen the request."
            )
        },
        letter: Grain::Turns,
        programs: |told| interpret(AddressedGil::new(INTERVAL), &[1, 1], told),
        reached: |played| {
            let asked = played.steps.iter().any(|s| s.turn.thread == B && s.acts.contains(&Act::Phase(Phase::Asked)));
            let seen = played.steps.iter().any(|step| did(step, Event::SeesRequest));
            (asked && !seen && played.inside == [B]).then(|| {
                text!(
                    "요청에는 받을 스레드가 적혀 있습니다(asked: a). b가 락을 쥔 뒤에 남아 있어도 b에게는 요청이 아닙니다.",
                    "The request names the thread that it is for (asked: a). It may still be there, and it is none for b."
                )
            })
        },
    },
];

/// Whether a thread did this in a turn.
fn did(step: &Step, event: Event) -> bool {
    step.acts.contains(&Act::Event(event))
}

fn asleep(played: &Played, thread: usize) -> bool {
    matches!(played.places[thread], Place::Asleep { .. })
}

/// How often a thread fell asleep.
fn slept(played: &Played, thread: usize) -> usize {
    let falls = |step: &&Step| step.turn.thread == thread && matches!(step.place, Place::Asleep { .. });
    played.steps.iter().filter(falls).count()
}
