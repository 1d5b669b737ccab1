//! Wrong: the order follows the balances, and they change.

use crate::sync::Mutex;

/// What is in one account.
pub type Account = Mutex<i64>;

/// Moves `amount` from one account to another. `false`, and nothing is moved, if there is too little.
pub fn transfer(accounts: &[Account], from: usize, to: usize, amount: i64) -> bool {
    if from == to {
        return *accounts[from].lock().unwrap() >= amount;
    }
    let there = *accounts[from].lock().unwrap();
    let here = *accounts[to].lock().unwrap();
    let richer_first = there >= here;
    let (first, second) = if richer_first { (from, to) } else { (to, from) };
    let mut a = accounts[first].lock().unwrap();
    let mut b = accounts[second].lock().unwrap();
    let (source, target) = if first == from { (&mut a, &mut b) } else { (&mut b, &mut a) };
    if **source < amount {
        return false;
    }
    **source -= amount;
    **target += amount;
    true
}
