//! What the threads of one program share: its numbers, and how often each object is referred to.
//!
//! Every shared object has a reference count, which each push and pop of it changes. Under a lock a load and a store do; they
//! are the reason why CPython has a lock at all, for without one two threads that count at once lose a count, as they lose an
//! update of any other number. Without a lock each change must be atomic (PEP 703), which costs time.
//!
//! Simpler than CPython in three ways. A number that one thread has just computed is nobody else's and is not counted. `None` and
//! small numbers are counted, which CPython spares itself since 3.12 (immortal objects, PEP 683). And all counts are atomic,
//! where a free-threaded CPython counts with plain steps what its own thread made (biased counts). So the price is that of the
//! plain way to do it, not CPython's.

use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

use super::code::{Program, Value};

/// How references are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counting {
    /// A load and a store: right only while a lock keeps others out.
    Plain,
    /// One atomic step.
    Atomic,
}

/// A shared object: the value of a global variable, or a constant.
#[derive(Debug)]
struct Object {
    /// References to it. Its home, the variable or the program, is one.
    references: AtomicI64,
    /// The number, if it is one. A race for it must be harmless in Rust as it is in CPython, so it is an atomic.
    number: AtomicI64,
}

/// All shared objects of a program: its global variables, then its constants.
#[derive(Debug)]
pub struct Heap {
    objects: Vec<Object>,
    counting: Counting,
}

/// The number of a shared object.
pub type ObjectId = usize;

impl Heap {
    /// The objects of a program, with their first values.
    pub fn of(program: &Program, counting: Counting) -> Heap {
        let values = program.globals.iter().map(|global| &global.start).chain(&program.consts);
        let number = |value: &Value| if let Value::Int(n) = value { *n } else { 0 };
        let object = |value| Object { references: AtomicI64::new(1), number: AtomicI64::new(number(value)) };
        Heap { objects: values.map(object).collect(), counting }
    }

    /// A number as it is now.
    #[inline]
    pub fn number(&self, id: ObjectId) -> i64 {
        self.objects[id].number.load(Relaxed)
    }

    /// Replaces a number: the last store wins, whoever loaded what before.
    #[inline]
    pub fn store(&self, id: ObjectId, number: i64) {
        self.objects[id].number.store(number, Relaxed);
    }

    /// One reference more (`Py_INCREF`).
    #[inline]
    pub fn refer(&self, id: ObjectId) {
        self.count(id, 1);
    }

    /// One reference less (`Py_DECREF`).
    #[inline]
    pub fn release(&self, id: ObjectId) {
        self.count(id, -1);
    }

    #[inline]
    fn count(&self, id: ObjectId, change: i64) {
        let references = &self.objects[id].references;
        match self.counting {
            Counting::Plain => references.store(references.load(Relaxed) + change, Relaxed),
            Counting::Atomic => {
                references.fetch_add(change, Relaxed);
            }
        }
    }

    /// How far all counts together are off, now that no thread holds a reference any more: 0 if they were counted right.
    pub fn miscounted(&self) -> u64 {
        self.objects.iter().map(|object| object.references.load(Relaxed).abs_diff(1)).sum()
    }
}
