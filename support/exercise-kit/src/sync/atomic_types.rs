//! `std::sync::atomic`, recorded. Made at run time: loom's have no constant constructor, so a `static` cannot hold one.

use std::sync::PoisonError;
use std::sync::atomic as std_atomic;

use lab::lang::Text;
use loom::sync::atomic as loom_atomic;

use super::engine::{Engine, engine};
use super::steps::{Change, line, me, record, with};
use super::turns;

pub use std::sync::atomic::Ordering;

macro_rules! atomic {
    ($name:ident, $value:ty, $show:expr) => {
        #[doc = concat!("`std::sync::atomic::", stringify!($name), "`.")]
        #[derive(Debug)]
        pub struct $name {
            number: usize,
            cell: Cell<std_atomic::$name, loom_atomic::$name>,
        }

        impl $name {
            /// With this value.
            #[track_caller]
            pub fn new(value: $value) -> $name {
                $name::made(value, None)
            }

            /// One of the driver's, with the name that tables show.
            #[track_caller]
            pub fn named(name: Text, value: $value) -> $name {
                $name::made(value, Some(name))
            }

            #[track_caller]
            fn made(value: $value, name: Option<Text>) -> $name {
                let line = line();
                let cell = match engine() {
                    Engine::Loom => Cell::Loom(loom_atomic::$name::new(value), loom::sync::Mutex::new(())),
                    Engine::Std | Engine::Turns => Cell::Std(std_atomic::$name::new(value)),
                };
                $name { number: with(|log| log.add_object(name, "atomic", line)), cell }
            }

            fn step(&self) {
                if engine() == Engine::Turns {
                    turns::step(me());
                }
            }

            fn say(&self, operation: &'static str, value: Change, line: Option<u32>) {
                record(operation, Some(self.number), value, line);
            }

            /// Reads.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                let line = line();
                self.step();
                let value = match &self.cell {
                    Cell::Std(cell) => cell.load(order),
                    Cell::Loom(cell, gate) => one_order(gate, order, || cell.load(order)),
                };
                self.say("load", Change::Is($show(value)), line);
                value
            }

            /// Writes.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                let line = line();
                self.step();
                match &self.cell {
                    Cell::Std(cell) => cell.store(value, order),
                    Cell::Loom(cell, gate) => one_order(gate, order, || cell.store(value, order)),
                }
                self.say("store", Change::Is($show(value)), line);
            }

            /// Writes, and returns what was there.
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                let line = line();
                self.step();
                let old = match &self.cell {
                    Cell::Std(cell) => cell.swap(value, order),
                    Cell::Loom(cell, gate) => one_order(gate, order, || cell.swap(value, order)),
                };
                self.say("swap", Change::From($show(old), $show(value)), line);
                old
            }

            /// Writes `new` if `current` is there.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                let line = line();
                self.step();
                let done = match &self.cell {
                    Cell::Std(cell) => cell.compare_exchange(current, new, success, failure),
                    Cell::Loom(cell, gate) => {
                        one_order(gate, success, || cell.compare_exchange(current, new, success, failure))
                    }
                };
                let change = match done {
                    Ok(old) => Change::From($show(old), $show(new)),
                    Err(_) => Change::Worked(false),
                };
                self.say("compare_exchange", change, line);
                done
            }

            /// As `compare_exchange`; here it does not fail without a reason.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.compare_exchange(current, new, success, failure)
            }

            /// `compare_exchange` until it works.
            #[track_caller]
            pub fn fetch_update(
                &self,
                success: Ordering,
                failure: Ordering,
                mut change: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                let mut old = self.load(failure);
                while let Some(new) = change(old) {
                    match self.compare_exchange(old, new, success, failure) {
                        Ok(done) => return Ok(done),
                        Err(now) => old = now,
                    }
                }
                Err(old)
            }

            /// The value, without a step: nobody else has it any more.
            pub fn into_inner(self) -> $value {
                match self.cell {
                    Cell::Std(cell) => cell.into_inner(),
                    Cell::Loom(cell, gate) => one_order(&gate, Ordering::SeqCst, || cell.load(Ordering::SeqCst)),
                }
            }
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                $name::new(<$value>::default())
            }
        }
    };
}

macro_rules! changes {
    ($name:ident, $value:ty, $show:expr, $($method:ident: $new:expr),*) => {
        impl $name {
            $(
                #[doc = concat!("`", stringify!($method), "`: reads and writes in one step, and returns what was there.")]
                #[track_caller]
                pub fn $method(&self, value: $value, order: Ordering) -> $value {
                    let line = line();
                    self.step();
                    let old = match &self.cell {
                        Cell::Std(cell) => cell.$method(value, order),
                        Cell::Loom(cell, gate) => one_order(gate, order, || cell.$method(value, order)),
                    };
                    let new: fn($value, $value) -> $value = $new;
                    self.say(stringify!($method), Change::From($show(old), $show(new(old, value))), line);
                    old
                }
            )*
        }
    };
}

#[derive(Debug)]
enum Cell<S, L> {
    Std(S),
    Loom(L, loom::sync::Mutex<()>),
}

/// loom takes SeqCst for AcqRel: a load may return a value that no machine would. The gate gives all SeqCst accesses of one atomic
/// one order.
fn one_order<R>(gate: &loom::sync::Mutex<()>, order: Ordering, access: impl FnOnce() -> R) -> R {
    let _held = (order == Ordering::SeqCst).then(|| gate.lock().unwrap_or_else(PoisonError::into_inner));
    access()
}

macro_rules! atomic_number {
    ($name:ident, $value:ty) => {
        atomic!($name, $value, number);
        changes!($name, $value, number,
            fetch_add: |old, by| old.wrapping_add(by),
            fetch_sub: |old, by| old.wrapping_sub(by),
            fetch_max: |old, other| old.max(other),
            fetch_min: |old, other| old.min(other));
    };
}

fn number<N: TryInto<i64>>(value: N) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

atomic_number!(AtomicU64, u64);
atomic_number!(AtomicU32, u32);
atomic_number!(AtomicI64, i64);
atomic_number!(AtomicUsize, usize);
atomic!(AtomicBool, bool, i64::from);
changes!(AtomicBool, bool, i64::from,
    fetch_or: |old, other| old | other,
    fetch_and: |old, other| old & other);
