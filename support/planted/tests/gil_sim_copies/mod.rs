//! Copies of the locks with a bug each (`build.rs`).

/// Copies of a lock's file, with a bug each.
macro_rules! copies {
    ($file:ident: $($name:ident)*) => {
        mod $file {$(
            #[allow(dead_code, unused_mut, unused_variables, unused_assignments, reason = "a planted bug leaves parts of the lock unused")]
            pub mod $name {
                // The shipped file finds its neighbours in `super`; here they are imported.
                mod copy {
                    include!(concat!(env!("OUT_DIR"), "/", stringify!($file), ".", stringify!($name), ".rs"));
                }
                #[allow(unused_imports, reason = "each copy takes what its lock needs")]
                use crate::lock::{held, py32};
                pub use copy::*;
            }
        )*}
    };
}
