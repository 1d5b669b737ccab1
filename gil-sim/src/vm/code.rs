//! Instructions, and the programs that are made of them.

use std::fmt;
use std::sync::Arc;

use lab::trace::State;

/// One instruction of the stack machine, named after CPython's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A function begins. Before 3.11 CPython does the same without an instruction.
    Resume,
    /// Pushes a constant of the program.
    LoadConst(usize),
    /// Pushes a local variable.
    LoadFast(usize),
    /// Pops into a local variable.
    StoreFast(usize),
    /// Pushes a global variable.
    LoadGlobal(usize),
    /// Pops into a global variable.
    StoreGlobal(usize),
    /// Pops two numbers, pushes their sum.
    Add,
    /// Calls what lies below so many arguments, and puts the result in its place.
    Call(usize),
    /// Replaces a range by an iterator over it.
    GetIter,
    /// Pushes the iterator's next number; at its end removes it and goes on at the instruction given.
    ForIter(usize),
    /// Goes back to the instruction given.
    JumpBackward(usize),
    /// Throws away what lies on top.
    PopTop,
    /// Pops the result of the function, which ends.
    Return,
}

/// What a variable can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `None`.
    None,
    /// A number of 64 bits, where Python's have no end.
    Int(i64),
    /// A function of the program.
    Function(usize),
    /// A native function of the program.
    Native(usize),
    /// The type `range`; calling it makes a range.
    RangeType,
    /// A range from 0.
    Range(i64),
    /// What is left of a range.
    Iterator {
        /// The next number.
        next: i64,
        /// The first that is not in it.
        end: i64,
    },
}

/// A function that is no bytecode: a blocking call, or code of an extension module.
#[derive(Clone)]
pub struct Native {
    /// Its name as a global variable.
    pub name: &'static str,
    /// Whether it lets go of the lock while it works (`Py_BEGIN_ALLOW_THREADS`).
    pub lets_go: bool,
    /// What its thread does meanwhile.
    pub state: State,
    /// The work: a number in, a number out.
    pub work: Arc<dyn Fn(i64) -> i64 + Send + Sync>,
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Native").field("name", &self.name).field("lets_go", &self.lets_go).finish_non_exhaustive()
    }
}

/// A global variable and what it holds at first. Only a number is ever replaced.
#[derive(Clone, Debug)]
pub struct Global {
    pub name: &'static str,
    /// Its first value.
    pub start: Value,
}

/// The instructions of one function.
#[derive(Clone, Debug)]
pub struct Code {
    /// The function's name.
    pub name: &'static str,
    /// How many of the local variables are parameters: the first ones.
    pub parameters: usize,
    /// Names of the local variables.
    pub locals: Vec<&'static str>,
    /// What it does.
    pub ops: Vec<Op>,
}

/// Functions and what they share. The first function is the one that a thread runs.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The line of Python that matters in it.
    pub source: &'static str,
    pub functions: Vec<Code>,
    /// All global variables.
    pub globals: Vec<Global>,
    pub consts: Vec<Value>,
    /// All native functions.
    pub natives: Vec<Native>,
}

impl Code {
    /// The names of the parameters, with commas between.
    pub fn parameters(&self) -> String {
        self.locals[..self.parameters].join(", ")
    }
}

impl Op {
    /// The instruction's name.
    pub fn name(self) -> &'static str {
        match self {
            Op::Resume => "Resume",
            Op::LoadConst(_) => "LoadConst",
            Op::LoadFast(_) => "LoadFast",
            Op::StoreFast(_) => "StoreFast",
            Op::LoadGlobal(_) => "LoadGlobal",
            Op::StoreGlobal(_) => "StoreGlobal",
            Op::Add => "Add",
            Op::Call(_) => "Call",
            Op::GetIter => "GetIter",
            Op::ForIter(_) => "ForIter",
            Op::JumpBackward(_) => "JumpBackward",
            Op::PopTop => "PopTop",
            Op::Return => "Return",
        }
    }
}
