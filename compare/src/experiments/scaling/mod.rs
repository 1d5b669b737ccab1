//! Throughput over the number of workers and of tasks: how far threads, processes and asyncio scale, and what stops them.
//!
//! Article: 병렬 처리 기법 비교. Run: `cargo run --release -p compare -- scaling`. Python twin: `python/scaling.py`. `plan` lists what is
//! measured, `series` measures one curve, `rounds` all of them round by round; `limits` has Amdahl's law and the prediction under a GIL.

pub mod charts;
mod judge;
pub mod limits;
pub mod plan;
pub mod rounds;
pub mod series;

use lab::cli::{Choice, Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Front, Measure, Report, Unit, unit};
use lab::stats;
use lab::{Result, machine, text};

use charts::rate;
use plan::{Over, PYTHON_SHARE, Size, SizeOptions, Technique, WAITS, Work};
use rounds::{Measured, Rounds, Sample, Who};

/// `cargo run --release -p compare -- scaling`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let size = SizeOptions::declare(&mut options);
    let about =
        text!("워커와 작업의 수에 따른 처리량의 곡선, 그 한계", "throughput over workers and tasks, and its limits");
    Experiment::new("scaling", about, options, move |a| run(&size.get(a), a.pythons()))
}

pub fn run(size: &Size, pythons: &[Interpreter]) -> Result<Report> {
    let mut rounds = Rounds::new(size, pythons);
    let done = rounds.measure()?;
    let mut report = Report::new("compare/scaling");
    report.measures = rounds.measures();
    report.charts = rounds.charts();
    report.tables = rounds.tables();
    report.front = vec![Front::Chart(0), Front::Chart(1)];
    report.measures_in_tables = true;
    report.verdicts = rounds.verdicts();
    report.notes = rounds.notes(done);
    report.shows = rounds.shows();
    Ok(report)
}

impl Rounds<'_> {
    fn measures(&self) -> Vec<Measure> {
        let mut measures = Vec::new();
        for curve in &self.curves {
            let (work, over, technique) =
                (curve.series.work.word(), curve.series.over.word(), curve.series.technique.word());
            let (who, name) = (self.id(curve.who), self.name(curve));
            for (n, samples) in &curve.points {
                let id = format!("{work}.{over}.{who}.{technique}.{n}");
                let name = Text { ko: format!("{} × {n}", name.ko), en: format!("{} × {n}", name.en) };
                let mut add = |what: &str, of: &dyn Fn(&Sample) -> Option<f64>| {
                    let values: Vec<f64> = samples.iter().filter_map(of).collect();
                    if !values.is_empty() {
                        measures.push(Measure::new(format!("{id}.{what}"), name.clone(), Unit::Ns, values));
                    }
                };
                add("wall", &|sample| Some(sample.wall));
                add("cpu", &|sample| sample.cpu);
            }
            let serial = if self.has_serial_share(curve) { curve.serial() } else { Vec::new() };
            if !serial.is_empty() {
                let name = Text { ko: format!("{}: 직렬 비율", name.ko), en: format!("{}: serial share", name.en) };
                measures.push(Measure::new(format!("serial.{who}.{technique}"), name, Unit::Share, serial));
            }
        }
        measures
    }

    fn notes(&self, done: usize) -> Vec<Text> {
        let machine = machine::describe();
        let mut notes = vec![
            Text { ko: format!("{}.", machine.ko), en: format!("{}.", machine.en) },
            machine::others_used(self.foreign),
        ];
        notes.extend(self.what_was_done(done));
        notes.extend(self.about_limits());
        notes.extend(self.missing());
        if self.pythons.is_empty() {
            notes.push(text!(
                "CPython: 측정하지 않음: 파이썬 없이 실행했습니다.",
                "CPython: not measured: no Python in this run."
            ));
        }
        notes
    }

    fn what_was_done(&self, done: usize) -> [Text; 3] {
        let Size { iterations, rounds, .. } = self.size;
        let once = unit::duration(self.size.repeat_limit().as_nanos() as f64);
        let (task, waits, share) = (self.size.task_iterations(), WAITS, PYTHON_SHARE);
        let wait = unit::duration(self.size.wait.as_nanos() as f64);
        [
            text!(
                "CPU 바운드: 글의 덧셈 루프. 워커들은 {iterations}번의 반복을 나누고, 작업은 하나마다 {task}번을 반복합니다. 파이썬은 그 {share}분의 1입니다.",
                "CPU-bound: the article's loop. Workers share {iterations} iterations; each task has {task}. In Python 1/{share} of that."
            ),
            text!(
                "기다림: 글의 코드처럼 sleep이며 한 번에 {wait}입니다. 워커는 {waits}번, 작업은 한 번 기다립니다. 워커나 작업마다 스레드, 프로세스, 또는 이벤트 루프 하나의 태스크를 하나씩 씁니다.",
                "Waiting: a sleep of {wait}, as in the article's listings; a worker waits {waits} times, a task once. Each worker or task is a thread, a process, or a task of one event loop."
            ),
            text!(
                "시간은 첫 워커를 시작하기 전부터 마지막이 끝날 때까지입니다. 번갈아 {done}회 측정했고(최대 {rounds}회, 예산 안에서), 회차마다 곡선 하나에 새 프로세스를 썼습니다. {once}보다 오래 걸린 작업 수는 첫 회차에만 측정했습니다.",
                "Time runs from before the first start to the last end. Rounds, in turn: {done} (at most {rounds}, within the budget); in each round every curve in a new process. A number of tasks that took longer than {once} was measured in the first round only."
            ),
        ]
    }

    fn about_limits(&self) -> Vec<Text> {
        let mut shares = Vec::new();
        for curve in self.curves.iter().filter(|curve| self.has_serial_share(curve)) {
            if let Some(serial) = stats::median(&curve.serial()) {
                let (name, share) = (self.name(curve), unit::value(serial, Unit::Share));
                shares.push(Text { ko: format!("{} {share}", name.ko), en: format!("{} {share}", name.en) });
            }
        }
        let (ko, en) = (join(&shares, |text| &text.ko), join(&shares, |text| &text.en));
        vec![
            text!(
                "암달의 법칙의 한계: 1 ÷ (s + (1 − s) ÷ p), p는 워커 수와 코어 수 중 작은 쪽(G. M. Amdahl, AFIPS 1967, doi:10.1145/1465482.1465560). 직렬 비율 s는 워커 하나로 실행한 시간 가운데 그 워커의 루프가 돌지 않은 시간(시작과 끝)의 비율을 측정한 것입니다: {ko}.",
                "The limit by Amdahl's law: 1 ÷ (s + (1 − s) ÷ p), with p the smaller of workers and cores (G. M. Amdahl, AFIPS 1967, doi:10.1145/1465482.1465560). The serial share s was measured: the share of the one-worker run in which its worker's loop did not run (start and end). {en}."
            ),
            text!(
                "암달의 법칙에는 워커마다 드는 시작 비용이 없습니다. 워커가 많을수록 곡선은 한계에서 멀어집니다. GIL의 한계는 1×입니다. gil-sim의 예측에는 이 컴퓨터의 코어 수와 전형적인 지연 시간을 썼습니다.",
                "Amdahl's law does not include what each further worker costs to start: the more workers, the further the curve stays below it. The limit of the GIL is 1×. gil-sim predicts with this machine's number of cores and typical latencies."
            ),
        ]
    }

    /// What Amdahl's law is drawn for: under a GIL threads have another limit.
    fn has_serial_share(&self, curve: &Measured) -> bool {
        let parallel = match curve.series.technique {
            Technique::Threads => self.has_gil(curve.who) == Some(false),
            Technique::Processes => true,
            Technique::Asyncio => false,
        };
        parallel && (curve.series.work, curve.series.over) == (Work::Cpu, Over::Workers)
    }

    /// Curves that end early, under each reason.
    fn missing(&self) -> Vec<Text> {
        let mut reasons: Vec<(&Text, Vec<Text>)> = Vec::new();
        for curve in &self.curves {
            let Some((n, why)) = &curve.missing else { continue };
            let (name, work, over) = (self.name(curve), curve.series.work.name(), curve.series.over.name());
            let from = Text {
                ko: format!("{}, {}, {} {n}개부터", name.ko, work.ko, over.ko),
                en: format!("{}, {}, from {n} {}", name.en, work.en, over.en),
            };
            match reasons.iter_mut().find(|(reason, _)| *reason == why) {
                Some((_, all)) => all.push(from),
                None => reasons.push((why, vec![from])),
            }
        }
        let note = |(why, all): &(&Text, Vec<Text>)| {
            let join = |of: fn(&Text) -> &String| all.iter().map(of).cloned().collect::<Vec<_>>().join("; ");
            Text {
                ko: format!("측정하지 않음({}): {}.", why.ko, join(|text| &text.ko)),
                en: format!("not measured ({}): {}.", why.en, join(|text| &text.en)),
            }
        };
        reasons.iter().map(note).collect()
    }

    fn shows(&self) -> Text {
        let n = self.cores.clamp(2, self.size.workers.max(2));
        let mut cpu = Vec::new();
        for who in self.everybody() {
            for technique in [Technique::Threads, Technique::Processes] {
                let curve = self.find(who, Work::Cpu, Over::Workers, technique);
                let speed = curve.and_then(|curve| stats::median(&curve.throughput(n)));
                // Processes under a GIL each are processes: the sentence is long enough.
                if let (Some(speed), false) = (speed, (who, technique) == (Who::RustGil, Technique::Processes)) {
                    let (who, by, speed) = (self.who(who), technique.name(), unit::times(speed).en);
                    cpu.push(Text { ko: format!("{who} {} {speed}", by.ko), en: format!("{who} {} {speed}", by.en) });
                }
            }
        }
        let waiting = self.find(Who::Rust, Work::Waiting, Over::Tasks, Technique::Asyncio).and_then(|curve| {
            let n = *curve.points.keys().last()?;
            Some((n, stats::median(&curve.throughput(n))?))
        });
        let one = rate(1.0 / self.size.wait.as_secs_f64());
        let wait = waiting.map_or_else(Text::default, |(n, each)| {
            let each = rate(each);
            text!(
                " 기다림: asyncio 태스크 {n}개가 초당 {each}번, 하나씩이면 {one}번.",
                " Waiting: {n} asyncio tasks wait {each} times per second, one after another {one} times."
            )
        });
        let (ko, en) = (join(&cpu, |text| &text.ko), join(&cpu, |text| &text.en));
        let (wait_ko, wait_en) = (wait.ko, wait.en);
        if cpu.is_empty() {
            return Text { ko: wait_ko.trim().to_owned(), en: wait_en.trim().to_owned() };
        }
        let cores = self.cores;
        text!(
            "CPU 바운드 작업의 처리량, 워커 {n}개(코어 {cores}개)를 하나와 비교: {ko}.{wait_ko}",
            "CPU-bound throughput of {n} workers ({cores} cores), compared with one: {en}.{wait_en}"
        )
    }
}

fn join(parts: &[Text], of: impl Fn(&Text) -> &String) -> String {
    parts.iter().map(of).map(String::as_str).collect::<Vec<_>>().join(", ")
}
