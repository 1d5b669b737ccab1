//! The reader is the scheduler: at each step one chooses who goes on, and sees whether the lock holds.
//!
//! Article: GIL(Global Interpreter Lock). Run: `cargo run -p gil-sim -- step convoy`; `--schedule ab!bab` plays a schedule instead.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::{Report, Table};
use lab::{Error, Result, terminal, text};

use crate::sim::{Phase, Schedule, Setup, Stepper, Turn, letter};
use crate::{options, scenario};

/// Turns that are shown in the table: the last ones.
const SHOWN: usize = 24;
/// The longest line that is read at once, in bytes: input without an end is taken in pieces.
const LONGEST: u64 = 1 << 16;
/// Threads that have letters enough for themselves and their peers.
const MOST_THREADS: usize = 26;

/// `gil-sim step FILE`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options::scenario(&mut options, Some(Text::same("convoy")));
    let schedule = options.word("schedule", text!("묻지 않고 따라갈 일정", "a schedule to play instead of asking"));
    Experiment::new(
        "step",
        text!("여러분이 스케줄러: 한 걸음씩 고르기", "you are the scheduler: one step at a time"),
        options,
        move |a| run(&a.get(file).unwrap_or_else(|| "convoy".into()), a.get(schedule).as_deref()),
    )
}

/// Plays a schedule, or asks for one turn after another on standard input.
pub fn run(file: &Path, schedule: Option<&str>) -> Result<Report> {
    let scenario = scenario::read(&scenario::file_of(file))?;
    let setup = &scenario.setup;
    let threads: usize = setup.groups.iter().map(|g| g.count).sum();
    if threads > MOST_THREADS {
        return Err(Error::usage(text!(
            "스레드가 {threads}개입니다. 한 걸음씩 볼 수 있는 것은 {MOST_THREADS}개까지입니다.",
            "there are {threads} threads; step shows {MOST_THREADS} at the most."
        )));
    }
    let mut seen = Session { stepper: Stepper::new(setup), names: names(setup), peak: 0 };
    match schedule {
        Some(words) => seen.play(words)?,
        None => seen.ask()?,
    }
    Ok(seen.report(&scenario.title))
}

/// The names of all threads, peers last.
fn names(setup: &Setup) -> Vec<Text> {
    let mut names = Vec::new();
    let mut peers = Vec::new();
    for group in &setup.groups {
        for i in 0..group.count {
            let (ko, en) = (&group.name.ko, &group.name.en);
            let name = if group.count > 1 { text!("{ko} {i}", "{en} {i}") } else { group.name.clone() };
            if group.steps.iter().any(|step| matches!(step, crate::sim::Step::Echo(_))) {
                let (ko, en) = (&name.ko, &name.en);
                peers.push(text!("{ko}의 상대 프로세스", "{en}'s peer process"));
            }
            names.push(name);
        }
    }
    names.extend(peers);
    names
}

/// A run, and what was seen on the way.
struct Session {
    stepper: Stepper,
    names: Vec<Text>,
    /// Most threads that computed at once.
    peak: usize,
}

impl Session {
    fn go(&mut self, turn: Turn) -> bool {
        let went = self.stepper.go(turn);
        self.peak = self.peak.max(self.stepper.computing());
        went
    }

    fn play(&mut self, words: &str) -> Result<()> {
        let wrong = |what: Text| {
            Error::usage(Text { ko: format!("--schedule: {}", what.ko), en: format!("--schedule: {}", what.en) })
        };
        let schedule = Schedule::read(words).map_err(wrong)?;
        for (i, turn) in schedule.turns().iter().enumerate() {
            if !self.go(*turn) {
                let (number, why, choices) = (i + 1, self.why_not(*turn), self.choices());
                let (ko, en) = (why.ko, why.en);
                return Err(wrong(text!(
                    "{number}번째 차례 {turn}: {ko}. 고를 수 있는 것: {choices}",
                    "turn {number}, {turn}: {en}. To choose from: {choices}"
                )));
            }
        }
        Ok(())
    }

    /// Why a turn cannot be had.
    fn why_not(&self, turn: Turn) -> Text {
        if turn.thread >= self.stepper.threads() {
            return text!("그런 스레드는 없습니다", "there is no such thread");
        }
        let (name, place) = (&self.names[turn.thread], place(self.stepper.phase(turn.thread)));
        let (ko, en, place_ko, place_en) = (&name.ko, &name.en, place.ko, place.en);
        if turn.by_time {
            return text!(
                "{ko}: {place_ko}, 끝날 시간 제한이 없습니다",
                "{en} {place_en}: no timed wait that could end"
            );
        }
        text!("{ko}: {place_ko}, 깨워져야 나아갑니다", "{en} {place_en}: it sleeps until it is woken")
    }

    fn choices(&self) -> String {
        self.stepper.choices().iter().map(Turn::to_string).collect::<Vec<_>>().join(" ")
    }

    /// Asks on standard input until its end.
    fn ask(&mut self) -> Result<()> {
        tell(&text!(
            "차례를 고르십시오. 글자: 그 스레드가 나아감, !글자: 기다리던 시간이 끝남,\nu: 되돌리기, q: 끝",
            "Choose who goes on. A letter: that thread; ! and a letter: its time is up;\nu: undo; q: quit"
        ));
        self.show();
        let mut input = io::stdin().lock();
        while let Some(line) = line_of(&mut input)? {
            let word = line.trim();
            match word {
                "q" if !self.is_choice(word) => break,
                "u" if !self.is_choice(word) => {
                    if !self.stepper.undo() {
                        tell(&text!("처음입니다.", "This is the beginning."));
                    }
                }
                "" => {}
                _ => self.turns_of(word),
            }
            self.show();
        }
        Ok(())
    }

    /// Whether a word is a turn that can be had: a thread may be called u or q.
    fn is_choice(&self, word: &str) -> bool {
        self.stepper.choices().iter().any(|turn| turn.to_string() == word)
    }

    fn turns_of(&mut self, word: &str) {
        match Schedule::read(word) {
            Err(what) => terminal::complain(&what),
            Ok(schedule) => {
                for turn in schedule.turns() {
                    if !self.go(*turn) {
                        return terminal::complain(&self.why_not(*turn));
                    }
                }
            }
        }
    }

    /// One line a thread, and what can be chosen.
    fn show(&self) {
        let mut page = String::new();
        for (thread, name) in self.names.iter().enumerate() {
            let asked = if self.stepper.requested(thread) {
                text!(" · 요청받음", " · was asked")
            } else {
                Text::default()
            };
            let letter = letter(thread).unwrap_or('?');
            page.push_str(&format!("  {letter}  {name}: {}{asked}\n", place(self.stepper.phase(thread))));
        }
        let (number, choices) = (self.stepper.turns().len() + 1, self.choices());
        page.push_str(&format!("{number}. {choices} ?"));
        tell(&Text::same(page));
    }

    fn report(&self, title: &Text) -> Report {
        let mut report = Report::new("gil-sim/step");
        let turns = self.stepper.turns();
        let mut trace = self.stepper.trace(title.clone());
        // A turn is drawn as a microsecond; nothing took any time.
        let (ko, en) = (&title.ko, &title.en);
        trace.title =
            Text { ko: format!("{ko} (한 차례를 1 µs로)"), en: format!("{en} (a turn drawn as 1 µs)") };
        report.traces = vec![trace];
        report.tables = vec![self.table()];
        let (n, peak, words) = (turns.len(), self.peak, turns.iter().map(Turn::to_string).collect::<String>());
        report.notes.push(text!("일정: {words}", "schedule: {words}"));
        report.shows = if peak <= self.stepper.holders().len() {
            text!(
                "{n}번의 차례 동안 한 GIL을 쥔 스레드는 많아야 하나였습니다. 락은 지켜졌습니다.",
                "In {n} turns at most one thread held a GIL at once: the lock held."
            )
        } else {
            text!(
                "{n}번의 차례 동안 한때 {peak}개의 스레드가 함께 계산했습니다.",
                "In {n} turns, at one time {peak} threads computed at once."
            )
        };
        report
    }

    /// Where everybody was after each of the last turns.
    fn table(&self) -> Table {
        let turns = self.stepper.turns();
        let from = turns.len().saturating_sub(SHOWN);
        let mut again = Stepper::new(self.stepper.setup());
        let mut rows = Vec::new();
        for (i, turn) in turns.iter().enumerate() {
            assert!(again.go(*turn), "what went once goes again");
            if i >= from {
                let number = i + 1;
                let mut row = vec![Text::same(number.to_string()), Text::same(turn.to_string())];
                row.extend((0..self.names.len()).map(|thread| place(again.phase(thread))));
                rows.push(row);
            }
        }
        let mut head = vec![text!("차례", "turn"), text!("누가", "who")];
        head.extend(self.names.clone());
        Table {
            title: text!("차례마다 스레드가 있는 곳", "Where the threads are after each turn"), head, rows
        }
    }
}

/// The next line; None at the end. What is no text in it is no turn either, and is told so like any other word.
fn line_of(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    input.take(LONGEST).read_until(b'\n', &mut line)?;
    Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()))
}

/// To the terminal's other channel: standard output is the report's.
fn tell(words: &Text) {
    // Whoever closed it does not want to be asked; the answers still count.
    let _ = writeln!(io::stderr(), "{words}");
}

fn place(place: Phase) -> Text {
    match place {
        Phase::Begins => text!("시작", "begins"),
        Phase::Wants => text!("GIL을 얻으려 함", "wants the GIL"),
        Phase::Waits => text!("기다림", "waits"),
        Phase::Asked => text!("요청함", "has asked"),
        Phase::Took => text!("가져감, 알림", "takes it, tells"),
        Phase::Computes => text!("GIL을 쥠", "has the GIL"),
        Phase::Freed => text!("놓음, 깨움", "lets go, wakes"),
        Phase::Forced => text!("넘어가길 기다림", "awaits a taker"),
        Phase::Outside => text!("밖에 있음", "is outside"),
        Phase::Done => text!("끝남", "done"),
    }
}
