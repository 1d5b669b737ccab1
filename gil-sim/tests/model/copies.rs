//! Copies of the locks with a bug each (`build.rs`), and a way to see that a model finds it.

use std::env;
use std::process::Command;

/// Copies of a lock's file, with a bug each.
macro_rules! copies {
    ($file:ident: $($name:ident)*) => {
        mod $file {$(
            #[allow(dead_code, unused_mut, unused_variables, unused_assignments, reason = "a planted bug leaves parts of the lock unused")]
            pub mod $name {
                // What `super` is to the shipped file.
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

/// Runs a model that must fail, and fail for the right reason. In a process of its own: while a deadlock unwinds, the locks that
/// are still held are released, and the checker panics again.
pub fn caught(test: &str, reason: &str, model: impl FnOnce()) {
    const CHILD: &str = "PLANTED_BUG";
    if env::var_os(CHILD).is_some() {
        return model();
    }
    let child = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success(), "the planted bug was not found:\n{said}");
    assert!(said.contains(reason), "found, but not as \"{reason}\":\n{said}");
}
