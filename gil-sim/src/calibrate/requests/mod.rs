//! Requests for the lock: when the holder notices, which waiter takes the signal, and the signal back.

#[cfg(target_os = "linux")]
mod back;
mod curves;
#[cfg(target_os = "linux")]
mod measured;
#[cfg(target_os = "linux")]
mod pthread;
#[cfg(target_os = "linux")]
mod race;

#[cfg(not(target_os = "linux"))]
use crate::sim::{Curve, Pairs, Steals};

pub(super) use curves::Requests;

impl Requests {
    /// Measures them, with one in so many of the rounds.
    #[cfg(target_os = "linux")]
    pub(super) fn measure(one_in: usize) -> Requests {
        measured::requests(one_in)
    }

    /// It is measured on Linux only. Elsewhere a request is noticed at once, no signal is stolen, and a signal back is like any
    /// other.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn measure(_: usize) -> Requests {
        let pairs = || Pairs::constant(20_000, 3000);
        Requests { heard: Curve::constant(500), steals: Steals::default(), stolen: pairs(), back: pairs() }
    }
}
