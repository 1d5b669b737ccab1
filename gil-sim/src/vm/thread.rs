//! One thread of the interpreter: a stack with frames, one instruction at a time. This file knows no lock.

use super::code::{Op, Program, Value};
use super::heap::{Heap, ObjectId};
use super::version::EvalPoint;

/// A reference: a value, and the shared object that counts it. `None` for values that only this thread has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Operand {
    value: Value,
    object: Option<ObjectId>,
}

/// A function that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Frame {
    function: usize,
    /// The next instruction.
    next: usize,
    /// Where its local variables begin on the stack.
    base: usize,
}

/// An instruction: its function and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Which function of the program.
    pub function: usize,
    /// Which of its instructions.
    pub op: usize,
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The instruction there is done, and the thread is at a place of this kind.
    At(Position, EvalPoint),
    /// A native function is to be called with this number; its result goes to [`Thread::native_done`].
    Native(usize, i64),
    /// The thread's function has returned this.
    End(Value),
}

/// What a run took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub instructions: u64,
    /// Changes of reference counts: each an atomic step where there is no lock.
    pub counts: u64,
}

/// A thread between two instructions. This is its whole state: equal threads behave equally.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    frames: Vec<Frame>,
    stack: Vec<Operand>,
}

const UNBOUND: Operand = Operand { value: Value::None, object: None };

impl Thread {
    /// Before the first instruction of the program's first function, called with `n`.
    pub fn new(program: &Program, n: i64) -> Thread {
        let mut stack = vec![UNBOUND; program.functions[0].locals.len()];
        stack[0].value = Value::Int(n);
        Thread { frames: vec![Frame { function: 0, next: 0, base: 0 }], stack }
    }

    /// The instruction that comes next.
    pub fn next(&self) -> Position {
        let frame = self.frames.last().expect("a thread that has ended is not asked");
        Position { function: frame.function, op: frame.next }
    }

    /// What the function that runs has: its local variables, and the values on its stack.
    pub fn values(&self, program: &Program) -> (Vec<Value>, Vec<Value>) {
        let frame = self.frames.last().expect("a thread that has ended is not asked");
        let mut locals: Vec<Value> = self.stack[frame.base..].iter().map(|operand| operand.value).collect();
        let stack = locals.split_off(program.functions[frame.function].locals.len());
        (locals, stack)
    }

    /// Does one instruction.
    pub fn step(&mut self, program: &Program, heap: &Heap, tally: &mut Tally) -> Step {
        let frame = *self.frame();
        let at = Position { function: frame.function, op: frame.next };
        tally.instructions += 1;
        self.frame().next += 1;
        let place = match program.functions[at.function].ops[at.op] {
            Op::Resume => EvalPoint::Entry,
            Op::LoadConst(n) => {
                self.push_shared(program.consts[n], program.globals.len() + n, heap, tally);
                EvalPoint::Fast
            }
            Op::LoadFast(n) => {
                let local = self.stack[frame.base + n];
                self.push_again(local, heap, tally);
                EvalPoint::Fast
            }
            Op::StoreFast(n) => {
                let new = self.pop();
                let old = std::mem::replace(&mut self.stack[frame.base + n], new);
                forget(old, heap, tally);
                EvalPoint::Fast
            }
            Op::PopTop => {
                self.drop_top(heap, tally);
                EvalPoint::Fast
            }
            Op::LoadGlobal(n) => {
                let value = match program.globals[n].start {
                    Value::Int(_) => Value::Int(heap.number(n)),
                    constant => constant,
                };
                self.push_shared(value, n, heap, tally);
                EvalPoint::Straight
            }
            Op::StoreGlobal(n) => {
                heap.store(n, number(self.drop_top(heap, tally)));
                EvalPoint::Straight
            }
            Op::Add => {
                let (b, a) = (number(self.drop_top(heap, tally)), number(self.drop_top(heap, tally)));
                self.push_own(Value::Int(a.wrapping_add(b)));
                EvalPoint::Straight
            }
            Op::GetIter => {
                let Value::Range(end) = self.drop_top(heap, tally) else { unreachable!("only ranges are iterated") };
                self.push_own(Value::Iterator { next: 0, end });
                EvalPoint::Straight
            }
            Op::ForIter(end) => {
                self.next_of_iterator(end);
                EvalPoint::Straight
            }
            Op::JumpBackward(target) => {
                self.frame().next = target;
                EvalPoint::Jump
            }
            Op::Call(arguments) => return self.call(program, at, arguments, heap, tally),
            Op::Return => return self.return_from(frame, heap, tally),
        };
        Step::At(at, place)
    }

    /// The native function that [`Step::Native`] asked for has returned this.
    pub fn native_done(&mut self, result: i64) -> Step {
        self.push_own(Value::Int(result));
        let frame = *self.frame();
        Step::At(Position { function: frame.function, op: frame.next - 1 }, EvalPoint::NativeCall)
    }

    fn next_of_iterator(&mut self, end_of_loop: usize) {
        let top = self.stack.last_mut().expect("GET_ITER has put it there");
        let Value::Iterator { next, end } = &mut top.value else { unreachable!("only iterators are asked") };
        if next < end {
            let value = Value::Int(*next);
            *next += 1;
            self.push_own(value);
        } else {
            self.pop();
            self.frame().next = end_of_loop;
        }
    }

    fn call(&mut self, program: &Program, at: Position, arguments: usize, heap: &Heap, tally: &mut Tally) -> Step {
        let callee = self.stack[self.stack.len() - arguments - 1].value;
        if let Value::Function(function) = callee {
            let base = self.stack.len() - arguments;
            let locals = program.functions[function].locals.len();
            self.stack.resize(base + locals, UNBOUND);
            self.frames.push(Frame { function, next: 0, base });
            return Step::At(at, EvalPoint::Calling);
        }
        let argument = if arguments == 0 { 0 } else { number(self.drop_top(heap, tally)) };
        self.drop_top(heap, tally); // the callee
        match callee {
            Value::RangeType => {
                self.push_own(Value::Range(argument));
                Step::At(at, EvalPoint::NativeCall)
            }
            Value::Native(native) => Step::Native(native, argument),
            _ => unreachable!("the programs call nothing else"),
        }
    }

    fn return_from(&mut self, frame: Frame, heap: &Heap, tally: &mut Tally) -> Step {
        let result = self.pop();
        while self.stack.len() > frame.base {
            self.drop_top(heap, tally);
        }
        self.frames.pop();
        let Some(caller) = self.frames.last() else {
            forget(result, heap, tally);
            return Step::End(result.value);
        };
        let at = Position { function: caller.function, op: caller.next - 1 };
        self.drop_top(heap, tally); // the function that was called
        self.stack.push(result);
        Step::At(at, EvalPoint::Returned)
    }

    fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("a thread that has ended is not asked for a step")
    }

    fn push_own(&mut self, value: Value) {
        self.stack.push(Operand { value, object: None });
    }

    fn push_shared(&mut self, value: Value, object: ObjectId, heap: &Heap, tally: &mut Tally) {
        self.push_again(Operand { value, object: Some(object) }, heap, tally);
    }

    fn push_again(&mut self, operand: Operand, heap: &Heap, tally: &mut Tally) {
        if let Some(object) = operand.object {
            heap.refer(object);
            tally.counts += 1;
        }
        self.stack.push(operand);
    }

    fn drop_top(&mut self, heap: &Heap, tally: &mut Tally) -> Value {
        let top = self.pop();
        forget(top, heap, tally);
        top.value
    }

    fn pop(&mut self) -> Operand {
        self.stack.pop().expect("the programs push before they pop")
    }
}

fn forget(operand: Operand, heap: &Heap, tally: &mut Tally) {
    if let Some(object) = operand.object {
        heap.release(object);
        tally.counts += 1;
    }
}

fn number(value: Value) -> i64 {
    let Value::Int(n) = value else { unreachable!("the programs add and store numbers only") };
    n
}
