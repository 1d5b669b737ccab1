//! What kind of program a recording shows: shares of its time, and the names of what they amount to.

use lab::lang::Text;
use lab::report::{Unit, unit};
use lab::text;

use crate::recording::{Interpreter, Recording};
use crate::wait::Wait;

/// A kind of program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Most of its time is the interpreter's start and imports.
    Start,
    /// Threads wait for each other's locks.
    LockBound,
    /// A thread that waits for the network or a timer waits as long for the GIL, which a computing thread holds.
    Convoy,
    /// It uses several cores already.
    Parallel,
    /// It waits, and for several things at once already: in threads, or on an event loop.
    Overlapping,
    /// It computes with the GIL held.
    Python,
    /// It computes without the GIL: native code, or other processes.
    Native,
    /// It computes, and whether it holds a GIL cannot be seen.
    Cpu,
    /// It waits.
    Waiting(Wait),
    /// No kind has most of its time.
    Mixed,
}

/// The greater part.
const MOST: f64 = 0.7;
/// A start that takes this share is what the time goes into.
const MOSTLY_START: f64 = 0.6;
/// Waiting for locks or for the GIL in this share is worth a name.
const HINDERED: f64 = 0.3;
/// More cores than this on average is parallel: one core, and what sampling cannot tell.
const SEVERAL: f64 = 1.4;

/// Shares of the time in which the program was at work, 0 to 1; together 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    /// Computing with the GIL held.
    pub python: f64,
    /// Computing without it, in this process and in others.
    pub native: f64,
    /// Computing where that cannot be seen.
    pub unsplit: f64,
    /// Waiting.
    pub waiting: f64,
}

/// The shares of a recording's work.
pub fn shares(recording: &Recording) -> Shares {
    let work = &recording.work;
    let (all, cpu) = (work.judged(), work.cpu());
    if all <= 0.0 {
        return Shares::default();
    }
    // CPU time is added up over threads; of the program's time it is the part in which it was busy.
    let of = |part: f64| if cpu > 0.0 { part / cpu * work.busy / all } else { 0.0 };
    Shares {
        python: of(work.python),
        native: of(work.native + work.outside),
        unsplit: of(work.unsplit),
        waiting: work.waiting() / all,
    }
}

/// Whether a part of its time that matters is native code, or may be.
pub fn computes_natively(recording: &Recording) -> bool {
    let shares = shares(recording);
    recording.work.native + recording.work.unsplit > 0.0 && shares.native + shares.unsplit > 0.1
}

/// The share of the program's time that is start and imports.
pub fn start_share(recording: &Recording) -> f64 {
    let (start, work) = (recording.start.judged(), recording.work.judged());
    if start + work > 0.0 { start / (start + work) } else { 0.0 }
}

/// What it mostly waits for.
pub fn main_wait(recording: &Recording) -> Wait {
    let longest = Wait::ALL.into_iter().max_by(|a, b| recording.work.wait(*a).total_cmp(&recording.work.wait(*b)));
    longest.unwrap_or(Wait::Unknown)
}

/// Whether it waits for several things at once already.
fn overlaps(recording: &Recording) -> bool {
    recording.overlap >= SEVERAL || recording.event_loop >= 0.5
}

/// The kind of program that a recording shows.
pub fn classify(recording: &Recording) -> Class {
    let shares = shares(recording);
    let several_threads = recording.threads > 1.5;
    let cpu = match recording.interpreter {
        Interpreter::Other => Class::Native,
        _ if shares.unsplit > 0.0 => Class::Cpu,
        _ => Class::Native,
    };
    match () {
        () if start_share(recording) >= MOSTLY_START => Class::Start,
        () if several_threads && recording.convoy >= HINDERED => Class::Convoy,
        // If somebody computes with the GIL all the time, it is the GIL that hinders the others, whatever lock they wait for.
        () if several_threads && recording.contention >= HINDERED && shares.python < MOST => Class::LockBound,
        () if recording.parallelism() >= SEVERAL && shares.waiting < 0.5 => Class::Parallel,
        () if shares.waiting >= MOST && overlaps(recording) => Class::Overlapping,
        () if shares.python >= MOST => Class::Python,
        () if shares.native + shares.unsplit >= MOST => cpu,
        () if shares.waiting >= MOST => Class::Waiting(main_wait(recording)),
        () => Class::Mixed,
    }
}

impl Class {
    /// Its word in ids.
    pub fn word(self) -> &'static str {
        match self {
            Class::Start => "start",
            Class::LockBound => "lock-bound",
            Class::Convoy => "convoy",
            Class::Parallel => "parallel",
            Class::Overlapping => "overlapping",
            Class::Python => "python",
            Class::Native => "native",
            Class::Cpu => "cpu",
            Class::Waiting(_) => "waiting",
            Class::Mixed => "mixed",
        }
    }

    /// Whether what hinders it, or helps it already, is its own threads: then what one piece would give says nothing.
    pub fn has_threads_of_its_own(self) -> bool {
        matches!(self, Class::LockBound | Class::Convoy | Class::Parallel | Class::Overlapping)
    }

    /// What it is, in words.
    pub fn name(self) -> Text {
        match self {
            Class::Start => text!("대부분 시작과 임포트", "mostly start and imports"),
            Class::LockBound => text!("스레드끼리 락을 기다림", "threads wait for each other's locks"),
            Class::Convoy => {
                text!("기다리는 스레드가 GIL까지 기다림(convoy)", "a thread that waits also waits for the GIL (convoy)")
            }
            Class::Parallel => text!("이미 여러 코어를 씀", "uses several cores already"),
            Class::Overlapping => {
                text!(
                    "이미 여럿을 함께 기다림(스레드나 이벤트 루프)",
                    "waits for several things at once already, in threads or on an event loop"
                )
            }
            Class::Python => text!("GIL을 쥐고 계산(CPU 바운드)", "computes with the GIL (CPU-bound)"),
            Class::Native => {
                text!("GIL 없이 계산(네이티브 코드, CPU 바운드)", "computes without the GIL (native, CPU-bound)")
            }
            Class::Cpu => {
                text!("계산(CPU 바운드), GIL은 알 수 없음", "computes (CPU-bound), whether with the GIL is unknown")
            }
            Class::Waiting(wait) => {
                let Text { ko, en } = wait.name();
                text!("기다림(I/O 바운드): {ko}", "waits (I/O-bound): {en}")
            }
            Class::Mixed => text!("계산과 대기가 섞임", "computes and waits"),
        }
    }
}

/// The shares in words, without those that round to nothing.
pub fn in_words(recording: &Recording) -> Text {
    let shares = shares(recording);
    let percent = |share: f64| unit::value(share, Unit::Share);
    let parts = [
        (shares.python, text!("GIL을 쥐고 계산", "computing with the GIL")),
        (shares.native, text!("GIL 없이 계산", "computing without the GIL")),
        (shares.unsplit, text!("계산", "computing")),
    ];
    let waits = Wait::ALL.map(|wait| {
        let Text { ko, en } = wait.name();
        let all = recording.work.judged();
        (if all > 0.0 { recording.work.wait(wait) / all } else { 0.0 }, text!("{ko} 대기", "waiting for {en}"))
    });
    let mut all: Vec<(f64, Text)> = parts.into_iter().chain(waits).filter(|(share, _)| *share >= 0.005).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let list = |of: fn(&Text) -> &str| {
        all.iter().map(|(share, name)| format!("{} {}", of(name), percent(*share))).collect::<Vec<_>>().join(", ")
    };
    Text { ko: list(|text| &text.ko), en: list(|text| &text.en) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::Sums;

    fn recorded(python: f64, native: f64, waiting: f64) -> Recording {
        let mut work = Sums { python, native, busy: python + native, ..Sums::default() };
        work.add_wait(Wait::Socket, waiting);
        let interpreter = Interpreter::CPython { minor: 13, free_threaded: false };
        Recording { interpreter, gil_seen: true, work, threads: 1.0, ..Recording::default() }
    }

    #[test]
    fn the_greater_part_gives_the_name() {
        assert_eq!(classify(&recorded(9.0, 1.0, 0.0)), Class::Python);
        assert_eq!(classify(&recorded(1.0, 9.0, 0.0)), Class::Native);
        assert_eq!(classify(&recorded(1.0, 1.0, 8.0)), Class::Waiting(Wait::Socket));
        assert_eq!(classify(&recorded(5.0, 0.0, 5.0)), Class::Mixed);
        assert_eq!(classify(&Recording::default()), Class::Mixed, "nothing was seen");
    }

    #[test]
    fn what_hinders_comes_before_what_it_does() {
        let start = Recording { start: Sums { busy: 30.0, ..Sums::default() }, ..recorded(9.0, 0.0, 0.0) };
        assert_eq!(classify(&start), Class::Start);
        let threads = |convoy, contention| Recording { threads: 3.0, convoy, contention, ..recorded(9.0, 0.0, 0.0) };
        assert_eq!(classify(&threads(0.5, 0.0)), Class::Convoy);
        assert_eq!(classify(&Recording { contention: 0.5, threads: 3.0, ..recorded(1.0, 0.0, 9.0) }), Class::LockBound);
        assert_eq!(classify(&threads(0.0, 0.5)), Class::Python, "no lock would let two compute with the GIL");
        assert_eq!(classify(&threads(0.1, 0.1)), Class::Python);
        let mut parallel = Recording { cores: 2.0, ..recorded(0.0, 19.0, 0.0) };
        (parallel.work.busy, parallel.work.ready) = (10.0, 19.0);
        assert_eq!(classify(&parallel), Class::Parallel);
    }

    #[test]
    fn waiting_together_is_told_from_waiting_in_turn() {
        let waits = |overlap, event_loop| Recording { overlap, event_loop, ..recorded(1.0, 0.0, 9.0) };
        assert_eq!(classify(&waits(1.0, 0.0)), Class::Waiting(Wait::Socket));
        assert_eq!(classify(&waits(8.0, 0.0)), Class::Overlapping);
        assert_eq!(classify(&waits(1.0, 1.0)), Class::Overlapping);
    }

    #[test]
    fn a_gil_that_cannot_be_seen_is_not_guessed() {
        let mut old = recorded(0.0, 0.0, 1.0);
        old.work.unsplit = 9.0;
        old.work.busy = 9.0;
        assert_eq!(classify(&old), Class::Cpu);
    }

    #[test]
    fn shares_add_up() {
        let mut two_threads = recorded(8.0, 8.0, 2.0);
        two_threads.work.busy = 8.0;
        let Shares { python, native, unsplit, waiting } = shares(&two_threads);
        assert!((python + native + unsplit + waiting - 1.0).abs() < 1e-9);
        assert_eq!(in_words(&two_threads).en.matches('%').count(), 3);
    }
}
