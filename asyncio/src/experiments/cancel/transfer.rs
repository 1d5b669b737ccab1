//! A transfer between two accounts whose future is dropped between two awaits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::lang::Text;
use lab::text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use tokio::sync::oneshot;
use tokio::time;

/// The first account's balance at the start; the transfer sends all of it.
pub const AMOUNT: u64 = 100;

/// The balances of both accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// The sender's.
    pub from: u64,
    /// The receiver's.
    pub to: u64,
}

/// Both accounts, shared between tasks.
#[derive(Clone, Debug)]
pub struct Accounts(Arc<Mutex<Balances>>);

impl Accounts {
    fn open() -> Accounts {
        Accounts(Arc::new(Mutex::new(Balances { from: AMOUNT, to: 0 })))
    }

    fn lock(&self) -> MutexGuard<'_, Balances> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bank's confirmation, which every transfer awaits.
type Confirmation = oneshot::Receiver<()>;

// ANCHOR: broken
/// Broken: withdraws before the await and deposits after it. If the future is dropped at the await, the deposit never runs.
async fn half_done(accounts: Accounts, confirmation: Confirmation, mut lane: LaneRecorder) {
    accounts.lock().from -= AMOUNT;
    lane.enter(State::WaitingForIo);
    let _ = confirmation.await;
    accounts.lock().to += AMOUNT;
}
// ANCHOR_END: broken

// ANCHOR: guard
/// Fixed with a guard: the `Drop` of a value held across the await returns the money.
async fn guarded(accounts: Accounts, confirmation: Confirmation, mut lane: LaneRecorder) {
    let mut withdrawal = Withdrawal::from(&accounts);
    lane.enter(State::WaitingForIo);
    let _ = confirmation.await;
    withdrawal.deposit();
}

struct Withdrawal {
    accounts: Accounts,
    amount: u64,
}

impl Withdrawal {
    fn from(accounts: &Accounts) -> Withdrawal {
        accounts.lock().from -= AMOUNT;
        Withdrawal { accounts: accounts.clone(), amount: AMOUNT }
    }

    fn deposit(&mut self) {
        self.accounts.lock().to += std::mem::take(&mut self.amount);
    }
}

impl Drop for Withdrawal {
    fn drop(&mut self) {
        self.accounts.lock().from += self.amount;
    }
}
// ANCHOR_END: guard

// ANCHOR: await_first
/// Fixed by the order: nothing has been changed yet at the await.
async fn await_first(accounts: Accounts, confirmation: Confirmation, mut lane: LaneRecorder) {
    lane.enter(State::WaitingForIo);
    let _ = confirmation.await;
    let mut both = accounts.lock();
    both.from -= AMOUNT;
    both.to += AMOUNT;
}
// ANCHOR_END: await_first

/// How a transfer is written, and who owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Withdraw, await, deposit.
    HalfDone,
    /// Withdraw, await with a guard, deposit.
    Guarded,
    /// Await, then withdraw and deposit.
    AwaitFirst,
    /// `HalfDone` in its own task: a caller that stops waiting drops only the handle, not the task.
    OwnTask,
}

impl Transfer {
    /// In the order of the table.
    pub const ALL: [Transfer; 4] = [Transfer::HalfDone, Transfer::Guarded, Transfer::AwaitFirst, Transfer::OwnTask];

    /// The id in measurements, in the twin's too.
    pub fn id(self) -> &'static str {
        match self {
            Transfer::HalfDone => "half_done",
            Transfer::Guarded => "guarded",
            Transfer::AwaitFirst => "await_first",
            Transfer::OwnTask => "own_task",
        }
    }

    /// The name in tables, for Rust and for CPython.
    pub fn name(self) -> Text {
        match self {
            Transfer::HalfDone => text!("출금, await, 입금", "withdraw, await, deposit"),
            Transfer::Guarded => text!("await 동안 가드 유지(Drop, finally)", "guard across the await (Drop, finally)"),
            Transfer::AwaitFirst => text!("await 후에 출금과 입금", "await, then withdraw and deposit"),
            Transfer::OwnTask => text!("별도 태스크에서(spawn, shield)", "in its own task (spawn, shield)"),
        }
    }

    /// The expected final balances. Only the first transfer loses money.
    pub fn expected(self) -> Balances {
        match self {
            Transfer::HalfDone => Balances { from: 0, to: 0 },
            Transfer::Guarded | Transfer::AwaitFirst => Balances { from: AMOUNT, to: 0 },
            Transfer::OwnTask => Balances { from: 0, to: AMOUNT },
        }
    }
}

/// Waits at most `timeout` for a transfer; the bank answers after twice that time. Returns the final balances and the lanes.
pub async fn run_with_timeout(transfer: Transfer, timeout: Duration) -> (Balances, Trace) {
    let (recorder, accounts) = (Recorder::new(), Accounts::open());
    let (bank, confirmation) = oneshot::channel();
    let mut caller = recorder.lane(text!("호출자", "caller"));
    let lane = recorder.lane(text!("이체", "transfer"));
    let theirs = accounts.clone();
    caller.enter(State::WaitingForIo);
    // The result is ignored: what matters is that the timeout drops the future.
    let mut own_task = None;
    let _ = match transfer {
        Transfer::HalfDone => time::timeout(timeout, half_done(theirs, confirmation, lane)).await,
        Transfer::Guarded => time::timeout(timeout, guarded(theirs, confirmation, lane)).await,
        Transfer::AwaitFirst => time::timeout(timeout, await_first(theirs, confirmation, lane)).await,
        Transfer::OwnTask => {
            let task = own_task.insert(tokio::spawn(half_done(theirs, confirmation, lane)));
            time::timeout(timeout, task).await.map(drop)
        }
    };
    drop(caller);
    time::sleep(timeout).await;
    // This fails if the transfer was dropped, and with it the receiver.
    let _ = bank.send(());
    if let Some(task) = own_task {
        task.await.expect("a transfer does not panic");
    }
    let balances = *accounts.lock();
    (balances, recorder.finish(transfer.name()))
}
