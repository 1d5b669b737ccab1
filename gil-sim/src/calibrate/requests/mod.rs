//! What comes of a request: until it is heard, who takes the signal that answers it, and the signal back.

#[cfg(target_os = "linux")]
mod back;
mod curves;
#[cfg(target_os = "linux")]
mod futex;
#[cfg(target_os = "linux")]
mod measured;
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

    /// Without futexes it is not measured: a request is heard at once, nobody steals, and a signal back is like any other.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn measure(_: usize) -> Requests {
        let pairs = || Pairs::constant(20_000, 3000);
        Requests { heard: Curve::constant(500), steals: Steals::default(), stolen: pairs(), back: pairs() }
    }
}
