//! Tests of the encoding of arguments and results: what arrives is what was sent, or it is refused.

#![allow(clippy::unwrap_used, reason = "clippy.toml allows it in test functions; ours are not marked as such")]

mod disagreements;
mod hostile;
mod nested;
mod shapes;

use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};

use process_pool::wire::{self, Value};

/// What became of a value.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// It arrived as it was sent.
    Same,
    /// Another one arrived.
    Other,
    /// It was refused, with this reason.
    Refused(String),
}

/// Sends a value as the pool does.
pub fn send<T: Value>(value: &T, is_same: impl Fn(&T, &T) -> bool) -> Outcome {
    let mut bytes = vec![42];
    let sent = wire::encode(value, &mut bytes).and_then(|()| wire::decode::<T>(&bytes[1..]));
    judge(value, sent, is_same)
}

/// Sends a value as the pool did before.
pub fn send_by_postcard<T: Value>(value: &T, is_same: impl Fn(&T, &T) -> bool) -> Outcome {
    let there_and_back = || {
        let bytes = postcard::to_stdvec(value).map_err(|e| e.to_string())?;
        let (value, rest) = postcard::take_from_bytes::<T>(&bytes).map_err(|e| e.to_string())?;
        if rest.is_empty() { Ok(value) } else { Err(format!("{} bytes too many", rest.len())) }
    };
    // For a struct whose fields are asked for as a map, it panics.
    let sent = panic::catch_unwind(AssertUnwindSafe(there_and_back));
    judge(value, sent.unwrap_or_else(|_| Err("panicked".to_owned())), is_same)
}

fn judge<T>(value: &T, arrived: Result<T, String>, is_same: impl Fn(&T, &T) -> bool) -> Outcome {
    match arrived {
        Ok(arrived) if is_same(&arrived, value) => Outcome::Same,
        Ok(_) => Outcome::Other,
        Err(why) => Outcome::Refused(why),
    }
}

pub fn arrives<T: Value + PartialEq + Debug>(value: T) {
    assert_eq!(send(&value, T::eq), Outcome::Same, "{value:?}");
}

/// Checks that the value is refused for this reason.
pub fn refused<T: Value + PartialEq + Debug>(value: T, why: &str) {
    match send(&value, T::eq) {
        Outcome::Refused(reason) => assert!(reason.contains(why), "{value:?}: {reason}"),
        outcome => panic!("{value:?}: {outcome:?}"),
    }
}
