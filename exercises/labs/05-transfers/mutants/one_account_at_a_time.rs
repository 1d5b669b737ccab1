//! Wrong: holds one lock at a time, so that meanwhile the money is in no account.

use crate::sync::Mutex;

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    {
        let mut source = accounts[from].lock().unwrap();
        if *source < amount {
            return false;
        }
        *source -= amount;
    }
    *accounts[to].lock().unwrap() += amount;
    true
}
