//! The steps of one run: who did what on what. All engines write here; the interleaving that a promise shows is read from here.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use lab::lang::Text;

use super::engine::{Engine, engine};
use crate::recorded::{self, Blocked};

/// More steps of a run are not kept; they are counted.
const MOST: usize = 20_000;

/// The operation of a thread that found a lock taken.
pub const WANTS: &str = "waits for";
/// After a signal.
pub const WAKES: &str = "wakes";
/// By the plan.
pub const NO_SIGNAL: &str = "wakes without a signal";
/// By the plan, or because the time was up.
pub const TIME_IS_UP: &str = "wakes: time is up";

/// One operation of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The thread's number; 0 is the one that started the others.
    pub thread: usize,
    /// `lock`, `unlock`, `wait`, `load`, …
    pub operation: &'static str,
    /// The same for a Korean table.
    pub korean: &'static str,
    /// The number of the object, if there is one: see [`Log::name_of`].
    pub object: Option<usize>,
    /// What was read or written.
    pub value: Change,
    /// The line of the submission, if it was the submission's.
    pub line: Option<u32>,
}

/// The value of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// None is known.
    Nothing,
    /// It was read, or written.
    Is(i64),
    /// It was read and written in one step.
    From(i64, i64),
    /// Whether it worked.
    Worked(bool),
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Nothing => Ok(()),
            Change::Is(value) => write!(f, "{value}"),
            Change::From(old, new) => write!(f, "{old} -> {new}"),
            Change::Worked(true) => f.write_str("ok"),
            Change::Worked(false) => f.write_str("fails"),
        }
    }
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    Lock(usize),
    Signal(usize),
    End(usize),
}

#[derive(Debug)]
struct Object {
    name: Text,
    owner: Option<usize>,
}

#[derive(Clone, Debug)]
struct Thread {
    name: String,
    waits: Option<Wait>,
    /// Locks held, in the order in which they were taken.
    holds: Vec<usize>,
}

impl Thread {
    fn new(name: String) -> Thread {
        Thread { name, waits: None, holds: Vec::new() }
    }
}

/// Everything known of the run so far.
#[derive(Debug, Default)]
pub struct Log {
    steps: Vec<Step>,
    left_out: usize,
    objects: Vec<Object>,
    threads: Vec<Thread>,
    /// Lock pairs (held, then taken), by name, over all executions.
    order: BTreeSet<(Text, Text)>,
}

impl Log {
    /// The steps, in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many steps there were, those that were not kept among them.
    pub fn count(&self) -> usize {
        self.steps.len() + self.left_out
    }

    /// What the object is called.
    pub fn name_of(&self, object: usize) -> &Text {
        &self.objects[object].name
    }

    /// What the thread is called.
    pub fn thread_name(&self, thread: usize) -> &str {
        self.threads.get(thread).map_or("?", |thread| &thread.name)
    }

    /// Pairs of locks of which the second was asked for while the first was held.
    pub fn order(&self) -> &BTreeSet<(Text, Text)> {
        &self.order
    }

    /// Who waits for what, and who has it.
    pub fn blocked(&self) -> Vec<Blocked> {
        let waiting = self.threads.iter().filter_map(|thread| thread.waits.map(|wait| (thread, wait)));
        waiting.map(|(thread, wait)| self.describe(&thread.name, wait)).collect()
    }

    pub(super) fn describe(&self, who: &str, wait: Wait) -> Blocked {
        let (waits_for, held_by) = match wait {
            Wait::Lock(object) => (self.name_of(object).clone(), self.objects[object].owner),
            Wait::Signal(object) => {
                let Text { ko, en } = self.name_of(object);
                (Text { ko: format!("{ko}의 신호"), en: format!("a signal on {en}") }, None)
            }
            Wait::End(thread) => {
                let name = self.thread_name(thread);
                (Text { ko: format!("{name}의 종료"), en: format!("the end of {name}") }, None)
            }
        };
        let held_by = held_by.map(|thread| Text::same(self.thread_name(thread)));
        Blocked { who: Text::same(who), waits_for, held_by }
    }

    /// The steps as the table shows them.
    pub fn table(&self) -> Vec<recorded::Step> {
        self.steps.iter().map(|step| self.row(step)).collect()
    }

    fn row(&self, step: &Step) -> recorded::Step {
        let Text { ko, en } = step.object.map(|object| self.name_of(object).clone()).unwrap_or_default();
        // The value first: a narrow column cuts the end off.
        let said = |verb: &str, object: &str, line: Option<String>| {
            let value = step.value.to_string();
            let mut parts = vec![verb.to_owned()];
            parts.extend((!value.is_empty()).then(|| format!("[{value}]")));
            parts.extend((!object.is_empty()).then(|| object.to_owned()));
            parts.extend(line);
            parts.join(" ")
        };
        recorded::Step {
            thread: self.thread_name(step.thread).to_owned(),
            what: Text {
                ko: said(step.korean, &ko, step.line.map(|line| format!("({line}행)"))),
                en: said(step.operation, &en, step.line.map(|line| format!("(line {line})"))),
            },
        }
    }

    /// A row for each thread that waits and whose last row does not say so.
    pub(super) fn waits_at_the_end(&self) -> Vec<recorded::Step> {
        let waiting = self.threads.iter().enumerate().filter_map(|(n, thread)| Some((n, thread, thread.waits?)));
        let untold = waiting.filter(|(n, _, wait)| {
            let last = self.steps.iter().rfind(|step| step.thread == *n).map(|step| step.operation);
            matches!(wait, Wait::Lock(_)) && last != Some(WANTS)
        });
        untold
            .map(|(_, thread, wait)| {
                let Text { ko, en } = self.describe(&thread.name, wait).waits_for;
                let what = Text { ko: format!("{ko} 대기"), en: format!("{WANTS} {en}") };
                recorded::Step { thread: thread.name.clone(), what }
            })
            .collect()
    }

    fn thread(&mut self, me: usize) -> &mut Thread {
        while self.threads.len() <= me {
            let number = self.threads.len();
            self.threads.push(Thread::new(if number == 0 { "main".into() } else { format!("T{number}") }));
        }
        &mut self.threads[me]
    }

    pub(super) fn begin(&mut self) {
        let order = std::mem::take(&mut self.order);
        *self = Log { order, ..Log::default() };
        self.thread(0);
    }

    pub(super) fn push(&mut self, step: Step) {
        self.thread(step.thread);
        if self.steps.len() < MOST { self.steps.push(step) } else { self.left_out += 1 }
    }

    pub(super) fn add_object(&mut self, name: Option<Text>, kind: &str, line: Option<u32>) -> usize {
        let mut name = name.unwrap_or_else(|| match line {
            Some(line) => Text { ko: format!("{line}행의 {kind}"), en: format!("the {kind} of line {line}") },
            None => Text::same(kind),
        });
        // Several of one line are told apart.
        let same = self.objects.iter().filter(|object| object.name.en.split(" #").next() == Some(&name.en)).count();
        if same > 0 {
            name = Text { ko: format!("{} #{}", name.ko, same + 1), en: format!("{} #{}", name.en, same + 1) };
        }
        self.objects.push(Object { name, owner: None });
        self.objects.len() - 1
    }

    pub(super) fn owner(&self, object: usize) -> Option<usize> {
        self.objects[object].owner
    }

    pub(super) fn wants(&mut self, me: usize, object: usize) {
        let wanted = self.objects[object].name.clone();
        for held in self.thread(me).holds.clone() {
            self.order.insert((self.objects[held].name.clone(), wanted.clone()));
        }
    }

    pub(super) fn waits(&mut self, me: usize, wait: Option<Wait>) {
        self.thread(me).waits = wait;
    }

    pub(super) fn took(&mut self, me: usize, object: usize) {
        self.objects[object].owner = Some(me);
        let thread = self.thread(me);
        thread.waits = None;
        thread.holds.push(object);
    }

    pub(super) fn let_go(&mut self, object: usize) {
        if let Some(owner) = self.objects[object].owner.take() {
            self.thread(owner).holds.retain(|&held| held != object);
        }
    }
}

static LOG: Mutex<Option<Log>> = Mutex::new(None);

/// Looks at the steps of the run so far.
pub fn log<R>(look: impl FnOnce(&Log) -> R) -> R {
    with(|log| look(log))
}

pub(super) fn with<R>(change: impl FnOnce(&mut Log) -> R) -> R {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    change(log.get_or_insert_default())
}

thread_local! {
    static ME: Cell<usize> = const { Cell::new(0) };
}

// All threads of a loom model run in turn on one thread of the system, so std's thread-local would be common to them.
loom::thread_local! {
    static ME_IN_LOOM: Cell<usize> = Cell::new(0);
}

/// The number of the calling thread.
pub fn me() -> usize {
    match engine() {
        Engine::Loom => ME_IN_LOOM.with(Cell::get),
        Engine::Std | Engine::Turns => ME.get(),
    }
}

pub(super) fn i_am(number: usize) {
    match engine() {
        Engine::Loom => ME_IN_LOOM.with(|me| me.set(number)),
        Engine::Std | Engine::Turns => ME.set(number),
    }
}

/// Gives a thread the name that tables show.
pub fn name_thread(number: usize, name: &str) {
    with(|log| name.clone_into(&mut log.thread(number).name));
}

pub(super) fn new_thread() -> usize {
    with(|log| {
        let number = log.threads.len();
        log.thread(number);
        number
    })
}

/// Records a step that the driver sees and no primitive makes. It is no point at which the schedule may change.
#[track_caller]
pub fn note(korean: &'static str, operation: &'static str, value: Change) {
    let (thread, line) = (me(), line());
    with(|log| log.push(Step { thread, operation, korean, object: None, value, line }));
}

pub(super) fn record(operation: &'static str, object: Option<usize>, value: Change, line: Option<u32>) {
    let thread = me();
    // Names of functions are the same in both languages.
    let korean = match operation {
        WANTS => "대기:",
        WAKES => "깨어남",
        NO_SIGNAL => "신호 없이 깨어남",
        TIME_IS_UP => "시간이 다 되어 깨어남",
        "end" => "종료",
        function => function,
    };
    with(|log| log.push(Step { thread, operation, korean, object, value, line }));
}

/// The line of the submission that called, if it was the submission.
#[track_caller]
pub(super) fn line() -> Option<u32> {
    let caller = std::panic::Location::caller();
    let file = caller.file().rsplit(['/', '\\']).next().unwrap_or_default();
    // The kit's own files, where a primitive uses another, and the driver's are not what a student looks for.
    let ours = ["driver.rs", "main.rs", "condvar.rs", "mutex.rs", "rwlock.rs", "thread.rs", "atomic_types.rs"];
    (!ours.contains(&file)).then(|| caller.line())
}
