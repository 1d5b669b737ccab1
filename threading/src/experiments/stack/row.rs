//! One row of the table, measured in a process of its own.

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Unit};
use lab::trace::Recorder;
use lab::trace::State;
use lab::{Error, Result, clock, machine, terminal, text};

use super::crowd::Crowd;

/// The child command that measures a row.
pub const ROW: &str = "process-stack";
/// In KiB.
pub const MOST_USED: usize = 1024;

#[derive(Clone, Copy, Debug)]
pub struct StackSetup {
    pub threads: usize,
    /// Stack of each, in KiB.
    pub stack: usize,
    /// How much of its stack each thread uses, in KiB.
    pub used: usize,
}

impl StackSetup {
    /// "64k", "8192k-used-64k".
    pub fn id(&self) -> String {
        let used = if self.used > 0 { format!("-used-{}k", self.used) } else { String::new() };
        format!("{}k{used}", self.stack)
    }

    pub(super) fn asked(&self) -> Text {
        let [stack, used] = [self.stack, self.used].map(|kib| unit::value(kib as f64 * 1024.0, Unit::Bytes));
        match self.used {
            0 => Text::same(stack),
            _ => text!("{stack}, {used} 씀", "{stack}, {used} used"),
        }
    }

    /// Starts the threads in this process and measures its memory for each thread, from half of them to all.
    pub fn measure(&self) -> Result<Report> {
        let others = machine::threads().ok_or_else(|| unknown(&text!("스레드 수", "the number of threads")))?;
        let recorder = Recorder::new();
        let mut main = recorder.lane(text!("메인 스레드", "main thread"));
        let mut crowd = Crowd::default();
        let start = clock::now();
        main.enter(State::Running);
        let half = self.threads / 2;
        self.grow(&mut crowd, half, &recorder)?;
        let before = memory()?;
        self.grow(&mut crowd, self.threads, &recorder)?;
        let after = memory()?;
        main.leave();
        let each = (clock::now() - start) as f64 / self.threads as f64;
        let alive = machine::threads().unwrap_or_default().saturating_sub(others);
        drop((crowd, main));
        if alive != self.threads as u64 {
            let all = self.threads;
            return Err(Error::failed(text!(
                "{all}개 가운데 {alive}개만 동시에 살아 있었습니다",
                "only {alive} of {all} were alive at once"
            )));
        }
        let grown = |n: usize| after[n].saturating_sub(before[n]) as f64 / (self.threads - half) as f64;
        let traces =
            vec![recorder.finish(text!("Rust, 스레드 몇 개의 시작과 끝", "Rust, start and end of some threads"))];
        let measures = measures(alive as f64, grown(0), grown(1), each);
        Ok(Report { traces, measures, ..Report::new("threading/stack") })
    }

    /// Starts threads until `until` are alive. The first and the last are drawn.
    fn grow(&self, crowd: &mut Crowd, until: usize, recorder: &Recorder) -> Result<()> {
        for i in crowd.started()..until {
            let drawn = i < 2 || i + 2 >= self.threads;
            let lane = drawn.then(|| recorder.lane(text!("스레드 {i}", "Thread {i}")));
            crowd.add(self.stack, self.used, lane).map_err(|e| refused(i, self.threads, &e))?;
        }
        if crowd.all_alive() {
            return Ok(());
        }
        Err(Error::failed(text!("시작되지 않은 스레드가 있습니다", "not all threads have started")))
    }
}

/// The error if the system allows no more threads.
fn refused(started: usize, asked: usize, e: &std::io::Error) -> Error {
    let name = if e.kind() == std::io::ErrorKind::WouldBlock { "EAGAIN: " } else { "" };
    Error::failed(text!(
        "스레드 {asked}개 가운데 {started}개를 만든 뒤로는 시스템이 더 만들어 주지 않습니다: {name}{e}. 스레드 수를 줄이거나 한도(ulimit -u, ulimit -v, vm.max_map_count)를 확인하십시오",
        "after {started} of {asked} threads the system gives no more: {name}{e}. Ask for fewer, or check the limits (ulimit -u, ulimit -v, vm.max_map_count)"
    ))
}

/// Address space and resident memory of this process while its threads are alive, in bytes.
///
/// Not VmPeak: glibc maps an arena twice as large as needed and cuts it; that peak hides what later threads add.
fn memory() -> Result<[u64; 2]> {
    let both = machine::address_space().zip(machine::peak_memory());
    both.map(|(space, memory)| [space, memory]).ok_or_else(|| unknown(&text!("메모리 크기", "its memory")))
}

fn unknown(what: &Text) -> Error {
    let (ko, en) = (&what.ko, &what.en);
    Error::failed(text!("이 시스템에서는 알 수 없습니다: {ko}", "this system does not report {en}"))
}

fn measures(alive: f64, space: f64, memory: f64, each: f64) -> Vec<Measure> {
    let measure = |id, name, unit, value| Measure::new(id, name, unit, vec![value]);
    vec![
        measure("alive", text!("동시에 살아 있던 스레드", "threads alive at once"), Unit::Count, alive),
        measure("virtual", text!("스레드당 주소 공간", "address space per thread"), Unit::Bytes, space),
        measure("resident", text!("스레드당 실제 메모리", "resident memory per thread"), Unit::Bytes, memory),
        measure("start", text!("스레드 하나를 띄우는 시간", "time to start one"), Unit::Ns, each),
    ]
}

/// The child command. A failure is a note in its report, in both languages.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let mut count = |name, most| options.size(name, 0..=most, 0, Text::default());
    let (threads, stack, used) = (count("threads", 1_000_000), count("stack", 1 << 20), count("used", MOST_USED));
    Experiment::child(ROW, options, move |a| {
        let row = StackSetup { threads: a.get(threads), stack: a.get(stack), used: a.get(used) };
        let report = row
            .measure()
            .unwrap_or_else(|e| Report { notes: vec![e.text().clone()], ..Report::new("threading/stack") });
        terminal::print(&report.to_json());
        Ok(())
    })
}
