//! Workers are killed while the pool works; every result is still right. A lane is a process, from its first task to its death.
//!
//! Article: 멀티프로세싱, 특징 (processes have memory of their own: one that dies loses nothing but its current task).
//! Run: `cargo run -p multiprocessing -- kill-storm`. Python twin: `python/pool_failures.py`, see `pool-failures`.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::{Measure, Report, Unit};
use lab::trace::{Lane, Span, State, Trace};
use lab::{Error, Result, text};

use super::pool_failures::NOTICED;
use crate::kill::kill_9;
use crate::pool_errors::{self, Bilingual, task_error};
use crate::work::{self, COUNT};
use process_pool::{Finish, Pool, Stint};

pub fn command() -> Experiment {
    let mut options = Options::new();
    let workers = options.size("workers", 1..=64, 2, text!("워커 수", "workers"));
    let tasks = options.size("tasks", 1..=100_000, 2_000, text!("작업 수", "number of tasks"));
    let iterations =
        options.count("iterations", 1..=100_000_000, 200_000, text!("작업 하나의 덧셈 횟수", "additions in one task"));
    let kills = options.size("kills", 0..=1000, 8, text!("죽이는 횟수", "how many workers are killed"));
    Experiment::new(
        "kill-storm",
        text!(
            "작업 중인 워커를 kill -9로 죽여도 결과를 잃지 않는 풀",
            "workers are killed while they work; no result is lost"
        ),
        options,
        move |a| run(a.get(workers), a.get(tasks), a.get(iterations), a.get(kills)),
    )
}

/// So many deaths may hit the same task before it fails.
const RETRIES: u32 = 20;

/// The results of a run in which workers were killed.
pub struct KillRun {
    /// Process ids of the workers that were killed.
    pub killed: Vec<u32>,
    /// How many results came for each task.
    pub delivered: Vec<u32>,
    /// Every time that a worker ran a task, also in vain.
    pub history: Vec<Stint>,
    /// From the first task to the last result.
    pub wall: Duration,
}

/// Gives `tasks` to `workers`, and kills a worker `kills` times, spread over the whole run.
pub fn run_with_kills(workers: usize, tasks: usize, iterations: u64, kills: usize) -> Result<KillRun> {
    let pool = Pool::builder().workers(workers).retries(RETRIES).record(true).build().map_err(pool_errors::failed)?;
    let mut delivered = vec![0; tasks];
    let (mut killed, mut seen) = (Vec::new(), 0);
    let begin = Instant::now();
    let results = pool.imap_unordered(&COUNT, vec![iterations; tasks]);
    for (task, outcome) in results {
        let (sum, _) = outcome.map_err(|failure| task_error(task, &failure.text()))?;
        if sum != work::expected(iterations) {
            return Err(task_error(task, &text!("합이 틀렸습니다", "its sum is wrong")));
        }
        delivered[task] += 1;
        seen += 1;
        // The results are divided into `kills + 1` parts; a kill is due between two parts.
        if killed.len() < kills && seen * (kills + 1) > tasks * (killed.len() + 1) {
            // The pool may not have noticed yet that a worker is dead.
            let mut alive = pool.workers();
            alive.retain(|pid| !killed.contains(pid));
            let victim = alive.get(killed.len() % alive.len().max(1)).copied();
            killed.extend(victim.filter(|pid| kill_9(*pid)));
        }
    }
    Ok(KillRun { killed, delivered, history: pool.history(), wall: begin.elapsed() })
}

pub fn run(workers: usize, tasks: usize, iterations: u64, kills: usize) -> Result<Report> {
    let run = run_with_kills(workers, tasks, iterations, kills)?;
    let (lost, twice) = (run.tasks_delivered(|times| times == 0), run.tasks_delivered(|times| times > 1));
    if lost + twice > 0 {
        return Err(Error::failed(text!(
            "결과 {lost}개가 유실되었고 {twice}개를 두 번 받았습니다.",
            "{lost} results lost, {twice} delivered twice."
        )));
    }
    let mut report = Report::new("multiprocessing/kill-storm");
    report
        .traces
        .push(Trace::new(text!("Rust, 풀과 kill -9", "Rust, the pool and kill -9"), lanes(&run.history, &run.killed)));
    report.measures = run.measures();
    report.verdicts.push(judge(run.killed.len(), lost));
    report.notes.push(text!(
        "레인 하나는 프로세스 하나입니다. 프로세스가 죽으면 새 프로세스가 그 자리를 대신합니다. 작업 하나는 덧셈 {iterations}번입니다.",
        "A lane is one process; a new one takes the place of one that died. A task is {iterations} additions."
    ));
    report.notes.push(text!(
        "적어도 한 번(at least once): 죽은 워커가 하던 작업은 다시 실행합니다. 두 번 실행하면 안 되는 작업에는 retries(0)을 쓰십시오.",
        "At least once: the task of a worker that dies is run again. Tasks that must not run twice need retries(0)."
    ));
    let (wanted, kills, begun) = (kills, run.killed.len(), run.history.len());
    if kills < wanted {
        report.notes.push(text!(
            "{wanted}번 죽이려 했으나 {kills}번 죽인 뒤 작업이 모두 끝났습니다. 작업을 더 많거나 길게 하십시오(--tasks, --iterations).",
            "kills asked for: {wanted}; the work was done after {kills}. Give more or longer tasks (--tasks, --iterations)."
        ));
    }
    report.shows = text!(
        "작업 {tasks}개를 처리하는 동안 워커를 {kills}번 죽였습니다. 작업은 모두 {begun}번 시작되었고, 결과 {tasks}개가 모두 정확하게 한 번씩 전달되었습니다.",
        "During {tasks} tasks, workers were killed {kills} times. Tasks were started {begun} times; all {tasks} results came, each correct and exactly once."
    );
    Ok(report)
}

/// The verdict by the results that never came, if any worker was killed.
fn judge(kills: usize, lost: usize) -> Verdict {
    let on = text!("Rust, 풀", "Rust, the pool");
    if kills == 0 {
        return Verdict::not_measured(NOTICED, on, text!("죽인 워커가 없습니다", "no worker was killed"));
    }
    let evidence = text!(
        "워커를 {kills}번 죽였고 끝내 도착하지 않은 결과 {lost}개",
        "{kills} workers were killed; {lost} results never came"
    );
    Verdict::seen(NOTICED, on, lost == 0, evidence)
}

impl KillRun {
    /// The number of tasks whose count of results fulfils a condition.
    fn tasks_delivered(&self, condition: impl Fn(u32) -> bool) -> usize {
        self.delivered.iter().filter(|times| condition(**times)).count()
    }

    fn measures(&self) -> Vec<Measure> {
        let reruns = self.history.iter().filter(|stint| stint.finish == Finish::Died).count();
        let measure = |id: &str, name: Text, n: usize| Measure::new(id, name, Unit::Count, vec![n as f64]);
        vec![
            measure("kills", text!("kill -9", "kill -9"), self.killed.len()),
            measure(
                "reruns",
                text!("하던 중에 워커가 죽어 다시 실행한 작업", "tasks run again after their worker died"),
                reruns,
            ),
            measure("lost", text!("잃은 결과", "results lost"), self.tasks_delivered(|times| times == 0)),
            measure(
                "twice",
                text!("두 번 전달된 결과", "results delivered twice"),
                self.tasks_delivered(|times| times > 1),
            ),
            Measure::new("wall", text!("걸린 시간", "wall time"), Unit::Ns, vec![self.wall.as_nanos() as f64]),
        ]
    }
}

/// One lane a process, in the order of their start; tasks that follow each other closely are one bar.
fn lanes(history: &[Stint], killed: &[u32]) -> Vec<Lane> {
    let mut processes: BTreeMap<u32, Vec<&Stint>> = BTreeMap::new();
    for stint in history {
        processes.entry(stint.pid).or_default().push(stint);
    }
    let mut processes: Vec<Vec<&Stint>> = processes.into_values().collect();
    processes.iter_mut().for_each(|stints| stints.sort_by_key(|stint| stint.start));
    processes.sort_by_key(|stints| (stints[0].seat, stints[0].start));
    let mut last = (0, 0);
    let lane = |stints: Vec<&Stint>| {
        let seat = stints[0].seat;
        last = if last.0 == seat { (seat, last.1 + 1) } else { (seat, 1) };
        let nth = last.1;
        let died = killed.contains(&stints[0].pid);
        let mark = if died { " †" } else { "" };
        let lane =
            Lane { name: text!("워커 {seat}-{nth}{mark}", "Worker {seat}-{nth}{mark}"), spans: spans(&stints) };
        let end = lane.spans.last().map_or(0, |span| span.end);
        if died { lane.ended(State::Killed, end) } else { lane }
    };
    processes.into_iter().map(lane).collect()
}

fn spans(stints: &[&Stint]) -> Vec<Span> {
    /// Pauses shorter than this, in ns, are not drawn.
    const PAUSE: u64 = 1_000_000;
    let mut spans: Vec<Span> = Vec::new();
    for stint in stints {
        match spans.last_mut() {
            Some(last) if stint.start.saturating_sub(last.end) < PAUSE => last.end = last.end.max(stint.end),
            _ => spans.push(Span { state: State::Running, start: stint.start, end: stint.end }),
        }
    }
    spans
}
