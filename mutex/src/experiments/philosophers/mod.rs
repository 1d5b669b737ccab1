//! Dijkstra's philosophers: four rules for taking two forks. Two are broken, whatever the sleeps; two are proved correct.
//!
//! A dinner that ends says little about its rule. That no order of steps ends in a deadlock or goes round in circles is what
//! `cargo test -p mutex --test loom` shows of `table.rs`, the same file that runs here.
//!
//! Article: 뮤텍스(Mutex). Run: `cargo run -p mutex -- philosophers`. No Python twin: nothing there explores all orders.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Choice, Experiment, Opt, Options};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::trace::{State, Trace};
use lab::{Error, Result, python, terminal, text};

use crate::claims;
use crate::outcomes::Class;
use crate::start_barrier::record_together;

pub mod table;
use table::Rule;

/// The name of the child on the command line.
pub const CHILD: &str = "dinner";

impl Choice for Rule {
    const WORDS: &'static [(&'static str, Rule)] = &[
        ("left-first", Rule::LeftFirst),
        ("put-back", Rule::PutBack),
        ("lower-first", Rule::LowerFirst),
        ("one-less", Rule::OneLess),
    ];
}
/// A meal, or a thought between the two forks of a rule that thinks.
const BITE: Duration = Duration::from_micros(200);
/// If nobody eats for so long, the dinner is deadlocked or livelocked. Far longer than any of its steps.
const STILL: Duration = Duration::from_millis(700);
/// The same limit for a rule that is proved never to stand still: only a stalled machine reaches it.
const NEVER: Duration = Duration::from_secs(30);
/// More than any child needs.
const LIMIT: Duration = Duration::from_secs(60);

/// The result of a dinner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dinner {
    pub eaten: u64,
    /// How often a fork was put back.
    pub put_back: u64,
}

/// What the model checkers find of each rule.
fn proved(rule: Rule) -> (Class, Text) {
    match rule {
        Rule::LeftFirst => {
            (Class::Interesting, text!("교착: 모두가 왼쪽 포크를 듦", "deadlock: all hold their left fork"))
        }
        Rule::PutBack => {
            (Class::Interesting, text!("라이브락: 모두가 들고 놓기를 반복", "livelock: all take and put back"))
        }
        Rule::LowerFirst => {
            (Class::Forbidden, text!("둘 다 없음: 순환 대기가 생기지 않음", "neither: no circular wait"))
        }
        Rule::OneLess => {
            (Class::Forbidden, text!("둘 다 없음: 적어도 한 명은 포크 둘을 얻음", "neither: someone gets two forks"))
        }
    }
}

fn seats_and_meals(options: &mut Options) -> (Opt<usize>, Opt<u64>) {
    let seats = options.size("seats", 2..=32, 5, text!("철학자 수", "how many philosophers"));
    let meals = options.count("meals", 1..=10_000, 200, text!("철학자마다 식사 횟수", "meals of each philosopher"));
    (seats, meals)
}

/// `cargo run -p mutex -- philosophers`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let (seats, meals) = seats_and_meals(&mut options);
    let about = text!("식사하는 철학자 문제: 네 가지 규칙", "the dining philosophers under four rules");
    Experiment::new("philosophers", about, options, move |a| run(a.get(seats), a.get(meals)))
}

/// The child that dines by one rule, and may never end.
pub fn child_command() -> Experiment {
    let mut options = Options::new();
    let rule = options.choice("rule", Rule::LeftFirst, text!("규칙", "the rule"));
    let (seats, meals) = seats_and_meals(&mut options);
    Experiment::child(CHILD, options, move |a| child(a.get(rule), a.get(seats), a.get(meals)))
}

/// A dinner of a rule, in a child process: a deadlock ends with it.
pub fn run(seats: usize, meals: u64) -> Result<Report> {
    let mut report = Report::new("mutex/philosophers");
    for rule in [Rule::LowerFirst, Rule::OneLess] {
        report.traces.push(record_dinner(rule, seats)?);
    }
    let dinners: Vec<Dinner> = Rule::ALL.into_iter().map(|rule| ask(rule, seats, meals)).collect::<Result<_>>()?;
    let all = seats as u64 * meals;
    Rule::ALL.into_iter().zip(&dinners).try_for_each(|(rule, dinner)| check(rule, *dinner, all))?;
    report.measures = Rule::ALL.into_iter().zip(&dinners).flat_map(|(rule, dinner)| measures(rule, *dinner)).collect();
    let judged = Rule::ALL.into_iter().zip(&dinners).filter_map(|(rule, dinner)| judge(rule, *dinner, all));
    report.verdicts = judged.collect();
    report.measures_in_tables = true;
    report.tables.push(table(&dinners, all));
    report.notes = notes();
    let stuck = dinners.iter().filter(|dinner| dinner.eaten < all).count();
    report.shows = text!(
        "철학자 {seats}명이 {meals}번씩 먹는 식사를 네 가지 규칙으로 실행했습니다. 이번에 멈춘 규칙은 {stuck}가지입니다. 멈추지 않았다고 해서 올바르다고 증명된 것은 아닙니다. loom이 모든 실행 순서를 검사해 증명한 규칙은 둘뿐입니다.",
        "{seats} philosophers, {meals} meals each, under four rules; rules that got stuck this time: {stuck}. That the others did not is no proof: only the two rules that loom checked in every order are proved correct."
    );
    Ok(report)
}

/// Lanes of a small dinner under a rule that is proved to end.
fn record_dinner(rule: Rule, seats: usize) -> Result<Trace> {
    let table = table::Table::new(seats);
    let names = (0..seats).map(|seat| text!("철학자 {seat}", "Philosopher {seat}")).collect();
    let name = rule.name();
    let title = text!("Rust, {name}: 세 번씩 먹음", "Rust, {name}: three meals each");
    let (trace, _) = record_together(title, names, |seat, lane| {
        for _ in 0..3 {
            lane.enter(State::WaitingForLock);
            table.dine(seat, rule, || {
                lane.enter(State::Running);
                thread::sleep(5 * BITE);
                lane.leave(); // while the forks are still in hand
            });
            thread::sleep(BITE);
        }
    })?;
    Ok(trace)
}

fn ask(rule: Rule, seats: usize, meals: u64) -> Result<Dinner> {
    let options =
        ["--rule", rule.name(), "--seats", &seats.to_string(), "--meals", &meals.to_string()].map(str::to_owned);
    let args = [&[CHILD.to_owned()][..], &options].concat();
    let report = python::own(&args, LIMIT).map_err(|why| failed(rule, &why))?;
    let number = |id: &str| report.measure(id).map(|m| m.median() as u64);
    number("eaten").zip(number("put_back")).map(|(eaten, put_back)| Dinner { eaten, put_back }).ok_or_else(|| {
        failed(rule, &text!("식사의 결과를 출력하지 않았습니다", "it did not report how the dinner went"))
    })
}

fn failed(rule: Rule, why: &Text) -> Error {
    let name = rule.name();
    Error::failed(Text { ko: format!("{name}: {}", why.ko), en: format!("{name}: {}", why.en) })
}

/// Nothing, or the failure of a rule that is proved never to stand still.
pub fn check(rule: Rule, dinner: Dinner, all: u64) -> Result<()> {
    let eaten = dinner.eaten;
    if eaten == all || proved(rule).0 == Class::Interesting {
        return Ok(());
    }
    Err(failed(rule, &text!("{all}끼 가운데 {eaten}끼에서 멈췄습니다", "it got stuck after {eaten} of {all} meals")))
}

/// The child: runs a dinner, watches it and reports. Threads that still wait end with the process.
pub fn child(rule: Rule, seats: usize, meals: u64) -> Result<()> {
    let dinner = watched(rule, seats, meals)?;
    let count = |id: &str, n: u64| Measure::new(id, Text::same(id), Unit::Count, vec![n as f64]);
    let measures = vec![count("eaten", dinner.eaten), count("put_back", dinner.put_back)];
    terminal::print(&Report { measures, ..Report::new("mutex/dinner") }.to_json());
    Ok(())
}

/// Waits until all have eaten, or nobody eats any more.
fn watched(rule: Rule, seats: usize, meals: u64) -> Result<Dinner> {
    // Nobody joins philosophers that wait for ever, so what they use must be 'static.
    let table: &table::Table = Box::leak(Box::new(table::Table::new(seats)));
    let (tell, told) = mpsc::channel();
    for seat in 0..seats {
        let tell = tell.clone();
        let dines = move || {
            for _ in 0..meals {
                table.dine(seat, rule, || thread::sleep(BITE));
                // Nobody listens any more once the dinner is over.
                let _ = tell.send(());
            }
        };
        thread::Builder::new().spawn(dines).map_err(|e| Error::no_thread(&e))?;
    }
    let all = seats as u64 * meals;
    let most = if proved(rule).0 == Class::Forbidden { NEVER } else { STILL };
    let mut eaten = 0;
    while eaten < all && told.recv_timeout(most).is_ok() {
        eaten += 1;
    }
    Ok(Dinner { eaten, put_back: table.put_back() as u64 })
}

/// The verdict on a rule that gives the forks an order, or lets half of the philosophers take them in another one.
fn judge(rule: Rule, dinner: Dinner, all: u64) -> Option<Verdict> {
    let one_order = match rule {
        Rule::LeftFirst => false,
        Rule::LowerFirst => true,
        _ => return None,
    };
    let on = format!("Rust, {}", rule.name());
    Some(claims::lock_order(one_order, on, u64::from(dinner.eaten < all), 1))
}

fn measures(rule: Rule, dinner: Dinner) -> [Measure; 2] {
    let name = rule.name();
    let count = |id: &str, name: Text, n: u64| Measure::new(id, name, Unit::Count, vec![n as f64]);
    [
        count(&format!("{name}.eaten"), text!("{name}: 식사 횟수", "{name}: meals eaten"), dinner.eaten),
        count(
            &format!("{name}.put_back"),
            text!("{name}: 포크를 내려놓은 횟수", "{name}: forks put back"),
            dinner.put_back,
        ),
    ]
}

fn table(dinners: &[Dinner], all: u64) -> Table {
    let row = |(rule, dinner): (Rule, &Dinner)| {
        let (class, found) = proved(rule);
        let share = unit::value(dinner.eaten as f64 / all as f64, Unit::Share);
        let stood =
            if dinner.eaten < all { text!("멈춤, {share}", "stuck, {share}") } else { text!("끝남", "finished") };
        let back = Text::same(dinner.put_back.to_string());
        vec![Text::same(rule.name()), found, class.name(), stood, back]
    };
    Table {
        title: text!(
            "규칙별 모델 검사 결과와 이번 식사",
            "each rule: what model checkers find, and this dinner's result"
        ),
        head: vec![
            text!("규칙", "rule"),
            text!("모델 검사", "model checkers"),
            text!("멈춤의 분류", "getting stuck is"),
            text!("이번 식사", "this dinner"),
            text!("내려놓은 횟수", "put back"),
        ],
        rows: Rule::ALL.into_iter().zip(dinners).map(row).collect(),
    }
}

fn notes() -> Vec<Text> {
    let still = unit::value(STILL.as_nanos() as f64, Unit::Ns);
    vec![
        text!(
            "식사는 규칙마다 자식 프로세스에서 실행합니다. {still} 동안 아무도 먹지 않으면 멈춘 것으로 판단하며, 멈춘 스레드는 그 프로세스와 함께 끝냅니다.",
            "Each dinner runs in a child process. If nobody eats for {still}, it counts as stuck; its waiting threads end with the process."
        ),
        text!(
            "증명은 `cargo test -p mutex --test loom -- --nocapture`로 볼 수 있습니다. 모델마다 탐색한 실행의 수와 탐색의 한계를 출력합니다. 교착은 loom(`--test planted`)이, 라이브락은 스레드를 한 단계씩 번갈아 실행하는 가장 공정한 스케줄에서 shuttle(`--test livelock`)이 찾아냅니다.",
            "To see the proof: `cargo test -p mutex --test loom -- --nocapture`; each model says how many executions it explored and its bound. The deadlock is found by loom (`--test planted`), the livelock by shuttle in the fairest schedule, one step each in turn (`--test livelock`)."
        ),
        text!(
            "파이썬 대응 프로그램은 없습니다. 파이썬에는 스레드의 모든 실행 순서를 검사하는 도구가 없고, sleep 시간을 조절해 멈추지 않게 만든 프로그램은 아무것도 증명하지 못합니다.",
            "There is no Python twin: Python has no tool that tries all orders of threads, and a program whose sleeps were tuned until it no longer gets stuck proves nothing."
        ),
    ]
}
