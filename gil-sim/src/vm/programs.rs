//! The programs of this section, put together from instructions as CPython's compiler does it.

use lab::trace::State;
use std::sync::Arc;

use super::code::{Code, Global, Native, Op, Program, Value};

const COUNTER: usize = 0;
const RANGE: usize = 1;
/// What is called in the loop, if anything is.
const CALLEE: usize = 2;

/// The loop of the article.
///
/// ```python
/// def count_up(n):
///     count = 0
///     for i in range(n):
///         count += i
///     return count
/// ```
pub fn article() -> Program {
    let [n, i, count] = [0, 1, 2];
    let mut ops = vec![Op::Resume, Op::LoadConst(1), Op::StoreFast(count)];
    for_range(&mut ops, n, i, &[Op::LoadFast(count), Op::LoadFast(i), Op::Add, Op::StoreFast(count)]);
    ops.extend([Op::LoadFast(count), Op::Return]);
    let code = Code { name: "count_up", parameters: 1, locals: vec!["n", "i", "count"], ops };
    Program { consts: vec![Value::None, Value::Int(0)], ..program("count += i", code) }
}

/// ```python
/// def plain(n):
///     global counter
///     for _ in range(n):
///         counter += 1
/// ```
pub fn plain() -> Program {
    let body = [Op::LoadGlobal(COUNTER), Op::LoadConst(1), Op::Add, Op::StoreGlobal(COUNTER)];
    Program { consts: vec![Value::None, Value::Int(1)], ..program("counter += 1", repeat("plain", &body)) }
}

/// The same with a call between the load and the store.
///
/// ```python
/// def one():
///     return 1
///
/// def call(n):
///     global counter
///     for _ in range(n):
///         counter += one()
/// ```
pub fn call() -> Program {
    let body = [Op::LoadGlobal(COUNTER), Op::LoadGlobal(CALLEE), Op::Call(0), Op::Add, Op::StoreGlobal(COUNTER)];
    let one = Code { name: "one", parameters: 0, locals: vec![], ops: vec![Op::Resume, Op::LoadConst(1), Op::Return] };
    let mut program = program("counter += one()", repeat("call", &body));
    program.functions.push(one);
    program.globals.push(Global { name: "one", start: Value::Function(1) });
    Program { consts: vec![Value::None, Value::Int(1)], ..program }
}

/// A native function, called `n` times with the same argument: a sleep, a wait for I/O, a computation.
///
/// ```python
/// def calls(n):
///     for _ in range(n):
///         sleep(argument)
/// ```
pub fn calls(native: Native, argument: i64) -> Program {
    let body = [Op::LoadGlobal(CALLEE), Op::LoadConst(1), Op::Call(1), Op::PopTop];
    let mut program = program(native.name, repeat("calls", &body));
    program.globals.push(Global { name: native.name, start: Value::Native(0) });
    Program { consts: vec![Value::None, Value::Int(argument)], natives: vec![native], ..program }
}

/// `time.sleep`, in ms: lets go of the lock.
pub fn sleep() -> Native {
    let work = |ms: i64| {
        std::thread::sleep(std::time::Duration::from_millis(ms.unsigned_abs()));
        0
    };
    Native { name: "sleep", lets_go: true, state: State::WaitingForIo, work: Arc::new(work) }
}

/// A wait for I/O, whatever for: `wait` blocks until it is over. Lets go of the lock.
pub fn read(wait: impl Fn() + Send + Sync + 'static) -> Native {
    let work = move |_| {
        wait();
        0
    };
    Native { name: "read", lets_go: true, state: State::WaitingForIo, work: Arc::new(work) }
}

/// Native code that computes `argument` iterations of a loop, and lets go of the lock or keeps it: zlib does the one, and hashlib
/// did the other in builds without OpenSSL.
pub fn native(lets_go: bool) -> Native {
    let work = |iterations: i64| crate::loops::count(iterations.unsigned_abs()) as i64;
    let (name, state) = if lets_go { ("compress", State::Native) } else { ("old_sha256", State::Running) };
    Native { name, lets_go, state, work: Arc::new(work) }
}

fn program(source: &'static str, code: Code) -> Program {
    let globals =
        vec![Global { name: "counter", start: Value::Int(0) }, Global { name: "range", start: Value::RangeType }];
    Program { source, functions: vec![code], globals, ..Program::default() }
}

/// A function that does something `n` times and returns nothing.
fn repeat(name: &'static str, body: &[Op]) -> Code {
    let mut ops = vec![Op::Resume];
    for_range(&mut ops, 0, 1, body);
    ops.extend([Op::LoadConst(0), Op::Return]);
    Code { name, parameters: 1, locals: vec!["n", "_"], ops }
}

/// `for i in range(n)`.
fn for_range(ops: &mut Vec<Op>, n: usize, i: usize, body: &[Op]) {
    ops.extend([Op::LoadGlobal(RANGE), Op::LoadFast(n), Op::Call(1), Op::GetIter]);
    let start = ops.len();
    let end = start + body.len() + 3;
    ops.extend([Op::ForIter(end), Op::StoreFast(i)]);
    ops.extend(body);
    ops.push(Op::JumpBackward(start));
}
