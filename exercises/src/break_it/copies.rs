//! The locks of the levels: the shipped files, and copies with one planted bug each (`support/planted/build.rs`). All are compiled with
//! types that let a thread go on only in its turn (`support/planted/replay`), which they find as `crate::sync`.

#[path = "../../../support/planted/replay/scheduler.rs"]
#[allow(dead_code, reason = "the replay of gil-sim uses more of it")]
pub mod scheduler;
#[path = "../../../support/planted/replay/sync.rs"]
#[allow(dead_code, reason = "the replay of gil-sim uses more of it")]
pub mod sync;

#[path = "../../../gil-sim/src/lock/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the levels use some of the locks")]
pub mod lock;

#[path = "../../../mutex/src/experiments/bounded_buffer/buffer.rs"]
#[allow(dead_code, reason = "the levels use some of it")]
pub mod buffer;
#[path = "../../../mutex/src/locks/raw.rs"]
pub mod raw;
#[path = "../../../mutex/src/locks/spin.rs"]
pub mod spin;

/// Copies with a bug each, and their sources for the reader.
macro_rules! copies {
    ($($file:ident: $($name:ident)*;)*) => {$($(
        #[allow(dead_code, unused_mut, unused_variables, unused_imports, unused_assignments, clippy::let_and_return, reason = "a planted bug leaves parts of the lock unused")]
        pub mod $name {
            // The shipped file finds its neighbours in `super`; here they are imported.
            mod copy {
                include!(concat!(env!("PLANTED"), "/", stringify!($file), ".", stringify!($name), ".rs"));
            }
            use super::lock::{held, py32};
            use super::raw;
            pub use copy::*;

            pub const SOURCE: &str =
                include_str!(concat!(env!("PLANTED"), "/", stringify!($file), ".", stringify!($name), ".rs"));
        }
    )*)*};
}

copies! {
    spin: check_then_set;
    buffer: put_wakes_nobody;
    py2: if_for_while signal_before_release;
    py32: request_never_reset no_forced_switch gives_up_without_clearing gives_up_clearing_after_unlock;
}
