//! The commands of this section: `cargo run -p native -- NAME` is the module `NAME`.

pub mod callback;
pub mod failures;
pub mod libraries;
pub mod oversubscription;
pub mod release;
pub mod setup;
