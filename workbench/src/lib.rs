//! The reader is the scheduler, in a browser: a page on the simulator, the locks and the traces.
//!
//! | module | what it is |
//! |---|---|
//! | [`experiments`] | the commands: `serve`, the page on this machine; `export`, the page as files |
//! | [`site`] | what the server answers, and to whom |
//! | [`pages`] | the page's files, from `page/` |
//! | [`api`] | the page's questions and their answers |
//! | [`limits`], [`refused`] | what a question may ask for, and why it has no answer |
//! | [`scenarios`] | the scenarios of the menu |
//! | [`scheduler`] | the levels: locks in which the reader says whose turn it is |
//! | [`export`] | the page without a server |
//!
//! The page is plain modules and SVG, without a build step: `page/app.js` is the shell, `page/views/` has a module for each view.

#![forbid(unsafe_code)]

pub mod api;
pub mod experiments;
pub mod export;
pub mod limits;
pub mod pages;
pub mod refused;
pub mod scenarios;
pub mod scheduler;
#[cfg(unix)]
pub mod site;
