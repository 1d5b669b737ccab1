//! Wrong: looks whether there is enough, lets go, and then takes it.

use crate::sync::Mutex;

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    if *accounts[from].lock().unwrap() < amount {
        return false;
    }
    let mut lower = accounts[from.min(to)].lock().unwrap();
    let mut higher = accounts[from.max(to)].lock().unwrap();
    let (source, target) = if from < to { (&mut lower, &mut higher) } else { (&mut higher, &mut lower) };
    **source -= amount;
    **target += amount;
    true
}
