//! Lets what is measured run before other programs, in the ordinary scheduling class.
//!
//! A real-time class, as `gil-sim` uses it for single switches, would change what is measured here: in it threads that hand a lock on, or
//! wait for each other by spinning, are scheduled by other rules. Under `SCHED_RR` eight threads that call `lstat` took 1.4 s instead of
//! 1.0 s, and a group-by on a build without a GIL 1.1 s instead of 0.6 s.

use std::fs;

use lab::lang::Text;
use lab::{machine, text};
use rustix::process::{getpriority_process, setpriority_process};

/// The highest priority of the ordinary class (`setpriority(2)`).
const HIGHEST: i32 = -20;
/// Where sessions are groups, it counts only within one: the group's own priority is here (`sched(7)`, "autogroup").
const GROUP: &str = "/proc/self/autogroup";

/// The priority of this thread and of what it starts, for as long as the value lives.
#[derive(Debug)]
pub struct Priority {
    before: Option<i32>,
    group_before: Option<i32>,
}

impl Priority {
    /// Requests it. Where that is not permitted, nothing changes.
    pub fn raise() -> Priority {
        let before = getpriority_process(None).ok().filter(|_| setpriority_process(None, HIGHEST).is_ok());
        let group = before.and_then(|_| fs::read_to_string(GROUP).ok()).and_then(|words| nice_of(&words));
        let group_before = group.filter(|_| fs::write(GROUP, HIGHEST.to_string()).is_ok());
        Priority { before, group_before }
    }

    /// Whether it was given.
    pub fn is_raised(&self) -> bool {
        self.before.is_some()
    }
}

impl Drop for Priority {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            let _ = setpriority_process(None, before);
        }
        if let Some(before) = self.group_before {
            let _ = fs::write(GROUP, before.to_string());
        }
    }
}

/// What `/proc/PID/autogroup` holds: `/autogroup-25 nice 0`.
fn nice_of(words: &str) -> Option<i32> {
    words.trim().rsplit_once("nice ")?.1.parse().ok()
}

/// With which priority something was measured, and what share of the machine others used meanwhile.
pub fn note(is_raised: bool, foreign: Option<f64>) -> Text {
    let Text { ko, en } = machine::others_used(foreign);
    if is_raised {
        text!(
            "가장 높은 우선순위(nice −20)로 측정했습니다. {ko}",
            "Measured with the highest priority (nice −20). {en}"
        )
    } else {
        text!(
            "보통 우선순위로 측정했습니다(더 높은 것은 허용되지 않음). {ko}",
            "Measured with ordinary priority (a higher one is not permitted). {en}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_priority_is_as_before_when_it_ends() {
        let before = getpriority_process(None).unwrap();
        let raised = Priority::raise();
        let expected = if raised.is_raised() { HIGHEST } else { before };
        assert_eq!(getpriority_process(None).unwrap(), expected);
        drop(raised);
        assert_eq!(getpriority_process(None).unwrap(), before);
    }

    #[test]
    fn the_priority_of_a_group_is_behind_its_name() {
        assert_eq!(nice_of("/autogroup-25 nice -7\n"), Some(-7));
        assert_eq!(nice_of(""), None);
    }
}
