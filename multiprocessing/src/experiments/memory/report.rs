//! What was seen of the variable, and what that says of the article's claim.

use lab::claims::Verdict;
use lab::lang::Text;
use lab::python::Interpreter;
use lab::report::{Measure, Report, Table, Unit};
use lab::text;

/// The claim, by its id in the ledger.
pub const CLAIM: &str = "processes-separate-memory";

/// Who changed the variable: the id in measurements, the name in Rust, the name in Python. CPython starts processes in up to three
/// ways.
const CHANGERS: [(&str, &str, &str); 6] = [
    ("thread", "std::thread", "threading.Thread"),
    ("process", "std::process", "Process"),
    ("process.fork", "", "Process (fork)"),
    ("process.spawn", "", "Process (spawn)"),
    ("process.forkserver", "", "Process (forkserver)"),
    ("shared", "std::process, mmap", "Process, Value"),
];

/// The values that were seen of the variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// By whoever was started, before it changed the variable.
    pub at_first: u64,
    /// By the same, after it had changed the variable.
    pub changed_to: u64,
    /// By the parent, when the other one had ended.
    pub after: u64,
}

impl Seen {
    pub fn measures(&self, id: &str) -> [Measure; 3] {
        let (_, name, _) = CHANGERS.iter().find(|(known, ..)| *known == id).expect("one of the changers");
        let measure = |what: &str, words: Text, value: u64| {
            Measure::new(format!("{what}.{id}"), words, Unit::Count, vec![value as f64])
        };
        [
            measure("at_first", text!("{name}: 처음 본 값", "{name}: saw at first"), self.at_first),
            measure("changed_to", text!("{name}: 바꾼 값", "{name}: changed it to"), self.changed_to),
            measure("after", text!("{name}: 그 뒤 부모가 본 값", "{name}: the parent saw then"), self.after),
        ]
    }

    /// From the measurements whose ids end in `id`, behind this prefix.
    fn read(report: &Report, prefix: &str, id: &str) -> Option<Seen> {
        let value = |what: &str| Some(report.measure(&format!("{prefix}{what}.{id}"))?.median() as u64);
        Some(Seen { at_first: value("at_first")?, changed_to: value("changed_to")?, after: value("after")? })
    }

    /// Whether the parent saw the change.
    fn reached_the_parent(self) -> bool {
        self.after == self.changed_to
    }
}

/// Holds if the parent saw what a thread changed and what a process changed in shared memory, and nothing of what processes
/// changed in their own.
pub fn judge(on: impl Into<Text>, report: &Report) -> Verdict {
    let seen = CHANGERS.iter().filter_map(|(id, ..)| Some((*id, Seen::read(report, "", id)?)));
    let seen: Vec<(&str, Seen)> = seen.collect();
    let is_process = |id: &str| id.starts_with("process");
    let all_three = ["thread", "process", "shared"].iter().all(|kind| seen.iter().any(|(id, _)| id.starts_with(kind)));
    if !all_three {
        return Verdict::not_measured(CLAIM, on, text!("측정값이 없습니다", "no measurement"));
    }
    if seen.iter().any(|(_, seen)| seen.changed_to == seen.at_first) {
        return Verdict::not_measured(CLAIM, on, text!("변수를 바꾸지 않았습니다", "the variable was not changed"));
    }
    let holds = seen.iter().all(|(id, seen)| seen.reached_the_parent() != is_process(id));
    let (mut ko, mut en) = (Vec::new(), Vec::new());
    for (kind, name) in [
        ("thread", text!("스레드", "thread")),
        ("process", text!("프로세스", "process")),
        ("shared", text!("공유 메모리", "shared memory")),
    ] {
        let of_this_kind: Vec<bool> =
            seen.iter().filter(|(id, _)| id.starts_with(kind)).map(|(_, seen)| seen.reached_the_parent()).collect();
        let said = match (of_this_kind.iter().all(|seen| *seen), of_this_kind.contains(&true)) {
            (true, _) => text!("보임", "seen"),
            (false, true) => text!("일부만 보임", "seen in part"),
            (false, false) => text!("안 보임", "not seen"),
        };
        ko.push(format!("{} {}", name.ko, said.ko));
        en.push(format!("{} {}", name.en, said.en));
    }
    let evidence = Text {
        ko: format!("바꾼 값이 부모에게: {}", ko.join(", ")),
        en: format!("by the parent: {}", en.join(", ")),
    };
    Verdict::seen(CLAIM, on, holds, evidence)
}

/// A row for everybody who changed the variable, on Rust and on each interpreter.
pub fn table(report: &Report, pythons: &[Interpreter]) -> Table {
    let row = |prefix: &str, name: String, id: &str| -> Option<Vec<Text>> {
        let seen = Seen::read(report, prefix, id)?;
        let cell = |value: u64| Text::same(value.to_string());
        Some(vec![Text::same(name), cell(seen.at_first), cell(seen.changed_to), cell(seen.after)])
    };
    let rust = CHANGERS.iter().filter_map(|(id, name, _)| row("", format!("Rust, {name}"), id));
    let twins = pythons.iter().flat_map(|python| {
        CHANGERS.iter().filter_map(move |(id, _, name)| row(&python.measure_id(""), format!("{python}, {name}"), id))
    });
    Table {
        title: text!("변수의 값", "the variable's value"),
        head: vec![
            text!("바꾼 쪽", "changed by"),
            text!("처음 본 값", "first saw"),
            text!("바꾼 값", "set to"),
            text!("부모가 본 값", "parent saw"),
        ],
        rows: rust.chain(twins).collect(),
    }
}

pub fn note(before: u64) -> Text {
    text!(
        "프로그램은 변수가 0인 채로 시작하고, 부모는 누구를 띄우기 전에 {before}을 넣습니다. '처음 본 값'이 {before}이면 부모의 값을 물려받은 것이고(fork는 메모리를 복사함), 0이면 프로그램이 새로 시작된 것입니다(Rust, spawn, forkserver). 어느 쪽이든 그 뒤로는 서로 다른 변수입니다.",
        "A program begins with 0 in the variable, and the parent puts {before} into it before it starts anybody. Who saw {before} at first was given the parent's value (fork copies the memory); who saw 0 is the program begun anew (Rust, spawn, forkserver). From then on they are two variables in both cases."
    )
}

pub fn shows(report: &Report) -> Text {
    let seen = |id: &str| Seen::read(report, "", id).expect("measured above");
    let (thread, process, shared) = (seen("thread"), seen("process"), seen("shared"));
    let (changed, after) = (process.changed_to, process.after);
    let (by_thread, by_shared) = (thread.after, shared.after);
    text!(
        "프로세스가 변수를 {changed}로 바꾸어도 부모가 보는 값은 {after}입니다. 스레드가 바꾸면 {by_thread}, 둘이 함께 매핑한 공유 메모리에서 바꾸면 {by_shared}입니다.",
        "A process changes the variable to {changed}, and the parent then sees {after}. Where a thread changes it, the parent sees {by_thread}; in memory that both have mapped, {by_shared}."
    )
}
