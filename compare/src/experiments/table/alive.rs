//! How a technique works, observed: in how many processes, threads and event loops its units are alive at the same moment.
//!
//! Every unit waits until all of them have arrived, so that they are alive together on a busy machine too.

use std::collections::HashSet;
use std::hash::Hash;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::{process, thread};

use gil_sim::{Gil, ThreadId};
use lab::Result;
use tokio::runtime::Handle;

use super::units;

/// Units that are alive together.
pub const UNITS: usize = 4;

/// In how many of each the units were alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alive {
    pub processes: usize,
    pub threads: usize,
    pub loops: usize,
}

/// A thread for each unit, under a GIL if there is one.
pub fn threads(gil: Option<&Gil>) -> Result<Alive> {
    let (together, seen) = (Barrier::new(UNITS), Seen::default());
    units::threads(UNITS, |i| {
        let held = gil.map(|gil| gil.acquire(ThreadId(i as u64 + 1)));
        seen.add(thread::current().id());
        match held {
            // Waiting releases the GIL; the others could not arrive otherwise.
            Some(mut held) => held.allow_threads(|| together.wait()),
            None => together.wait(),
        };
        Ok(0)
    })?;
    Ok(Alive { processes: 1, threads: seen.count(), loops: 0 })
}

/// A task for each unit.
pub fn tasks(gil: Option<Arc<Gil>>) -> Result<Alive> {
    let (arrived, on, loops) = (Arc::new(Seen::default()), Arc::new(Seen::default()), Arc::new(Seen::default()));
    units::tasks(UNITS, gil, |i| {
        let (arrived, on, loops) = (Arc::clone(&arrived), Arc::clone(&on), Arc::clone(&loops));
        async move {
            arrived.add(i);
            on.add(thread::current().id());
            loops.add(Handle::current().id());
            while arrived.count() < UNITS {
                tokio::task::yield_now().await;
            }
            Ok(0)
        }
    })?;
    Ok(Alive { processes: 1, threads: on.count(), loops: loops.count() })
}

/// A process for each unit: this program again, with `args` and the address where the units meet.
pub fn processes(args: impl Fn(SocketAddr) -> Vec<String>) -> Result<Alive> {
    let meeting = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let args = args(meeting.local_addr()?);
    let seen = thread::scope(|scope| -> Result<HashSet<String>> {
        let running = scope.spawn(move || units::processes(UNITS, &args));
        let mut seen = HashSet::new();
        let mut connections = Vec::new();
        for _ in 0..UNITS {
            let mut connection = BufReader::new(meeting.accept()?.0);
            let mut who = String::new();
            connection.read_line(&mut who)?;
            seen.insert(who);
            connections.push(connection);
        }
        drop(connections); // all have arrived and may end
        running.join().expect("starting processes does not panic")?;
        Ok(seen)
    })?;
    let processes = seen.iter().filter_map(|who| who.split_whitespace().next()).collect::<HashSet<_>>().len();
    Ok(Alive { processes, threads: seen.len(), loops: 0 })
}

/// One unit in a process of its own: says who it is and waits for the others.
pub fn meet(at: SocketAddr) -> Result<u64> {
    let mut connection = TcpStream::connect(at)?;
    writeln!(connection, "{} {:?}", process::id(), thread::current().id())?;
    connection.read_to_end(&mut Vec::new())?;
    Ok(0)
}

/// Distinct things that were seen.
struct Seen<T>(Mutex<HashSet<T>>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Seen(Mutex::new(HashSet::new()))
    }
}

impl<T: Eq + Hash> Seen<T> {
    fn add(&self, one: T) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(one);
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_and_tasks_are_told_apart() {
        let gil = Gil::new(gil_sim::SWITCH_INTERVAL);
        for gil in [None, Some(&gil)] {
            assert_eq!(threads(gil).unwrap(), Alive { processes: 1, threads: UNITS, loops: 0 });
        }
        for gil in [None, Some(Arc::new(Gil::new(gil_sim::SWITCH_INTERVAL)))] {
            assert_eq!(tasks(gil).unwrap(), Alive { processes: 1, threads: 1, loops: 1 });
        }
    }
}
