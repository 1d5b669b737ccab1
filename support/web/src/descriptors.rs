//! The limit on open files, which is also a limit on connections.

/// Open files that a process has anyway: standard streams, libraries, epoll, pipes.
const OTHERS: u64 = 64;

/// Makes room for this many connections by raising the soft limit on open files (`RLIMIT_NOFILE`), at most to the hard limit. If
/// there is room for fewer, `Err` has their number.
pub fn make_room(connections: u64) -> Result<(), u64> {
    let wanted = connections.saturating_add(OTHERS);
    match raise(wanted) {
        Some(allowed) if allowed < wanted => Err(allowed.saturating_sub(OTHERS)),
        _ => Ok(()),
    }
}

/// The limit after it was raised; `None` where there is none.
#[cfg(unix)]
fn raise(wanted: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::Nofile);
    let current = now.current?;
    if current >= wanted {
        return Some(current);
    }
    let raised = now.maximum.map_or(wanted, |hard| hard.min(wanted));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..now }) {
        Ok(()) => Some(raised),
        Err(_) => Some(current),
    }
}

#[cfg(not(unix))]
fn raise(_wanted: u64) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_a_few_and_not_for_all() {
        assert_eq!(make_room(1), Ok(()));
        let hard = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        if let Some(hard) = hard {
            assert_eq!(make_room(hard), Err(hard - OTHERS));
        }
    }
}
