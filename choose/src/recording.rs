//! What was seen of one run of a program: the sums over all samples. Everything else is computed from it.

use std::fmt;

use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::text;

use crate::machine::Machine;
use crate::wait::Wait;

/// Threads of a process that are watched: each keeps two files open, and the system allows 1024.
pub const MOST_WATCHED: usize = 400;

/// What the program runs on, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Interpreter {
    /// CPython 3 of this minor version.
    CPython {
        /// 13 of 3.13; 0 where the name of the program does not tell.
        minor: u8,
        /// Built without a GIL.
        free_threaded: bool,
    },
    /// PyPy: it has a GIL of its own, which cannot be seen.
    PyPy,
    /// Anything else: it is judged by what Linux tells.
    #[default]
    Other,
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interpreter::CPython { minor: 0, .. } => f.write_str("CPython 3"),
            Interpreter::CPython { minor, free_threaded: false } => write!(f, "CPython 3.{minor}"),
            Interpreter::CPython { minor, free_threaded: true } => write!(f, "CPython 3.{minor} free-threaded"),
            Interpreter::PyPy => f.write_str("PyPy"),
            Interpreter::Other => f.write_str("-"),
        }
    }
}

/// Time by what the program did, in ns. CPU time is added up over threads; waiting is time in which nobody of the program was on a
/// core or ready for one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sums {
    /// CPU time with the GIL held.
    pub python: f64,
    /// CPU time of the same process without the GIL.
    pub native: f64,
    /// CPU time of that process where the GIL cannot be seen.
    pub unsplit: f64,
    /// CPU time of the program's other processes.
    pub outside: f64,
    /// Time in which at least one thread was on a core.
    pub busy: f64,
    /// Time in which threads were ready and none was on a core: other programs' doing, and left out of what is judged.
    pub delayed: f64,
    /// On a core or ready for one, added up over threads.
    pub ready: f64,
    /// The part of the waiting in which the GIL was held.
    pub held: f64,
    /// Waiting, in the order of [`Wait::ALL`].
    pub waits: [f64; Wait::ALL.len()],
}

impl Sums {
    /// CPU time of all kinds.
    pub fn cpu(&self) -> f64 {
        self.python + self.native + self.unsplit + self.outside
    }

    /// Waiting for one thing.
    pub fn wait(&self, wait: Wait) -> f64 {
        self.waits[place(wait)]
    }

    /// Adds to a wait.
    pub fn add_wait(&mut self, wait: Wait, ns: f64) {
        self.waits[place(wait)] += ns;
    }

    /// All waiting.
    pub fn waiting(&self) -> f64 {
        self.waits.iter().sum()
    }

    /// Adds CPU time of children that nobody saw spend it: they ended between two samples, and the program was seen to wait.
    pub fn add_unseen(&mut self, cpu: f64) {
        let mut left = cpu.max(0.0);
        for wait in [Wait::Unknown, Wait::Child, Wait::Pipe] {
            let part = left.min(self.wait(wait));
            self.add_wait(wait, -part);
            self.outside += part;
            self.busy += part;
            left -= part;
        }
    }

    /// What is judged: the time that the program would have taken with a free core.
    pub fn judged(&self) -> f64 {
        self.busy + self.waiting()
    }

    /// Adds another sum.
    pub fn add(&mut self, other: &Sums) {
        let mut mine = self.parts_mut();
        for ((_, mine), (_, ns)) in mine.iter_mut().zip(other.clone().parts_mut()) {
            **mine += *ns;
        }
    }

    fn parts_mut(&mut self) -> Vec<(&'static str, &mut f64)> {
        let own = [
            ("python", &mut self.python),
            ("native", &mut self.native),
            ("unsplit", &mut self.unsplit),
            ("outside", &mut self.outside),
            ("busy", &mut self.busy),
            ("delayed", &mut self.delayed),
            ("ready", &mut self.ready),
            ("held", &mut self.held),
        ];
        let waits = Wait::ALL.iter().map(|wait| wait.word()).zip(&mut self.waits);
        own.into_iter().chain(waits).collect()
    }
}

fn place(wait: Wait) -> usize {
    Wait::ALL.iter().position(|one| *one == wait).expect("all are listed")
}

/// Between a place and the library that it has called.
pub const VIA: &str = " via ";

/// Time in one line of the program, in ns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hot {
    /// `file:line function`, and ` via library` if the time went into one that it called.
    pub place: String,
    /// CPU time with the GIL.
    pub python: f64,
    /// CPU time without.
    pub native: f64,
    /// Waiting.
    pub waiting: f64,
}

impl Hot {
    /// The function.
    pub fn function(&self) -> &str {
        let own = self.place.rsplit_once(VIA).map_or(self.place.as_str(), |(own, _)| own);
        own.rsplit(' ').next().unwrap_or_default()
    }

    /// The library that it has called.
    pub fn library(&self) -> Option<&str> {
        self.place.rsplit_once(VIA).map(|(_, library)| library)
    }

    /// All of it.
    pub fn all(&self) -> f64 {
        self.python + self.native + self.waiting
    }
}

/// What recordings of earlier versions lack: not seen.
const LATER: [&str; 2] = ["collecting", "sqlite"];

/// What was seen of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// What it runs on.
    pub interpreter: Interpreter,
    /// Whether the GIL and the lines could be seen.
    pub gil_seen: bool,
    /// Whether it could be seen what threads wait for.
    pub waits_seen: bool,
    /// From its start to its end, in ns.
    pub wall: f64,
    /// Samples that were taken.
    pub samples: f64,
    /// How often the GIL was let go; 0 where that cannot be seen.
    pub releases: f64,
    /// The share of its CPU time that the kernel worked for it.
    pub kernel: f64,
    /// The share of its CPU time in which the garbage collector ran; 0 where that cannot be seen.
    pub collecting: f64,
    /// 1 if it has loaded SQLite.
    pub sqlite: f64,
    /// Samples in which the program was at work, behind its start.
    pub work_samples: f64,
    /// Interpreter start, imports and shutdown, if they could be told apart.
    pub start: Sums,
    /// The rest.
    pub work: Sums,
    /// The largest number of threads, all processes together.
    pub threads: f64,
    /// Processes that were seen.
    pub processes: f64,
    /// How often threads gave up their core to wait.
    pub waits: f64,
    /// Of the threads that mostly wait, the largest share of time spent waiting for the GIL.
    pub convoy: f64,
    /// Of the threads that waited for other threads again and again, the share of time that they did.
    pub contention: f64,
    /// How many threads wait for something outside at the same time, on average while the program waits.
    pub overlap: f64,
    /// The part of its waiting that an event loop does.
    pub event_loop: f64,
    /// The largest memory of the program's first process, in bytes.
    pub memory: f64,
    /// What its own processes passed to each other at most, in bytes; 0 if none was seen to pass anything.
    pub passed: f64,
    /// Cores that the program may use.
    pub cores: f64,
    /// CPU time that the sampling took, in ns.
    pub sampling: f64,
    /// The lines where the time goes, the longest first.
    pub lines: Vec<Hot>,
    /// What the machine has.
    pub machine: Machine,
}

impl Recording {
    /// Cores that it uses at once, on average while it uses any. Of threads that wait for a core it is known that they would use one;
    /// so a busy machine does not hide that a program is parallel.
    pub fn parallelism(&self) -> f64 {
        let active = self.work.busy + self.work.delayed;
        let ready = if active > 0.0 { (self.work.ready / active).min(self.cores.max(1.0)) } else { 0.0 };
        // Of several threads that are ready to compute with the GIL, one can.
        if self.work.python > 0.0 && self.has_gil() { ready.min(self.work.cpu() / self.work.python) } else { ready }
    }

    /// The start of an interpreter that could not be looked into, or not from the beginning, was recorded as work. It takes at least this
    /// long, in ns of CPU time: what it takes to do nothing, and to import what the program imports. Of the work, what could not be looked
    /// into is divided like the rest, if the rest is the greater part.
    pub fn tell_start_apart(&mut self, start: f64) {
        if self.interpreter == Interpreter::Other {
            return;
        }
        let part = (start - self.start.judged()).max(0.0).min(self.work.unsplit).min(self.work.busy);
        for (sums, sign) in [(&mut self.start, 1.0), (&mut self.work, -1.0)] {
            sums.unsplit += sign * part;
            sums.busy += sign * part;
        }
        self.work.ready = (self.work.ready - part).max(0.0);
        let (seen, unseen) = (self.work.python + self.work.native, self.work.unsplit);
        if unseen > 0.0 && seen > unseen {
            self.work.python += unseen * self.work.python / seen;
            self.work.native = seen + unseen - self.work.python;
            self.work.unsplit = 0.0;
        }
    }

    /// Whether the program's threads share a lock.
    pub fn has_gil(&self) -> bool {
        match self.interpreter {
            Interpreter::CPython { free_threaded, .. } => !free_threaded,
            Interpreter::PyPy => true,
            Interpreter::Other => false,
        }
    }

    /// The library in which it waits longest, if it waits in one.
    pub fn waits_in(&self) -> Option<&str> {
        let longest = self.lines.iter().max_by(|a, b| a.waiting.total_cmp(&b.waiting))?;
        longest.library().filter(|_| longest.waiting > 0.0)
    }

    /// As measurements of a report, from which [`Recording::of_report`] makes it again.
    pub fn measures(&self) -> Vec<Measure> {
        let mut all = Vec::new();
        let mut copy = self.clone();
        for (id, unit, value) in copy.numbers_mut() {
            all.push(Measure::new(id, name_of(id), unit, vec![*value]));
        }
        for (phase, sums) in [("start", &mut copy.start), ("work", &mut copy.work)] {
            for (part, ns) in sums.parts_mut() {
                let id = format!("{phase}.{part}");
                all.push(Measure::new(id, in_phase(phase, part), Unit::Ns, vec![*ns]));
            }
        }
        all.extend(self.machine.measures());
        for (n, hot) in self.lines.iter().enumerate() {
            for (part, ns) in [("python", hot.python), ("native", hot.native), ("waiting", hot.waiting)] {
                let name = Text::same(hot.place.clone());
                all.push(Measure::new(format!("line.{n}.{part}"), name, Unit::Ns, vec![ns]));
            }
        }
        all
    }

    /// Reads the recording from a report; `None` if it holds none.
    pub fn of_report(report: &Report) -> Option<Recording> {
        let value = |id: &str| report.measure(id).map(Measure::median).filter(|v| v.is_finite() && *v >= 0.0);
        let mut read = Recording::default();
        for (id, _, number) in read.numbers_mut() {
            *number = value(id).or_else(|| LATER.contains(&id).then_some(0.0))?;
        }
        for (phase, sums) in [("start", &mut read.start), ("work", &mut read.work)] {
            for (part, ns) in sums.parts_mut() {
                *ns = value(&format!("{phase}.{part}"))?;
            }
        }
        read.set_flags(value("interpreter")?, value("gil_seen")? > 0.0, value("waits_seen")? > 0.0);
        read.machine = Machine::of_report(report);
        for n in 0.. {
            let id = |part: &str| format!("line.{n}.{part}");
            let Some(measure) = report.measure(&id("python")) else { break };
            let part = |part: &str| value(&id(part)).unwrap_or(0.0);
            let (python, native, waiting) = (part("python"), part("native"), part("waiting"));
            read.lines.push(Hot { place: measure.name.en.clone(), python, native, waiting });
        }
        Some(read)
    }

    /// What is not a number, as one: 3.13 is 313, and half more where there is no GIL.
    pub fn flags(&self) -> [Measure; 3] {
        let code = match self.interpreter {
            Interpreter::CPython { minor, free_threaded } => {
                300.0 + f64::from(minor) + if free_threaded { 0.5 } else { 0.0 }
            }
            Interpreter::PyPy => 1.0,
            Interpreter::Other => 0.0,
        };
        let count = |id: &'static str, value: f64| Measure::new(id, name_of(id), Unit::Count, vec![value]);
        [
            count("interpreter", code),
            count("gil_seen", f64::from(u8::from(self.gil_seen))),
            count("waits_seen", f64::from(u8::from(self.waits_seen))),
        ]
    }

    fn set_flags(&mut self, code: f64, gil_seen: bool, waits_seen: bool) {
        self.interpreter = match code {
            300.0..400.0 => Interpreter::CPython { minor: (code - 300.0) as u8, free_threaded: code.fract() > 0.0 },
            1.0 => Interpreter::PyPy,
            _ => Interpreter::Other,
        };
        (self.gil_seen, self.waits_seen) = (gil_seen, waits_seen);
    }

    fn numbers_mut(&mut self) -> [(&'static str, Unit, &mut f64); 18] {
        [
            ("wall", Unit::Ns, &mut self.wall),
            ("samples", Unit::Count, &mut self.samples),
            ("releases", Unit::Count, &mut self.releases),
            ("kernel", Unit::Share, &mut self.kernel),
            ("collecting", Unit::Share, &mut self.collecting),
            ("sqlite", Unit::Count, &mut self.sqlite),
            ("work_samples", Unit::Count, &mut self.work_samples),
            ("threads", Unit::Count, &mut self.threads),
            ("processes", Unit::Count, &mut self.processes),
            ("waits", Unit::Count, &mut self.waits),
            ("convoy", Unit::Share, &mut self.convoy),
            ("contention", Unit::Share, &mut self.contention),
            ("overlap", Unit::Times, &mut self.overlap),
            ("event_loop", Unit::Share, &mut self.event_loop),
            ("memory", Unit::Bytes, &mut self.memory),
            ("passed", Unit::Bytes, &mut self.passed),
            ("cores", Unit::Count, &mut self.cores),
            ("sampling", Unit::Ns, &mut self.sampling),
        ]
    }
}

fn name_of(id: &str) -> Text {
    match id {
        "wall" => text!("실행 시간", "run time"),
        "releases" => text!("GIL을 놓은 횟수(추정)", "times that the GIL was let go, estimated"),
        "kernel" => text!("커널이 쓴 CPU 시간의 비율", "share of its CPU time in the kernel"),
        "collecting" => text!("가비지 컬렉션의 비율", "share of its CPU time in garbage collection"),
        "sqlite" => text!("SQLite를 불러왔는가", "whether it has loaded SQLite"),
        "samples" => text!("샘플", "samples"),
        "work_samples" => text!("본 작업의 샘플", "samples of the work"),
        "threads" => text!("스레드(최대)", "threads, at most"),
        "processes" => text!("프로세스", "processes"),
        "waits" => text!("대기한 횟수", "times that a thread began to wait"),
        "convoy" => text!("기다리는 스레드가 GIL을 기다린 비율", "time that a waiting thread waited for the GIL"),
        "contention" => text!("락을 기다린 비율", "time that threads waited for each other"),
        "overlap" => text!("동시에 기다린 스레드(평균)", "threads that wait at once, on average"),
        "event_loop" => text!("이벤트 루프가 기다린 비율", "share of the waiting in an event loop"),
        "memory" => text!("메모리(최대)", "memory, at most"),
        "passed" => text!("프로세스끼리 주고받은 데이터(최대)", "data that its processes passed, at most"),
        "cores" => text!("쓸 수 있는 코어", "cores that it may use"),
        "sampling" => text!("샘플링에 쓴 CPU 시간", "CPU time of the sampling"),
        "interpreter" => text!("인터프리터(코드)", "interpreter, as a code"),
        "gil_seen" => text!("GIL을 보았는가", "whether the GIL was seen"),
        _ => text!("대기 이유를 보았는가", "whether the reasons of waits were seen"),
    }
}

fn in_phase(phase: &str, part: &str) -> Text {
    let Text { ko, en } = match phase {
        "start" => text!("시작과 임포트", "start and imports"),
        _ => text!("작업", "work"),
    };
    let Text { ko: what_ko, en: what_en } = match part {
        "python" => text!("GIL을 쥔 CPU 시간", "CPU time with the GIL"),
        "native" => text!("GIL 없는 CPU 시간", "CPU time without the GIL"),
        "unsplit" => text!("CPU 시간(GIL은 알 수 없음)", "CPU time, GIL unknown"),
        "outside" => text!("다른 프로세스의 CPU 시간", "CPU time of other processes"),
        "busy" => text!("코어를 쓴 시간", "time on at least one core"),
        "held" => text!("GIL을 쥔 채 기다린 시간", "waiting with the GIL held"),
        "ready" => text!("코어를 쓰거나 기다린 시간(스레드 합계)", "on a core or ready for one, all threads"),
        "delayed" => text!("코어를 기다린 시간", "time waiting for a core"),
        wait => {
            let wait = Wait::ALL.iter().find(|one| one.word() == wait).map(|one| one.name()).unwrap_or_default();
            let (ko, en) = (wait.ko, wait.en);
            text!("{ko} 대기", "waiting for {en}")
        }
    };
    text!("{ko}: {what_ko}", "{en}: {what_en}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_survives_the_way_through_a_report() {
        let mut sums = Sums::default();
        for (n, (_, part)) in sums.parts_mut().into_iter().enumerate() {
            *part = 1.0 + n as f64;
        }
        for interpreter in [
            Interpreter::CPython { minor: 14, free_threaded: true },
            Interpreter::CPython { minor: 9, free_threaded: false },
            Interpreter::PyPy,
            Interpreter::Other,
        ] {
            let lines = vec![Hot { place: "a.py:3 f".into(), python: 5.0, native: 6.0, waiting: 7.0 }];
            let known = Recording {
                interpreter,
                gil_seen: true,
                wall: 9.0,
                convoy: 0.5,
                work: sums.clone(),
                lines,
                machine: Machine { available: 2.0, cache: 3.0, ..Machine::default() },
                ..Recording::default()
            };
            let mut report = Report::new("choose/run");
            report.measures = known.measures();
            report.measures.extend(known.flags());
            assert_eq!(Recording::of_report(&report).unwrap(), known);
            report.measures.retain(|measure| measure.id != "work.native");
            assert_eq!(Recording::of_report(&report), None, "a report that lacks a part is none");
        }
    }

    #[test]
    fn a_place_names_function_and_library() {
        let hot = |place: &str| Hot { place: place.into(), ..Hot::default() };
        let via = hot("my code.py:3 fetch via urllib");
        assert_eq!((via.function(), via.library()), ("fetch", Some("urllib")));
        let own = hot("a.py:3 <module>");
        assert_eq!((own.function(), own.library()), ("<module>", None));
    }

    #[test]
    fn a_start_that_cannot_be_seen_is_told_apart_by_what_it_costs() {
        let work = Sums { unsplit: 90.0, busy: 100.0, ready: 110.0, ..Sums::default() };
        let interpreter = Interpreter::CPython { minor: 11, free_threaded: false };
        let of = |seen: f64, start| {
            let seen = Sums { python: seen, busy: seen, ..Sums::default() };
            let mut recording = Recording { interpreter, start: seen, work: work.clone(), ..Recording::default() };
            recording.tell_start_apart(start);
            (recording.start.judged(), recording.work.judged(), recording.work.unsplit)
        };
        assert_eq!(of(0.0, 60.0), (60.0, 40.0, 30.0));
        assert_eq!(of(0.0, 95.0), (90.0, 10.0, 0.0), "no more than it computed");
        assert_eq!(of(50.0, 60.0), (60.0, 90.0, 80.0), "a part of it was seen");
        assert_eq!(of(60.0, 60.0), (60.0, 100.0, 90.0), "it was seen");
        let work = Sums { python: 150.0, native: 50.0, unsplit: 100.0, busy: 300.0, ..Sums::default() };
        let mut late = Recording { interpreter, work, ..Recording::default() };
        late.tell_start_apart(60.0);
        assert_eq!((late.work.python, late.work.native, late.work.unsplit), (180.0, 60.0, 0.0));
    }

    #[test]
    fn sums_add_part_by_part() {
        let mut one = Sums { python: 1.0, busy: 2.0, ..Sums::default() };
        one.add_wait(Wait::Timer, 4.0);
        let other = one.clone();
        one.add(&other);
        assert_eq!((one.python, one.busy, one.wait(Wait::Timer), one.judged()), (2.0, 4.0, 8.0, 12.0));
        assert_eq!(one.wait(Wait::Socket), 0.0);
    }
}
