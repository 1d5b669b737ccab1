//! What the section promises, one module for each experiment. The extension is built for these tests as a reader's run builds it.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod callback;
mod failures;
mod libraries;
mod oversubscription;
mod program;
mod release;
mod setup;
