//! The tasks that the pool's workers know: `main` gives them to [`pool::init`](crate::pool::init).

use crate::even;
use crate::faults;
use crate::five;
use crate::images;
use crate::ipc;
use crate::pool::Run;
use crate::translate::modes;

/// All of them.
pub static TASKS: &[&dyn Run] = &[
    &five::COUNT,
    &faults::SQUARE,
    &faults::SLOW,
    &ipc::COPY,
    &ipc::HAND_OVER,
    &even::TURN,
    &images::PICTURE,
    &modes::COPIED,
    &modes::MAPPED,
];
