//! A task: a function with a name, known to the parent and to its workers.

use std::panic::{self, AssertUnwindSafe};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use linkme::distributed_slice;

use crate::panics::{self, Panic};
use crate::wire::{Value, decode, encode};

/// A function that workers can run, made by [`task!`](crate::task!).
#[derive(Debug)]
pub struct Task<A, R> {
    pub(crate) name: &'static str,
    run: fn(A) -> R,
    /// Its place among the registered ones plus 1, once it was looked up.
    place: AtomicUsize,
}

impl<A, R> Task<A, R> {
    /// For [`task!`](crate::task!): this alone registers nothing.
    #[doc(hidden)]
    pub const fn new(name: &'static str, run: fn(A) -> R) -> Task<A, R> {
        Task { name, run, place: AtomicUsize::new(0) }
    }
}

/// Declares tasks, and registers them where they are written: as statics, or as a closure at the call.
///
/// ```
/// use process_pool::{Pool, task};
/// # process_pool::init_before_main!();
///
/// task! {
///     /// The square of a number.
///     pub static SQUARE: fn(u64) -> u64 = |n| n * n;
///     static LENGTH: fn(String) -> usize = |text| text.len();
/// }
///
/// # fn main() {
/// let pool = Pool::builder().workers(2).build().unwrap();
/// assert_eq!(pool.map(&SQUARE, [1, 2, 3]), [Ok(1), Ok(4), Ok(9)]);
/// assert_eq!(pool.call(&LENGTH, &"four".to_owned()), Ok(4));
/// assert_eq!(pool.call(task!(|n: u64| -> u64 { n + 1 }), &41), Ok(42));
/// # }
/// ```
///
/// A static is a [`Task`] and belongs anywhere an item does, in a function too. Its name in messages is its path, such as
/// `multiprocessing::work::COUNT`; a closure's is its place, such as `multiprocessing::work:17:30`. Functions of one module may
/// have tasks of the same name: they are different tasks, as are those of different modules.
///
/// A closure must capture nothing, as only its argument is sent:
///
/// ```compile_fail,E0434
/// let factor = 3;
/// process_pool::task!(|n: u64| -> u64 { n * factor });
/// ```
///
/// # What a worker keeps
///
/// Statics are those of the worker's process: they last from one task to the next, and no worker sees another's. What is
/// expensive to prepare belongs into a `OnceLock`, which an initializer fills before the first task:
///
/// ```
/// use std::sync::OnceLock;
///
/// use process_pool::task;
///
/// static WORDS: OnceLock<Vec<String>> = OnceLock::new();
///
/// task! {
///     /// The initializer: if it panics, the worker takes no tasks.
///     static LOAD: fn(String) -> () = |text| {
///         WORDS.set(text.split(' ').map(str::to_owned).collect()).expect("an initializer runs once");
///     };
///     static IS_KNOWN: fn(String) -> bool = |word| WORDS.get().is_some_and(|words| words.contains(&word));
/// }
/// # use process_pool::Pool;
/// # process_pool::init_before_main!();
/// # fn main() {
/// let pool = Pool::builder().workers(1).initializer(&LOAD, &"one two".to_owned()).build().unwrap();
/// assert_eq!(pool.call(&IS_KNOWN, &"one".to_owned()), Ok(true));
/// # }
/// ```
///
/// # How workers find a task
///
/// A worker is the same executable as its parent. The linker has gathered all tasks of the executable in one table (by the
/// crate `linkme`), so both have them in the same order, and only a task's place in the table is sent. A worker begins
/// with a frame that contains the names of all its tasks, in their order; if they are not those of its parent, it gets no
/// task.
///
/// The tasks of a library are in the table of every program that uses the library. If a program depends on a library but names
/// nothing of it, the compiler does not link it, and its tasks are missing; the program cannot refer to them either. A linker
/// that discards sections which only their table needs (`-z start-stop-gc`) loses tasks: their calls fail with
/// [`Failure::Unknown`](crate::Failure::Unknown), or there is no table and the program does not link. The linkers that Rust uses
/// by default do not.
#[macro_export]
macro_rules! task {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: fn($argument:ty) -> $result:ty = $run:expr;)+) => {$(
        $(#[$attribute])*
        $visibility static $name: $crate::Task<$argument, $result> = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::TASKS)]
            #[linkme(crate = $crate::__private::linkme)]
            static __REGISTERED: &'static dyn $crate::__private::Run = &$name;
            $crate::Task::new(concat!(module_path!(), "::", stringify!($name)), $run)
        };
    )+};
    (|$pattern:tt: $argument:ty| -> $result:ty { $($run:tt)* }) => {{
        static __TASK: $crate::Task<$argument, $result> = {
            #[$crate::__private::linkme::distributed_slice($crate::__private::TASKS)]
            #[linkme(crate = $crate::__private::linkme)]
            static __REGISTERED: &'static dyn $crate::__private::Run = &__TASK;
            const __NAME: &str = concat!(module_path!(), ":", line!(), ":", column!());
            $crate::Task::new(__NAME, |$pattern: $argument| -> $result { $($run)* })
        };
        &__TASK
    }};
}

/// The tasks of this program, in the order of the linker.
#[distributed_slice]
pub static TASKS: [&'static dyn Run];

/// The tasks of this program.
#[cfg_attr(not(unix), allow(dead_code, reason = "only a pool has workers"))]
pub(crate) fn registered() -> &'static [&'static dyn Run] {
    TASKS.static_slice()
}

impl<A, R> Task<A, R> {
    /// Its place among the registered ones. Statics are told apart by their addresses, so names need not be unique.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only a pool has workers"))]
    pub(crate) fn place(&self) -> Option<usize> {
        let known = self.place.load(Ordering::Relaxed);
        if known > 0 {
            return Some(known - 1);
        }
        let place = registered().iter().position(|known| ptr::addr_eq(*known, self))?;
        self.place.store(place + 1, Ordering::Relaxed);
        Some(place)
    }
}

/// What became of one run of a task, in a worker.
pub enum Ran {
    /// Its value has been encoded.
    Done,
    /// It panicked.
    Panicked(Panic),
    /// Its argument or value could not be decoded or encoded.
    Unreadable(String),
}

/// A type-erased task: bytes in, bytes out.
pub trait Run: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// Decodes the argument, runs the function, and appends its encoded value.
    fn run(&self, argument: &[u8], value: &mut Vec<u8>) -> Ran;
}

impl<A: Value, R: Value> Run for Task<A, R> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&self, argument: &[u8], value: &mut Vec<u8>) -> Ran {
        let argument = match decode(argument) {
            Ok(argument) => argument,
            Err(why) => return Ran::Unreadable(why),
        };
        // The argument belongs to the task, so a panic leaves no state behind that a later task could see. Tasks must
        // keep their own statics consistent, as with threads.
        let value_of = || {
            let result = (self.run)(argument);
            encode(&result, value)
        };
        match panic::catch_unwind(AssertUnwindSafe(value_of)) {
            Ok(Ok(())) => Ran::Done,
            Ok(Err(why)) => Ran::Unreadable(why),
            Err(payload) => Ran::Panicked(panics::caught(payload)),
        }
    }
}
