//! A level for the reader, and what came of a schedule, step by step.

use gil_sim::sim::{Phase, Turn};
use lab::lang::{self, Text};
use lab::render::wrap;
use lab::report::{Front, Report, Table};
use lab::{say, terminal, text};

use super::copies::scheduler::{Grain, Place};
use super::levels::{LEVELS, Level};
use super::play::{Act, Played, Step, name};
use super::threads::Event;

/// All levels.
pub fn list() -> Report {
    let mut report = Report::new("exercises/break");
    let row = |(n, level): (usize, &Level)| {
        vec![Text::same((n + 1).to_string()), (level.title)(), Text::same(level.file), letter_short(level.letter)]
    };
    report.tables = vec![Table {
        title: text!("단계", "The levels"),
        head: vec![
            text!("번호", "number"),
            text!("버그", "bug"),
            text!("락의 소스", "the lock's source"),
            text!("글자 하나", "a letter"),
        ],
        rows: LEVELS.iter().enumerate().map(row).collect(),
    }];
    report.front = vec![Front::Table(0)];
    report.shows = text!(
        "버그가 하나씩 심어진 락 여덟 개입니다. 여러분이 스케줄러가 되어 락을 깨뜨리는 스케줄을 찾으십시오. `cargo run -p exercises -- break 1`부터 시작합니다.",
        "Eight locks with one bug each. You are the scheduler: find a schedule that breaks the lock. Begin with `cargo run -p exercises -- break 1`."
    );
    report
}

fn letter_short(letter: Grain) -> Text {
    match letter {
        Grain::Turns => text!("한 차례", "a turn"),
        Grain::Operations => text!("연산 하나", "an operation"),
    }
}

/// What a letter of a schedule stands for.
pub fn letter_in_full(letter: Grain) -> Text {
    match letter {
        Grain::Turns => text!(
            "글자 하나는 그 스레드의 한 차례입니다. 스레드가 잠들거나, 다른 스레드를 깨우거나, GIL을 요청하거나, 계산하러 갈 때까지입니다.",
            "A letter is a turn of that thread: all that it does until it sleeps, has woken a thread, has asked for the GIL, or computes."
        ),
        Grain::Operations => text!(
            "글자 하나는 그 스레드의 연산 하나입니다(락의 원자적 연산, 뮤텍스와 조건 변수의 호출). 첫 글자는 스레드를 시작하고, 락을 쥐고 계산하는 데에도 글자 하나가 듭니다.",
            "A letter is one operation of that thread: an atomic operation of the lock, or a call of its mutexes and condition variables. The first letter starts the thread, and computing with the lock held takes a letter too."
        ),
    }
}

fn form() -> Text {
    text!(
        "!b는 시간 제한이 있는 b의 대기가 시간이 다 되어 끝나는 것이고, a*는 a의 신호가 가장 나중에 잠든 스레드를 깨우는 것입니다. 빈칸은 무시합니다. 깨지지 않으면 마지막 차례 뒤의 상태를 보여 주므로 조금씩 이어 붙일 수 있습니다.",
        "!b: b's timed wait ends because its time is over. a*: a's signal wakes the newest waiter. Blanks are ignored. A schedule that breaks nothing shows where the threads are after it, so you can make it longer step by step."
    )
}

/// A level: the lines that matter, the threads, the goal, the form of a schedule.
pub fn level(number: usize, level: &Level) -> Report {
    let mut report = Report::new("exercises/break");
    let (width, lang) = (terminal::width(), lang::current());
    let print = |page: &str| page.lines().for_each(|line| say::line(Text::same(line)));
    let (title, file) = ((level.title)(), level.file);
    let (ko, en) = (&title.ko, &title.en);
    let head = text!("{number}단계: {ko} ({file}의 사본)", "Level {number}: {en} (a copy of {file})");
    print(&wrap("", head.get(lang), width));
    print("\n");
    for line in level.lines() {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim_start();
        let code = wrap(&" ".repeat((4 + indent).min(width / 2)), words, width);
        print(if words.is_empty() { "\n" } else { &code });
    }
    for part in [(level.threads)(), letter_in_full(level.letter), form()] {
        print("\n");
        print(&wrap("", part.get(lang), width));
    }
    report.lines = say::words(&say::take());
    let Text { ko, en } = (level.goal)();
    report.shows = text!(
        "목표: {ko} `cargo run -p exercises -- break {number} --schedule ab`처럼 답하십시오.",
        "Goal: {en} Answer as in `cargo run -p exercises -- break {number} --schedule ab`."
    );
    report
}

/// What came of a schedule in a copy with a bug, and in the shipped lock.
pub fn result(number: usize, level: &Level, played: &Played, shipped: &Played) -> Report {
    let mut report = Report::new("exercises/break");
    report.tables = vec![steps(level, played), places(played)];
    report.front = vec![Front::Table(0), Front::Table(1)];
    let turns = played.steps.len();
    let Some(broken) = &played.broken else {
        report.fail(text!(
            "{number}단계는 {turns}차례 동안 깨지지 않았습니다.",
            "level {number}: nothing was broken in {turns} turns."
        ));
        let Text { ko, en } = (level.goal)();
        report.shows = text!("목표: {ko}", "Goal: {en}");
        return report;
    };
    let right = of_shipped(shipped);
    report.shows = Text {
        ko: format!("{number}단계 통과. {turns}번째 차례에서 깨졌습니다: {}. {}", broken.ko, right.ko),
        en: format!("Level {number} is solved. Broken in turn {turns}: {}. {}", broken.en, right.en),
    };
    if let Some(broken) = &shipped.broken {
        report.fail(broken.clone());
    }
    report
}

/// The same schedule in the lock without the bug.
pub fn of_shipped(shipped: &Played) -> Text {
    let turns = shipped.steps.len();
    match (&shipped.broken, &shipped.refused) {
        (Some(_), _) => text!("배포된 락도 같은 스케줄로 깨집니다!", "The shipped lock breaks under it too!"),
        (None, Some((number, turn, why))) => {
            let (ko, en) = (&why.ko, &why.en);
            text!(
                "버그가 없는 락에서는 {number}번째 차례({turn})가 불가능합니다: {ko}.",
                "In the lock without the bug turn {number}, {turn}, is not possible ({en})."
            )
        }
        (None, None) => text!(
            "버그가 없는 락은 같은 스케줄의 {turns}차례 동안 깨지지 않습니다.",
            "The lock without the bug is not broken in the {turns} turns of the same schedule."
        ),
    }
}

/// A row for each turn; where a letter is an operation, for all that a thread did in a row.
fn steps(level: &Level, played: &Played) -> Table {
    let together = |a: &Step, b: &Step| level.letter == Grain::Operations && a.turn == b.turn && !a.turn.by_time;
    let mut rows = Vec::new();
    let mut first = 1;
    for run in played.steps.chunk_by(together) {
        let (me, last) = (run[0].turn.thread, first + run.len() - 1);
        let number = if run.len() > 1 { format!("{first}–{last}") } else { first.to_string() };
        let mut row =
            vec![Text::same(number), Text::same(run.iter().map(|step| step.turn.to_string()).collect::<String>())];
        row.extend(
            (0..played.places.len()).map(|thread| if thread == me { did(run, level.letter) } else { Text::default() }),
        );
        rows.push(row);
        first = last + 1;
    }
    let mut head = vec![text!("차례", "turn"), text!("대상", "who")];
    head.extend((0..played.places.len()).map(|thread| Text::same(name(thread).to_string())));
    Table { title: text!("차례별로 일어난 일", "What happened, turn by turn"), head, rows }
}

/// What a thread did in these turns.
pub fn did(steps: &[Step], letter: Grain) -> Text {
    let mut words: Vec<Text> = Vec::new();
    for step in steps {
        words.extend(step.turn.by_time.then(|| text!("시간이 다 됨", "its time is over")));
        words.extend(step.acts.iter().filter_map(|act| match (act, letter) {
            (Act::Operation(what), Grain::Operations) => Some(Text::same(*what)),
            (Act::Phase(phase), Grain::Turns) => of_phase(*phase),
            (Act::Event(event), _) => Some(of_event(*event)),
            _ => None,
        }));
    }
    let last = steps.last().map(|step| step.place);
    if let Some(place @ (Place::Asleep { .. } | Place::Ended)) = last {
        words.push(of_place(place));
    }
    if words.is_empty() {
        words.push(text!("진행", "goes on"));
    }
    let list = |of: fn(&Text) -> &str| words.iter().map(of).collect::<Vec<_>>().join(", ");
    Text { ko: list(|word| &word.ko), en: list(|word| &word.en) }
}

fn of_phase(phase: Phase) -> Option<Text> {
    Some(match phase {
        Phase::Waits => text!("락을 기다림", "waits for the lock"),
        Phase::Asked => text!("요청함", "asks for it"),
        Phase::Took => text!("획득", "takes it"),
        Phase::Freed => text!("해제하고 신호", "frees it, signals"),
        Phase::Forced => text!("조건 변수에서 대기", "waits on a condition variable"),
        _ => return None,
    })
}

fn of_event(event: Event) -> Text {
    match event {
        Event::Enters => text!("락을 쥠", "holds the lock"),
        Event::Leaves => text!("락을 놓으려 함", "is about to let go"),
        Event::SeesRequest => text!("요청을 봄", "sees a request"),
        Event::LetsGo => text!("요청대로 놓으려 함", "lets go on request"),
        Event::Puts(item) => text!("{item} 넣음", "put {item}"),
        Event::Takes(Some(item)) => text!("{item} 꺼냄", "took {item}"),
        Event::Takes(None) => text!("빈 버퍼에서 꺼냄", "took nothing"),
        Event::Ending => text!("인터프리터 종료 시작", "the interpreter is ending"),
        Event::GivesUp => text!("포기", "gives up"),
    }
}

/// Where a thread is, in words.
pub fn of_place(place: Place) -> Text {
    match place {
        Place::Ended => text!("끝남", "has ended"),
        Place::Asleep { timed: true } => text!("잠듦(시간 제한 있음)", "sleeps (timed)"),
        Place::Asleep { timed: false } => text!("잠듦", "sleeps"),
        Place::Ready { next: Some(next) } => text!("다음: {next}", "next: {next}"),
        Place::Ready { next: None } => text!("진행할 수 있음", "can go on"),
    }
}

/// Where every thread is after the last turn, and what can be chosen for it.
fn places(played: &Played) -> Table {
    let row = |(thread, place): (usize, &Place)| {
        let choice = choice(thread, *place).map_or_else(|| "–".to_owned(), |turn| turn.to_string());
        vec![Text::same(name(thread).to_string()), of_place(*place), Text::same(choice)]
    };
    Table {
        title: text!("마지막 차례 뒤의 스레드", "The threads after the last turn"),
        head: vec![text!("스레드", "thread"), text!("상태", "where it is"), text!("고를 수 있는 것", "to choose")],
        rows: played.places.iter().enumerate().map(row).collect(),
    }
}

/// The turn that can be chosen for a thread.
pub fn choice(thread: usize, place: Place) -> Option<Turn> {
    let turn = |by_time| Some(Turn { thread, by_time, overtakes: false });
    match place {
        Place::Ready { .. } => turn(false),
        Place::Asleep { timed: true } => turn(true),
        Place::Asleep { timed: false } | Place::Ended => None,
    }
}

/// What can be chosen.
pub fn choices(places: &[Place]) -> String {
    let all = places.iter().enumerate().filter_map(|(thread, place)| choice(thread, *place));
    let all: Vec<String> = all.map(|turn| turn.to_string()).collect();
    if all.is_empty() { "–".to_owned() } else { all.join(" ") }
}
