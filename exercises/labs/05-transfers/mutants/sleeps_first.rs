//! Wrong: sleeps before the second lock, so that the other one is done by then.

use crate::sync::{Mutex, thread};

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    let mut source = accounts[from].lock().unwrap();
    thread::sleep(std::time::Duration::from_millis(5));
    let mut target = accounts[to].lock().unwrap();
    if *source < amount {
        return false;
    }
    *source -= amount;
    *target += amount;
    true
}
