//! A shop on gil-sim's interpreter: check whether there is one in stock, sell it or fetch one, write it into the books.
//!
//! The program, how to run it under each version's lock, and all its interleavings.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use gil_sim::vm::code::{Code, Global, Native, Op, Program, Value};
use gil_sim::vm::explore::{self, Ends};
use gil_sim::vm::heap::{Counting, Heap};
use gil_sim::vm::run::Interpreter;
use gil_sim::vm::version::Version;
use gil_sim::{SWITCH_INTERVAL, ThreadId};
use lab::lang::Text;
use lab::trace::{State, Trace};
use lab::{Error, Result, text};

use crate::start_barrier::record_together;
use crate::start_barrier::start_together;

/// The stock at the start: every trade is about the last piece.
pub const IN_STOCK: i64 = 1;
/// How long the warehouse takes to answer.
pub const ASKING: Duration = Duration::from_micros(20);

/// A program of the shop, by its name in measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shop {
    /// Broken: nothing ties the check to the act.
    Gil,
    /// Fixed: a lock of the program's own around both.
    Locked,
}

const STOCK: usize = 0;
const BOOKS: usize = 1;
const RANGE: usize = 2;
const CHECK: usize = 3;
const ACQUIRE: usize = 4;
const RELEASE: usize = 5;
const LOOK: usize = 6;

impl Shop {
    /// What protects it, for readers.
    pub fn words(self) -> Text {
        match self {
            Shop::Gil => text!("GIL만", "GIL only"),
            Shop::Locked => text!("자체 락", "own lock"),
        }
    }

    /// Its name in the ids of measurements.
    pub fn name(self) -> &'static str {
        match self {
            Shop::Gil => "gil_only",
            Shop::Locked => "own_lock",
        }
    }
}

// ANCHOR: program
/// The shop as bytecode. `check` says -1 (sell) if there is one, else 1 (fetch), and takes so long to say it; `look` counts how often the stock is below zero.
/// In the locked shop all of it is inside.
///
/// ```python
/// for _ in range(n):
///     k = check(stock)
///     stock += k
///     books += k
///     look(stock)
/// ```
pub fn program(shop: Shop, asking: Duration, below: Arc<AtomicU64>) -> Program {
    let [n, turn, k] = [0, 1, 2];
    let call = |what, argument| [Op::LoadGlobal(what), argument, Op::Call(1)];
    let act = |what| [Op::LoadGlobal(what), Op::LoadFast(k), Op::Add, Op::StoreGlobal(what)];
    let check = [&call(CHECK, Op::LoadGlobal(STOCK))[..], &[Op::StoreFast(k)]].concat();
    let look = [&call(LOOK, Op::LoadGlobal(STOCK))[..], &[Op::PopTop]].concat();
    let trade = [&check[..], &act(STOCK), &act(BOOKS), &look].concat();
    let lock = |what| [&call(what, Op::LoadConst(1))[..], &[Op::PopTop]].concat();
    let body = match shop {
        Shop::Gil => trade,
        Shop::Locked => [lock(ACQUIRE), trade, lock(RELEASE)].concat(),
    };
    let mut ops = vec![Op::Resume, Op::LoadGlobal(RANGE), Op::LoadFast(n), Op::Call(1), Op::GetIter];
    let start = ops.len();
    ops.extend([Op::ForIter(start + body.len() + 3), Op::StoreFast(turn)]);
    ops.extend(body);
    ops.extend([Op::JumpBackward(start), Op::LoadConst(0), Op::Return]);
    with_globals(Code { name: "trade", parameters: 1, locals: vec!["n", "_", "k"], ops }, asking, below)
}
// ANCHOR_END: program

fn with_globals(code: Code, asking: Duration, below: Arc<AtomicU64>) -> Program {
    let (acquire, release) = lock();
    let global = |name, start| Global { name, start };
    Program {
        source: "k = check(stock); stock += k; books += k",
        functions: vec![code],
        globals: vec![
            global("stock", Value::Int(IN_STOCK)),
            global("books", Value::Int(0)),
            global("range", Value::RangeType),
            global("check", Value::Native(0)),
            global("acquire", Value::Native(1)),
            global("release", Value::Native(2)),
            global("look", Value::Native(3)),
        ],
        consts: vec![Value::None, Value::Int(0)],
        natives: vec![check_stock(asking), acquire, release, look(below)],
    }
}

/// The check asks the warehouse: a blocking call, which lets go of the GIL. After any call there is a place where it may go.
fn check_stock(asking: Duration) -> Native {
    let work = move |stock: i64| {
        if !asking.is_zero() {
            thread::sleep(asking);
        }
        if stock > 0 { -1 } else { 1 }
    };
    Native { name: "check", lets_go: true, state: State::WaitingForIo, work: Arc::new(work) }
}

fn look(below: Arc<AtomicU64>) -> Native {
    let work = move |stock: i64| {
        below.fetch_add(u64::from(stock < 0), Relaxed);
        0
    };
    Native { name: "look", lets_go: false, state: State::Running, work: Arc::new(work) }
}

/// `threading.Lock`: whoever waits for it has let go of the GIL.
fn lock() -> (Native, Native) {
    let lock = Arc::new((Mutex::new(false), Condvar::new()));
    let same = Arc::clone(&lock);
    let acquire = move |_| {
        let (held, freed) = &*lock;
        let mut held = held.lock().expect("nobody panics with it");
        while *held {
            held = freed.wait(held).expect("nobody panics with it");
        }
        *held = true;
        0
    };
    let release = move |_| {
        let (held, freed) = &*same;
        *held.lock().expect("nobody panics with it") = false;
        freed.notify_one();
        0
    };
    (
        Native { name: "acquire", lets_go: true, state: State::WaitingForLock, work: Arc::new(acquire) },
        Native { name: "release", lets_go: false, state: State::Running, work: Arc::new(release) },
    )
}

/// Where two threads that trade once each can leave the stock, in every order that the version allows: one sells, the other
/// fetches, so it must be what it was.
pub fn orders(version: Version) -> Ends {
    explore::ends(&program(Shop::Gil, Duration::ZERO, Arc::default()), version, 2, 1)
}

/// How one run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Trades in which the stock was seen below zero: sold without having it.
    pub below: u64,
    /// What stock and books differ by at the end.
    pub differ: u64,
}

impl Day {
    /// The total of wrong trades.
    pub fn wrong(self) -> u64 {
        self.below + self.differ
    }
}

/// Runs so many threads with so many trades each.
pub fn day(shop: Shop, version: Version, threads: usize, trades: u64) -> Result<Day> {
    let below = Arc::<AtomicU64>::default();
    let program = program(shop, ASKING, Arc::clone(&below));
    let counting = if version == Version::Free { Counting::Atomic } else { Counting::Plain };
    let (heap, lock) = (Heap::of(&program, counting), version.lock(SWITCH_INTERVAL));
    let vm = Interpreter { program: &program, heap: &heap, lock: &*lock, version };
    start_together(threads, |n| {
        vm.run(ThreadId(n as u64 + 1), trades as i64, &mut ());
    })?;
    let differ = (heap.number(STOCK) - heap.number(BOOKS)).abs_diff(IN_STOCK);
    Ok(Day { below: below.load(Relaxed), differ })
}

/// Two threads under the lock of 3.13: one at a time, and still wrong.
pub fn pictured(shop: Shop) -> Result<Trace> {
    let below = Arc::<AtomicU64>::default();
    let program = program(shop, ASKING, Arc::clone(&below));
    let (heap, lock) = (Heap::of(&program, Counting::Plain), Version::Py313.lock(SWITCH_INTERVAL));
    let vm = Interpreter { program: &program, heap: &heap, lock: &*lock, version: Version::Py313 };
    let names = (0..2).map(|i| text!("스레드 {i}", "Thread {i}")).collect();
    let Text { ko, en } = shop.words();
    let title = text!("Rust + GIL 3.13, {ko}: 10번씩 거래", "Rust + GIL 3.13, {en}: 10 trades each");
    let (trace, _) = record_together(title, names, |n, lane| vm.run(ThreadId(n as u64 + 1), 10, lane))?;
    Ok(trace)
}

/// Fails if a shop with a lock of its own was inconsistent.
pub fn check(shop: Shop, version: Version, day: Day) -> Result<()> {
    let (version, wrong) = (version.name(), day.wrong());
    if shop == Shop::Gil || wrong == 0 {
        return Ok(());
    }
    Err(Error::failed(text!(
        "{version}: 자체 락을 쓰는 가게에서 거래 {wrong}건이 잘못되었습니다. 나와서는 안 되는 결과입니다.",
        "{version}: {wrong} trades of the shop with its own lock went wrong, which must not happen."
    )))
}
