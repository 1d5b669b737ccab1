//! 멀티프로세싱: real processes, and what they cost.

pub mod article;
pub mod children;
pub mod cost;
pub mod cpu;
pub mod ending;
pub mod even;
pub mod faults;
pub mod five;
pub mod folders;
pub mod images;
pub mod ipc;
pub mod picture;
pub mod pool_errors;
pub mod progress;
pub mod share;
pub mod storm;
pub mod tasks;
pub mod techniques;
pub mod timeline;
pub mod translate;
pub mod whole;
pub mod work;

pub use process_pool as pool;
