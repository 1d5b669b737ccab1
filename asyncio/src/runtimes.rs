//! tokio, async-std and smol side by side: the same tasks, how long they took together, and on how many threads they ran.
//!
//! Article: asyncio. Run: `cargo run -p asyncio -- runtimes --tasks 1000`. Python twin: `python/article.py`, with a number of tasks.

use std::collections::HashSet;
use std::time::Duration;

use lab::lang::Text;
use lab::machine::Watch;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, State, Trace};
use lab::twin::{self, Interpreter};
use lab::{Result, clock, text, twin_script};

use crate::overlap::{self, CLAIM, Home};
use crate::sleepers::{self, Nap, PROGRAMS, Program};
use crate::timeline;

/// How often each program runs; they take turns.
const ROUNDS: usize = 3;

/// Lets `tasks` tasks sleep for `pause` on each runtime in turn, and on CPython.
pub fn run(tasks: usize, pause: Duration, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/runtimes");
    sleepers::threads_can_be_had()?;
    let watch = Watch::start();
    let mut rows = PROGRAMS.map(Row::new);
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.run_once(tasks, pause)?;
        }
    }
    let foreign = watch.foreign();
    report.shows = shows(tasks, pause, &rows);
    report.verdicts.extend(rows.iter().map(Row::verdict));
    report.measures.extend(rows.iter().map(|row| row.measure("wall", &text!("벽시계", "wall"), Unit::Ns, &row.wall)));
    let (threads, peak) = (text!("스레드 수", "threads"), text!("동시 대기 최대", "waiting at once"));
    report.measures.extend(rows.iter().map(|row| row.measure("threads", &threads, Unit::Count, &row.threads)));
    report.measures.extend(rows.iter().map(|row| row.measure("peak", &peak, Unit::Count, &row.peak)));
    report.traces.extend(rows.into_iter().map(|row| row.trace));

    let args = [pause.as_secs_f64().to_string(), tasks.to_string(), ROUNDS.to_string()];
    twin::join(&mut report, pythons, twin_script!("article"), &args, &[CLAIM], |python, twin| {
        let threads = twin.measure("threads").map(|measure| most(&measure.samples));
        twin.traces.iter().map(|trace| overlap::judge(&python.to_string(), trace, Home::OneThread, threads)).collect()
    });
    report.notes.extend(notes(pause, foreign));
    Ok(report)
}

/// What was seen of one runtime, a sample a round.
struct Row {
    program: Program,
    wall: Vec<f64>,
    threads: Vec<f64>,
    peak: Vec<f64>,
    /// The round in which the fewest waited at once: the one that the verdict is on.
    trace: Trace,
}

impl Row {
    fn new(program: Program) -> Row {
        Row { program, wall: Vec::new(), threads: Vec::new(), peak: Vec::new(), trace: Trace::default() }
    }

    fn run_once(&mut self, tasks: usize, pause: Duration) -> Result<()> {
        let start = clock::now();
        let naps = (self.program.run)(tasks, pause)?;
        self.wall.push((clock::now() - start) as f64);
        let threads: HashSet<_> = naps.iter().flat_map(|nap| nap.threads).collect();
        self.threads.push(threads.len() as f64);
        let trace = Trace::new(Text::same(self.program.name), lanes(&naps));
        let peak = trace.peak_in_flight(&[State::WaitingForIo]) as f64;
        if self.peak.iter().all(|&other| peak <= other) {
            self.trace = trace;
        }
        self.peak.push(peak);
        Ok(())
    }

    fn verdict(&self) -> lab::claims::Verdict {
        overlap::judge(self.program.name, &self.trace, self.program.home, Some(most(&self.threads)))
    }

    fn measure(&self, id: &str, what: &Text, unit: Unit, samples: &[f64]) -> Measure {
        let Program { id: runtime, name, .. } = self.program;
        let name = Text { ko: format!("{name}: {}", what.ko), en: format!("{name}: {}", what.en) };
        Measure::new(format!("{id}.{runtime}"), name, unit, samples.to_vec())
    }
}

/// The naps as a timeline.
pub fn lanes(naps: &[Nap]) -> Vec<Lane> {
    let lane =
        |(i, nap): (usize, &Nap)| Lane::of(text!("태스크 {i}", "Task {i}"), State::WaitingForIo, nap.start, nap.end);
    naps.iter().enumerate().map(lane).collect()
}

/// The largest of some counts.
fn most(counts: &[f64]) -> usize {
    counts.iter().fold(0.0, |a: f64, &b| a.max(b)) as usize
}

fn shows(tasks: usize, pause: Duration, rows: &[Row]) -> Text {
    let each = clock::human(pause.as_nanos() as f64);
    let list = |of: fn(&Row) -> String| {
        rows.iter().map(|row| format!("{} {}", row.program.name, of(row))).collect::<Vec<_>>().join(", ")
    };
    let walls = list(|row| clock::human(lab::stats::median(&row.wall).unwrap_or(f64::NAN)));
    let threads = list(|row| most(&row.threads).to_string());
    text!(
        "{each}씩 자는 태스크 {tasks}개가 끝나기까지(중앙값): {walls}. 태스크가 돈 스레드 수(최대): {threads}. 함께 기다리는 것은 async의 성질이고, 스레드가 몇 개인지는 런타임이 정합니다.",
        "Until {tasks} tasks that sleep {each} each were done (median): {walls}. Threads that tasks ran on (most): {threads}. Waiting together comes from async; how many threads do it is the runtime's choice."
    )
}

fn notes(pause: Duration, foreign: Option<f64>) -> Vec<Text> {
    let each = clock::human(pause.as_nanos() as f64);
    let mut notes = vec![
        text!(
            "작업 하나는 {each} 동안 한 번 자는 태스크입니다. 벽시계 시간은 런타임을 만들 때부터 치울 때까지이고, 네 런타임이 {rounds}번 번갈아 돌았습니다. CPython은 그 뒤에 따로, 인터프리터가 시작된 다음부터 쟀습니다.",
            "A unit of work is a task that sleeps once, {each}. Wall time is from making the runtime to clearing it away; the four took turns, {rounds} rounds. CPython ran after them, timed once its interpreter was up.",
            rounds = ROUNDS
        ),
        text!(
            "async-std의 스레드와, async-std와 smol이 타이머를 보라고 두는 스레드 하나(async-io, 태스크는 돌지 않음)는 첫 회차에 시작되어 끝까지 남습니다. 그림은 동시에 기다린 태스크가 가장 적었던 회차입니다.",
            "async-std's threads, and the one thread that async-std and smol keep for timers (async-io, which runs no task), start in the first round and stay to the end. Drawn is the round in which the fewest waited at once."
        ),
        timeline::discontinued(),
    ];
    if let Some(foreign) = foreign {
        let share = lab::show::value(foreign, Unit::Share);
        notes.push(text!(
            "재는 동안 다른 프로그램이 이 컴퓨터의 {share}를 썼습니다.",
            "Other programs used {share} of this machine meanwhile."
        ));
    }
    notes
}
