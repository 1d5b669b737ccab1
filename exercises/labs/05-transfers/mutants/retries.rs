//! Wrong: takes the first, tries the second, puts back and tries again. Two who are equally polite never end.

use crate::sync::{Mutex, thread};

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    loop {
        let mut source = accounts[from].lock().unwrap();
        if let Ok(mut target) = accounts[to].try_lock() {
            if *source < amount {
                return false;
            }
            *source -= amount;
            *target += amount;
            return true;
        }
        drop(source);
        thread::yield_now();
    }
}
