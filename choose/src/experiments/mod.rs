//! The commands of this section: `cargo run -p choose -- NAME` is the module `NAME`.

pub mod again;
#[cfg(target_os = "linux")]
pub mod overhead;
pub mod run;
#[cfg(target_os = "linux")]
pub mod verify;
