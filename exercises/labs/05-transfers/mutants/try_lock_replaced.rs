//! Wrong: every `lock` was searched and replaced by `try_lock`: a transfer that meets another one is refused.

use crate::sync::Mutex;

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    let (Ok(mut source), Ok(mut target)) = (accounts[from].try_lock(), accounts[to].try_lock()) else {
        return false;
    };
    if *source < amount {
        return false;
    }
    *source -= amount;
    *target += amount;
    true
}
