//! `--fail-on any|all`: which failures make the exit code 1, for runs of many requests.

use super::options::{Choice, Opt, Options};
use crate::text;

/// Which failures make the exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// One is enough.
    Any,
    /// Only if nothing succeeded.
    All,
}

impl Choice for FailOn {
    const WORDS: &'static [(&'static str, FailOn)] = &[("any", FailOn::Any), ("all", FailOn::All)];
}

impl FailOn {
    /// The exit code of a run in which so many of all succeeded.
    pub fn exit_code(self, succeeded: usize, all: usize) -> u8 {
        u8::from(match self {
            FailOn::Any => succeeded < all,
            FailOn::All => succeeded == 0 && all > 0,
        })
    }
}

impl Options {
    /// `--fail-on any|all`.
    pub fn fail_on(&mut self) -> Opt<FailOn> {
        let about = text!("무엇이 실패하면 종료 코드가 1인지", "which failures make the exit code 1");
        self.choice("fail-on", FailOn::All, about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_done_is_a_failure_in_any_case() {
        assert_eq!([0, 1, 2].map(|n| FailOn::All.exit_code(n, 2)), [1, 0, 0]);
        assert_eq!([0, 1, 2].map(|n| FailOn::Any.exit_code(n, 2)), [1, 1, 0]);
        assert_eq!([FailOn::All, FailOn::Any].map(|fail_on| fail_on.exit_code(0, 0)), [0, 0]);
    }
}
