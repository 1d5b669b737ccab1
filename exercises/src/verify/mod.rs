//! The command `verify`: proves every lab, as CI does. Starters fail exactly the promises they should, solutions pass, also beside two
//! busy loops, every mutant fails by the promise that it names, and the files of each lab are complete.
//!
//! - [`cases`]: what must come of each submission
//! - [`files`]: texts in both languages, no stray file, the manifest

pub mod cases;
pub mod files;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use lab::cli::{Args, Choice as _, Experiment, Options};
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Front, Report, Table};
use lab::{Result, machine, text};

use crate::labs::{self, Lab};
use crate::track::Track;
use crate::{limits, parallel, tools};
use cases::{Case, Role};

/// `cargo run -p exercises -- verify`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let only = options.positional_words("n", text!("이 실습만", "only these labs"));
    let at_a_time = options.count_if_given(
        "workers",
        1..=64,
        text!(
            "동시에 채점할 제출물 수 (기본: 코어 수의 두 배)",
            "submissions that are judged at the same time (default: two for each core, because they mostly wait)"
        ),
    );
    let about = text!(
        "모든 실습을 증명: 출발점, 답안, 틀린 답안, 글",
        "proves all labs: starters, solutions, wrong solutions, texts"
    );
    Experiment::new("verify", about, options, move |args| verify(args, &args.get(only), args.get(at_a_time)))
        .looks_for_pythons()
}

fn verify(args: &Args, only: &[String], at_a_time: Option<u64>) -> Result<Report> {
    let labs = if only.is_empty() {
        labs::all()?
    } else {
        only.iter().map(|number| labs::find(number)).collect::<Result<_>>()?
    };
    let pythons = args.find_pythons()?;
    limits::stop_on_ctrl_c()?;
    let mut report = Report::new("exercises/verify");
    for lab in &labs {
        let name = lab.name;
        report
            .failures
            .extend(files::mistakes(lab).iter().map(|Text { ko, en }| text!("{name}: {ko}", "{name}: {en}")));
    }
    let tools = tools::find()?;
    let all = cases::all(&labs, &pythons);
    // A solution beside busy loops has them for itself, so that no other case is slowed down and none is left out.
    let (busy, calm): (Vec<Case<'_>>, Vec<Case<'_>>) = all.into_iter().partition(|case| case.role == Role::Busy);
    let workers = at_a_time.map_or(2 * machine::cores(), |n| n as usize);
    let bar = progress::steps(busy.len() + calm.len());
    let run = |case: &Case<'_>| {
        bar.set_message(format!("{} {}", case.lab.name, case.name()));
        let done = case.run(&tools);
        bar.inc(1);
        done
    };
    let mut done = parallel::map(&calm, workers, run);
    done.extend(beside_busy_loops(|| parallel::map(&busy, workers, run)));
    bar.finish_and_clear();
    let mut rows: BTreeMap<(u32, String), Row<'_>> = BTreeMap::new();
    for (case, outcome) in calm.iter().chain(&busy).zip(done) {
        let outcome = outcome?;
        let (lab, on, name) = (case.lab.name, case.on(), case.name());
        report.failures.extend(outcome.wrong.iter().map(|why| {
            let (name_ko, name_en, ko, en) = (&name.ko, &name.en, &why.ko, &why.en);
            text!("{lab}, {on}, {name_ko}: {ko}", "{lab}, {on}, {name_en}: {en}")
        }));
        rows.entry((case.lab.number, case.on())).or_insert_with(|| Row::new(case.lab, case.track)).add(case, &outcome);
    }
    report.notes = left_out(&labs, &pythons);
    report.tables.push(table(&rows));
    report.front = vec![Front::Table(0)];
    report.exit_code = u8::from(!report.failures.is_empty());
    let (count, failed) = (calm.len() + busy.len(), report.failures.len());
    report.shows = match failed {
        0 => text!(
            "제출물 {count}개가 모두 예상한 결과를 냈습니다.",
            "all {count} submissions came to what they should."
        ),
        _ => text!("예상과 다른 것이 {failed}가지 있습니다.", "{failed} things are not as they should be."),
    };
    Ok(report)
}

/// What is not verified here, and why.
fn left_out(labs: &[Lab], pythons: &[Interpreter]) -> Vec<Text> {
    let mut left = Vec::new();
    for lab in labs.iter().filter(|lab| lab.has(Track::Python)) {
        let (name, manifest) = (lab.name, &lab.manifest);
        if pythons.is_empty() {
            left.push(text!(
                "확인하지 않음: {name}의 파이썬 트랙(파이썬이 없음)",
                "not verified: {name} in Python (there is no Python)"
            ));
        }
        for python in pythons {
            if !manifest.runs_on(python) {
                let why = manifest.too_old(python);
                left.push(Text {
                    ko: format!("확인하지 않음: {}", why.ko), en: format!("not verified: {}", why.en)
                });
                continue;
            }
            for promise in manifest.promises_of(Track::Python) {
                let Some(why) = promise.why_not_asked(Some(python)) else { continue };
                let id = &promise.id;
                left.push(text!(
                    "확인하지 않음: {name}의 약속 {id}: {why}",
                    "not verified: promise {id} of {name}: {why}"
                ));
            }
        }
    }
    left
}

/// Does something while two threads compute without pause.
fn beside_busy_loops<R>(work: impl FnOnce() -> R) -> R {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let done = work();
        over.store(true, Ordering::Relaxed);
        done
    })
}

/// A lab on one compiler or interpreter.
struct Row<'a> {
    lab: &'a Lab,
    track: Track,
    starter: &'static str,
    solution: &'static str,
    busy: &'static str,
    caught: usize,
    mutants: usize,
    asked: usize,
    slowest: Duration,
    all: Duration,
}

impl<'a> Row<'a> {
    fn new(lab: &'a Lab, track: Track) -> Row<'a> {
        let (starter, solution, busy) = ("", "", "");
        let (slowest, all) = (Duration::ZERO, Duration::ZERO);
        Row { lab, track, starter, solution, busy, caught: 0, mutants: 0, asked: 0, slowest, all }
    }

    fn add(&mut self, case: &Case<'_>, outcome: &cases::Outcome) {
        let mark = if outcome.wrong.is_empty() { "✓" } else { "✗" };
        match case.role {
            Role::Starter => self.starter = mark,
            Role::Solution => (self.solution, self.asked) = (mark, outcome.asked),
            Role::Busy => self.busy = mark,
            Role::Mutant(_) => {
                self.mutants += 1;
                self.caught += usize::from(outcome.wrong.is_empty());
            }
        }
        self.slowest = self.slowest.max(outcome.took);
        self.all += outcome.took;
    }
}

fn table(rows: &BTreeMap<(u32, String), Row<'_>>) -> Table {
    let head = vec![
        text!("실습", "lab"),
        text!("어디서", "on"),
        text!("약속", "asked"),
        text!("출발", "starter"),
        text!("답안", "solution"),
        text!("바쁠 때", "busy"),
        text!("오답", "mutants"),
        text!("최장", "max"),
        text!("합계", "sum"),
    ];
    let seconds = |d: Duration| Text::same(format!("{:.1}", d.as_secs_f64()));
    let row = |((_, on), row): (&(u32, String), &Row<'_>)| {
        let all = row.lab.manifest.promises_of(row.track).count();
        let asked = if row.asked == all { all.to_string() } else { format!("{}/{all}", row.asked) };
        vec![
            Text::same(row.lab.number.to_string()),
            Text::same(on),
            Text::same(asked),
            Text::same(row.starter),
            Text::same(row.solution),
            Text::same(row.busy),
            Text::same(format!("{}/{}", row.caught, row.mutants)),
            seconds(row.slowest),
            seconds(row.all),
        ]
    };
    Table {
        title: text!("실습과 그 증명(시간은 초)", "the labs and their proofs (times in s)"),
        head,
        rows: rows.iter().map(row).collect(),
    }
}

impl Case<'_> {
    /// Where it runs.
    fn on(&self) -> String {
        self.python.map_or_else(|| self.track.word().to_owned(), ToString::to_string)
    }
}
