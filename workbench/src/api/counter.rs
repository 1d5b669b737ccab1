//! `counter`: `counter += 1` of two threads, instruction by instruction, under the rules of a version of CPython.

use gil_sim::sim::{Schedule, letter};
use gil_sim::vm::code::{Code, Op, Program, Value};
use gil_sim::vm::explore::{World, ends};
use gil_sim::vm::listing::{dis_name, operand};
use gil_sim::vm::programs;
use gil_sim::vm::thread::Position;
use gil_sim::vm::version::{EvalPoint, Version};
use lab::lang::Text;
use lab::text;
use serde::{Deserialize, Serialize};

use crate::limits;
use crate::refused::Refused;

const THREADS: usize = 2;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    pub program: String,
    pub version: String,
    #[serde(default = "one")]
    pub iterations: i64,
    #[serde(default)]
    pub schedule: String,
}

fn one() -> i64 {
    1
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    schedule: String,
    #[serde(flatten)]
    listing: Listing,
    moves: Vec<Move>,
    #[serde(flatten)]
    state: State,
    refused: Option<NotPossible>,
}

/// What is the same for all schedules.
#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    source: &'static str,
    python: &'static str,
    functions: Vec<Function>,
    outcomes: Vec<Outcome>,
    /// Where no update is lost.
    right: i64,
}

#[derive(Clone, Debug, Serialize)]
struct Function {
    name: &'static str,
    parameters: String,
    ops: Vec<Instruction>,
}

#[derive(Clone, Debug, Serialize)]
struct Instruction {
    op: &'static str,
    operand: String,
    dis: &'static str,
    looks: bool,
    interrupts: bool,
}

/// A final value, and in how many orders it comes out.
#[derive(Clone, Debug, Serialize)]
struct Outcome {
    value: i64,
    orders: String,
}

/// What a thread did in its turn.
#[derive(Clone, Debug, Serialize)]
pub struct Move {
    turn: String,
    ops: Vec<Place>,
    counter: i64,
}

impl Move {
    /// Whose turn it was.
    pub fn turn(&self) -> &str {
        &self.turn
    }
}

impl Listing {
    /// The final values that the version allows, ascending.
    pub fn values(&self) -> Vec<i64> {
        self.outcomes.iter().map(|outcome| outcome.value).collect()
    }
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Place {
    function: usize,
    op: usize,
}

/// What is between two turns.
#[derive(Clone, Debug, Serialize)]
pub struct State {
    threads: Vec<OfThread>,
    counter: i64,
    globals: Vec<(&'static str, String)>,
    /// The final value, once all have ended.
    pub reached: Option<i64>,
}

#[derive(Clone, Debug, Serialize)]
struct OfThread {
    name: String,
    at: Option<Place>,
    stack: Vec<String>,
    locals: Vec<(&'static str, String)>,
    choice: Option<String>,
    ended: bool,
}

#[derive(Clone, Debug, Serialize)]
struct NotPossible {
    number: usize,
    turn: String,
    why: Text,
}

type Make = fn() -> Program;

/// The programs by their words.
pub const PROGRAMS: [(&str, Make); 2] = [("plain", programs::plain), ("call", programs::call)];

/// The versions by their words.
pub const VERSIONS: [(&str, Version); 6] = [
    ("py2", Version::Py2),
    ("py36", Version::Py36),
    ("py310", Version::Py310),
    ("py311", Version::Py311),
    ("py313", Version::Py313),
    ("free", Version::Free),
];

/// The same in Python.
fn python(program: &str) -> &'static str {
    match program {
        "plain" => "def plain(n):\n    global counter\n    for _ in range(n):\n        counter += 1",
        _ => {
            "def one():\n    return 1\n\ndef call(n):\n    global counter\n    for _ in range(n):\n        counter += one()"
        }
    }
}

/// A program under a version, and its beginning.
pub struct Run {
    pub program: Program,
    pub version: Version,
    pub start: World,
    pub listing: Listing,
}

impl Run {
    /// A run that a question names.
    pub fn new(question: &Question) -> Result<Run, Refused> {
        let program = PROGRAMS.iter().find(|(word, _)| *word == question.program);
        let version = VERSIONS.iter().find(|(word, _)| *word == question.version);
        let ((word, program), (_, version)) = program.zip(version).ok_or_else(Refused::not_found)?;
        let most = limits::ITERATIONS;
        if !(1..=most).contains(&question.iterations) {
            let text = text!("반복은 1번부터 {most}번까지입니다", "iterations: from 1 to {most}");
            return Err(Refused::bad(text));
        }
        let program = program();
        let start = World::new(&program, THREADS, question.iterations);
        let outcomes = ends(&program, *version, THREADS, question.iterations);
        let listing = Listing {
            source: program.source,
            python: python(word),
            functions: functions(&program, *version),
            outcomes: outcomes
                .into_iter()
                .map(|(value, orders)| Outcome { value, orders: orders.to_string() })
                .collect(),
            right: THREADS as i64 * question.iterations,
        };
        Ok(Run { program, version: *version, start, listing })
    }

    pub fn go(&self, world: &World, thread: usize) -> (World, Move) {
        let (after, done) = world.after(thread, &self.program, self.version);
        let turn = letter(thread).unwrap_or('?').to_string();
        let ops = done.into_iter().map(place).collect();
        let counter = after.numbers[0];
        (after, Move { turn, ops, counter })
    }

    /// What is between two turns.
    pub fn state(&self, world: &World) -> State {
        let threads = (0..world.threads.len()).map(|thread| self.thread(world, thread)).collect();
        let globals = self.program.globals.iter().zip(&world.numbers);
        let globals = globals.filter(|(global, _)| matches!(global.start, Value::Int(_)));
        let ended = world.threads.iter().all(Option::is_none);
        State {
            threads,
            counter: world.numbers[0],
            globals: globals.map(|(global, n)| (global.name, n.to_string())).collect(),
            reached: ended.then(|| world.numbers[0]),
        }
    }

    fn thread(&self, world: &World, number: usize) -> OfThread {
        let name = letter(number).unwrap_or('?').to_string();
        let Some(thread) = &world.threads[number] else {
            return OfThread { name, at: None, stack: vec![], locals: vec![], choice: None, ended: true };
        };
        let at = thread.next();
        let (locals, stack) = thread.values(&self.program);
        let names = &self.program.functions[at.function].locals;
        OfThread {
            at: Some(place(at)),
            stack: stack.iter().map(|value| self.shown(value)).collect(),
            locals: names.iter().zip(&locals).map(|(name, value)| (*name, self.shown(value))).collect(),
            choice: Some(name.clone()),
            ended: false,
            name,
        }
    }

    fn shown(&self, value: &Value) -> String {
        match *value {
            Value::None => "None".into(),
            Value::Int(n) => n.to_string(),
            Value::Function(n) => self.program.functions[n].name.into(),
            Value::Native(n) => self.program.natives[n].name.into(),
            Value::RangeType => "range".into(),
            Value::Range(end) => format!("range({end})"),
            Value::Iterator { next, end } => format!("iter {next}/{end}"),
        }
    }
}

fn place(at: Position) -> Place {
    Place { function: at.function, op: at.op }
}

fn functions(program: &Program, version: Version) -> Vec<Function> {
    let of = |code: &Code| Function {
        name: code.name,
        parameters: code.parameters(),
        ops: code
            .ops
            .iter()
            .map(|op| {
                let points = points(program, *op);
                Instruction {
                    op: op.name(),
                    operand: operand(program, code, *op),
                    dis: dis_name(*op, matches!(version, Version::Py2 | Version::Py36 | Version::Py310)),
                    looks: points.iter().any(|point| version.looks(*point)),
                    interrupts: points.iter().any(|point| version.interrupts(*point)),
                }
            })
            .collect(),
    };
    program.functions.iter().map(of).collect()
}

/// Where an instruction can leave a thread. A call of `range` comes back at once; a call of a function comes back when that returns.
fn points(program: &Program, op: Op) -> Vec<EvalPoint> {
    match op {
        Op::Resume => vec![EvalPoint::Entry],
        Op::LoadConst(_) | Op::LoadFast(_) | Op::StoreFast(_) | Op::PopTop => vec![EvalPoint::Fast],
        Op::LoadGlobal(_) | Op::StoreGlobal(_) | Op::Add | Op::GetIter | Op::ForIter(_) => vec![EvalPoint::Straight],
        Op::JumpBackward(_) => vec![EvalPoint::Jump],
        // `range(n)` has an argument, and the one function of these programs has none.
        Op::Call(0) if program.functions.len() > 1 => vec![EvalPoint::Calling, EvalPoint::Returned],
        Op::Call(_) => vec![EvalPoint::NativeCall],
        Op::Return => Vec::new(),
    }
}

pub fn answer(question: &Question) -> Result<Answer, Refused> {
    let run = Run::new(question)?;
    let schedule = Schedule::read(&question.schedule).map_err(Refused::schedule)?;
    let (mut world, mut moves, mut refused) = (run.start.clone(), Vec::new(), None);
    for turn in schedule.turns() {
        let why = match world.threads.get(turn.thread) {
            None => Some(text!("그런 스레드는 없습니다", "there is no such thread")),
            Some(None) => Some(text!("이미 끝났습니다", "it has ended")),
            Some(Some(_)) if turn.by_time || turn.overtakes => {
                Some(text!("여기서는 ! 와 *를 쓰지 않습니다", "there is no ! and no * here"))
            }
            Some(Some(_)) => None,
        };
        if let Some(why) = why {
            refused = Some(NotPossible { number: moves.len() + 1, turn: turn.to_string(), why });
            break;
        }
        let (after, done) = run.go(&world, turn.thread);
        world = after;
        moves.push(done);
    }
    let schedule = moves.iter().map(|done: &Move| done.turn.as_str()).collect();
    Ok(Answer { schedule, state: run.state(&world), listing: run.listing, moves, refused })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gil_sim::vm::listing::looks;

    fn ask(program: &str, version: &str, schedule: &str) -> Answer {
        let [program, version, schedule] = [program, version, schedule].map(str::to_owned);
        answer(&Question { program, version, iterations: 1, schedule }).unwrap()
    }

    /// What `points` says of an instruction must be what the interpreter does.
    #[test]
    fn the_listing_has_the_places_where_the_interpreter_looks() {
        for (_, program) in PROGRAMS {
            for (word, version) in VERSIONS {
                let program = program();
                let real = looks(&program, version);
                for (function, code) in functions(&program, version).iter().enumerate() {
                    for (op, instruction) in code.ops.iter().enumerate() {
                        let found = real.contains(&Position { function, op });
                        assert_eq!(instruction.looks, found, "{word}: {} {op} {}", code.name, instruction.op);
                    }
                }
            }
        }
    }

    #[test]
    fn an_update_is_lost_where_the_version_looks_in_between() {
        let values = |version: &str, program: &str| {
            ask(program, version, "").listing.outcomes.iter().map(|outcome| outcome.value).collect::<Vec<_>>()
        };
        assert_eq!(values("py36", "plain"), [1, 2]);
        assert_eq!(values("py310", "plain"), [2], "no check between the load and the store");
        assert_eq!(values("py313", "call"), [1, 2], "a call is a place");
    }

    #[test]
    fn iterations_are_from_1_to_3() {
        let ask = |iterations: i64| {
            let [program, version, schedule] = ["plain", "py36", "ab"].map(str::to_owned);
            answer(&Question { program, version, iterations, schedule })
        };
        for wrong in [i64::MIN, -1, 0, limits::ITERATIONS + 1, i64::MAX] {
            assert_eq!(ask(wrong).expect_err("refused").code, "bad_request", "{wrong}");
        }
        assert!((1..=limits::ITERATIONS).all(|iterations| ask(iterations).is_ok()));
    }

    #[test]
    fn a_schedule_is_played_to_its_end() {
        let mut schedule = String::new();
        loop {
            let answer = ask("plain", "py313", &schedule);
            let choices: Vec<&String> = answer.state.threads.iter().filter_map(|t| t.choice.as_ref()).collect();
            let Some(next) = choices.last() else {
                assert_eq!(answer.state.reached, Some(2));
                break;
            };
            assert_eq!(answer.state.reached, None);
            schedule.push_str(next);
        }
        assert!(schedule.starts_with('b') && schedule.ends_with('a'), "{schedule}");
        let more = ask("plain", "py313", &format!("{schedule}a"));
        assert_eq!(more.refused.map(|refused| refused.number), Some(schedule.len() + 1));
        let marked = ask("plain", "py313", "!a");
        assert!(marked.refused.is_some() && marked.moves.is_empty());
    }
}
