//! A transfer between two accounts whose future is dropped between two awaits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::lang::Text;
use lab::text;
use lab::trace::{LaneRecorder, Recorder};
use lab::trace::{State, Trace};
use tokio::sync::oneshot;
use tokio::time;

/// What is in the first account at the start, and all of it is sent.
pub const AMOUNT: u64 = 100;

/// What is in both accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// In the sender's.
    pub from: u64,
    /// In the receiver's.
    pub to: u64,
}

/// Two accounts that tasks share.
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
type Word = oneshot::Receiver<()>;

// ANCHOR: broken
/// Broken: taken before the await, given after it. Dropped between them, nothing that stands below the await ever runs.
async fn half_done(accounts: Accounts, word: Word, mut lane: LaneRecorder) {
    accounts.lock().from -= AMOUNT;
    lane.enter(State::WaitingForIo);
    let _ = word.await;
    accounts.lock().to += AMOUNT;
}
// ANCHOR_END: broken

// ANCHOR: guard
/// Fixed by a guard: the clean-up is in the `Drop` of a value that is held across the await.
async fn guarded(accounts: Accounts, word: Word, mut lane: LaneRecorder) {
    let mut taken = Taken::from(&accounts);
    lane.enter(State::WaitingForIo);
    let _ = word.await;
    taken.give();
}

struct Taken {
    accounts: Accounts,
    amount: u64,
}

impl Taken {
    fn from(accounts: &Accounts) -> Taken {
        accounts.lock().from -= AMOUNT;
        Taken { accounts: accounts.clone(), amount: AMOUNT }
    }

    fn give(&mut self) {
        self.accounts.lock().to += std::mem::take(&mut self.amount);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.accounts.lock().from += self.amount;
    }
}
// ANCHOR_END: guard

// ANCHOR: await_first
/// Fixed by the order: nothing is half done during the await.
async fn await_first(accounts: Accounts, word: Word, mut lane: LaneRecorder) {
    lane.enter(State::WaitingForIo);
    let _ = word.await;
    let mut both = accounts.lock();
    both.from -= AMOUNT;
    both.to += AMOUNT;
}
// ANCHOR_END: await_first

/// How a transfer is written, and who owns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Take, await, give.
    HalfDone,
    /// Take, await with a guard, give.
    Guarded,
    /// Await, then take and give.
    AwaitFirst,
    /// The broken one again, in a task of its own: a caller that stops waiting drops a handle, not the task.
    OwnTask,
}

impl Transfer {
    /// In the order of the table.
    pub const ALL: [Transfer; 4] = [Transfer::HalfDone, Transfer::Guarded, Transfer::AwaitFirst, Transfer::OwnTask];

    /// For ids of measurements, the twin's too.
    pub fn id(self) -> &'static str {
        match self {
            Transfer::HalfDone => "half_done",
            Transfer::Guarded => "guarded",
            Transfer::AwaitFirst => "await_first",
            Transfer::OwnTask => "own_task",
        }
    }

    /// For readers, on CPython too.
    pub fn name(self) -> Text {
        match self {
            Transfer::HalfDone => text!("빼고, await, 넣기", "take, await, give"),
            Transfer::Guarded => text!("await 동안 지키는 값(Drop, finally)", "guarded across it (Drop, finally)"),
            Transfer::AwaitFirst => text!("await 먼저, 그 뒤에 빼고 넣기", "await first, then take and give"),
            Transfer::OwnTask => text!("제 태스크에서(spawn, shield)", "in a task of its own (spawn, shield)"),
        }
    }

    /// The expected balances at the end. Money is lost only in the first.
    pub fn expected(self) -> Balances {
        match self {
            Transfer::HalfDone => Balances { from: 0, to: 0 },
            Transfer::Guarded | Transfer::AwaitFirst => Balances { from: AMOUNT, to: 0 },
            Transfer::OwnTask => Balances { from: 0, to: AMOUNT },
        }
    }
}

/// Waits at most `patience` for a transfer; the bank answers after twice that time. Returns the final balances.
pub async fn given_up(transfer: Transfer, patience: Duration) -> (Balances, Trace) {
    let (recorder, accounts) = (Recorder::new(), Accounts::open());
    let (bank, word) = oneshot::channel();
    let mut caller = recorder.lane(text!("부른 쪽", "the caller"));
    let lane = recorder.lane(text!("이체", "the transfer"));
    let theirs = accounts.clone();
    caller.enter(State::WaitingForIo);
    // The timeout is the point: it drops the future.
    let mut own_task = None;
    let _ = match transfer {
        Transfer::HalfDone => time::timeout(patience, half_done(theirs, word, lane)).await,
        Transfer::Guarded => time::timeout(patience, guarded(theirs, word, lane)).await,
        Transfer::AwaitFirst => time::timeout(patience, await_first(theirs, word, lane)).await,
        Transfer::OwnTask => {
            let task = own_task.insert(tokio::spawn(half_done(theirs, word, lane)));
            time::timeout(patience, task).await.map(drop)
        }
    };
    drop(caller);
    time::sleep(patience).await;
    // The receiver is gone if the transfer was dropped.
    let _ = bank.send(());
    if let Some(task) = own_task {
        task.await.expect("a transfer does not panic");
    }
    let balances = *accounts.lock();
    (balances, recorder.finish(transfer.name()))
}
