//! The processes below this one, as /proc shows them.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// What a process uses, from /proc/PID/stat.
#[derive(Clone, Copy, Debug)]
pub struct Process {
    pub id: i32,
    parent: i32,
    state: u8,
    pub threads: u64,
    pub resident: u64,
}

impl Process {
    /// A zombie has ended; only its exit code is left.
    fn has_ended(self) -> bool {
        matches!(self.state, b'Z' | b'X' | b'x')
    }
}

/// All processes below this one that have not ended.
pub fn running() -> Vec<Process> {
    let mut children: HashMap<i32, Vec<Process>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(look) {
            children.entry(process.parent).or_default().push(process);
        }
    }
    let mut found = Vec::new();
    let mut parents = vec![std::process::id() as i32];
    while let Some(parent) = parents.pop() {
        // Taken out, so that a process id that was given out anew during the listing cannot make a circle.
        for child in children.remove(&parent).unwrap_or_default() {
            parents.push(child.id);
            if !child.has_ended() {
                found.push(child);
            }
        }
    }
    found
}

fn look(id: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    parse(id, &stat)
}

/// The name in parentheses may hold spaces and parentheses: the last one closes it.
fn parse(id: i32, stat: &str) -> Option<Process> {
    let rest = stat.get(stat.rfind(')')? + 2..)?;
    let field: Vec<&str> = rest.split_ascii_whitespace().collect();
    let page = rustix::param::page_size() as u64;
    Some(Process {
        id,
        state: *field.first()?.as_bytes().first()?,
        parent: field.get(1)?.parse().ok()?,
        threads: field.get(17)?.parse().ok()?,
        resident: field.get(21)?.parse::<u64>().ok()? * page,
    })
}

/// The CPU time of this process's children that have ended and were waited for, and of theirs.
pub fn cpu_of_ended() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rfind(')').and_then(|at| stat.get(at + 2..)).unwrap_or_default();
    let ticks: u64 = rest.split_ascii_whitespace().skip(13).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Stops all processes below this one, and then kills them. A process that is stopped forks no more and still counts against the
/// kernel's limit on processes, so a fork bomb comes to its end; killing its processes one by one would only make room for others.
pub fn kill(group: i32) {
    /// Each round takes milliseconds; on a machine that a fork bomb keeps busy, much longer.
    const ROUNDS: usize = 200;

    // All of the program's own group at one instant.
    if let Some(group) = Pid::from_raw(group) {
        let _ = kill_process_group(group, Signal::STOP);
    }
    for _ in 0..ROUNDS {
        let mut found = running();
        found.retain(|process| !matches!(process.state, b'T' | b't'));
        if found.is_empty() {
            break;
        }
        send(&found, Signal::STOP);
        thread::sleep(Duration::from_millis(1));
    }
    send(&running(), Signal::KILL);
}

/// The processes and threads of a user, of whatever program.
pub fn tasks_of(user: u32) -> u64 {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let own = entries.filter(|entry| entry.metadata().is_ok_and(|about| about.uid() == user));
    let ids = own.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(look).map(|process| process.threads).sum()
}

fn send(processes: &[Process], signal: Signal) {
    for process in processes {
        if let Some(id) = Pid::from_raw(process.id) {
            // It may have ended in the meantime.
            let _ = kill_process(id, signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let rest = "S 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 100 2000 9 18446744073709551615";
        let process = parse(5, &format!("5 (a) b (c) {rest}")).unwrap();
        assert_eq!((process.parent, process.state, process.threads), (7, b'S', 3));
        assert_eq!(process.resident, 9 * rustix::param::page_size() as u64);
        assert!(parse(5, "5 (cut").is_none());
    }
}
