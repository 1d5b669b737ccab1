//! What is measured of requests.

use crate::sim::{Curve, Pairs, Steals};

/// The curves that [`crate::sim::Machine`] has of it.
pub(in crate::calibrate) struct Requests {
    pub(in crate::calibrate) heard: Curve,
    pub(in crate::calibrate) steals: Steals,
    pub(in crate::calibrate) stolen: Pairs,
    pub(in crate::calibrate) back: Pairs,
}
