//! `--fail-on any|all`, for programs that send many requests: which failures make the exit code 1.

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
    /// The exit code of a run, from the number of requests that succeeded and the number of all requests.
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
        let about = text!(
            "종료 코드를 1로 만드는 실패: 하나라도(any), 모두(all)",
            "exit with 1 if any request failed, or if all did"
        );
        self.choice("fail-on", FailOn::All, about)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_depends_on_how_many_succeeded() {
        assert_eq!([0, 1, 2].map(|n| FailOn::All.exit_code(n, 2)), [1, 0, 0]);
        assert_eq!([0, 1, 2].map(|n| FailOn::Any.exit_code(n, 2)), [1, 1, 0]);
        assert_eq!([FailOn::All, FailOn::Any].map(|fail_on| fail_on.exit_code(0, 0)), [0, 0]);
    }
}
