//! Wrong: as `retries`, with a sleep, which is the same for both.

use crate::sync::{Mutex, thread};

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    loop {
        if let (Ok(mut source), Ok(mut target)) = (accounts[from].try_lock(), accounts[to].try_lock()) {
            if *source < amount {
                return false;
            }
            *source -= amount;
            *target += amount;
            return true;
        }
        thread::sleep(std::time::Duration::from_millis(1));
    }
}
