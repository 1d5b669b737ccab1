//! The tasks that the pool's workers know: `main` gives them to [`process_pool::init`].

use crate::experiments::{images, ipc, pool_failures};
use crate::translate::modes;
use crate::work;
use process_pool::Run;

pub static TASKS: &[&dyn Run] = &[
    &work::COUNT,
    &pool_failures::SQUARE,
    &pool_failures::SLOW,
    &ipc::COPY,
    &ipc::HAND_OVER,
    &ipc::COUNT_UP,
    &images::PICTURE,
    &modes::COPIED,
    &modes::MAPPED,
];
