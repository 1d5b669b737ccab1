//! The tasks that the pool's workers know: `main` gives them to [`pool::init`](crate::pool::init).

use crate::images;
use crate::pool::Run;
use crate::translate::modes;

/// All of them.
pub static TASKS: &[&dyn Run] = &[&images::PICTURE, &modes::COPIED, &modes::MAPPED];
