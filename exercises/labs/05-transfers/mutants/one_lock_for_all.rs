//! Wrong: account 0 serves as a lock for the whole bank, so that no two transfers go on at once.

use crate::sync::Mutex;

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    let bank = if from == 0 || to == 0 { None } else { Some(accounts[0].lock().unwrap()) };
    let mut lower = accounts[from.min(to)].lock().unwrap();
    let mut higher = accounts[from.max(to)].lock().unwrap();
    let (source, target) = if from < to { (&mut lower, &mut higher) } else { (&mut higher, &mut lower) };
    let covered = **source >= amount;
    if covered {
        **source -= amount;
        **target += amount;
    }
    drop(bank);
    covered
}
