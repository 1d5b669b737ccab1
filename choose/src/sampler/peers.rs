//! Who is at the other end of a socket or a pipe: somebody outside, or the program itself. A client and the server that it asks wait for
//! the same answer if both are threads of one program; that is one wait, not two that overlap.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::time::{Duration, Instant};

/// The other end of what a thread waits at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// Somebody outside, as far as anybody knows.
    #[default]
    Outside,
    /// The program itself.
    Inside,
    /// A server that waits for its next client: it has nothing to do.
    Idle,
}

/// Ends that are remembered, and descriptors that are looked through in one sample.
const MOST_KNOWN: usize = 4096;
const MOST_DESCRIPTORS: usize = 1024;
/// The state of a listening socket in `/proc/net/tcp`.
const LISTENS: &str = "0A";

/// What is known of the ends.
#[derive(Debug, Default)]
pub struct Peers {
    known: HashMap<String, End>,
    /// The processes of the program.
    pids: Vec<u32>,
    /// Their sockets, and the pipes into which they can write; read when first asked for after each change of sample.
    ours: Option<Ours>,
    began: Option<Instant>,
    looks: u32,
    spent: Duration,
}

/// The kernel walks through all its sockets to list them, which takes milliseconds: after the first looks it is asked so seldom that it
/// takes no more than this share of the time.
const FREE_LOOKS: u32 = 3;
const MOST_SHARE: u32 = 200;

#[derive(Debug, Default)]
struct Ours {
    sockets: HashSet<u64>,
    written: HashSet<String>,
}

impl Peers {
    /// A new sample of these processes.
    pub fn begin(&mut self, pids: impl Iterator<Item = u32>) {
        self.pids.clear();
        self.pids.extend(pids);
        self.ours = None;
        self.began.get_or_insert_with(Instant::now);
    }

    /// How long looking took so far.
    pub fn spent(&self) -> Duration {
        self.spent
    }

    fn may_look(&self) -> bool {
        let elapsed = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        self.looks < FREE_LOOKS || self.spent * MOST_SHARE < elapsed
    }

    /// Whether the program is this one process.
    pub fn is_single(&self) -> bool {
        self.pids.len() == 1
    }

    /// The other end of what this descriptor's link names, in a process; `None` if it is not known and it is too early to look again.
    pub fn end(&mut self, pid: u32, link: &str) -> Option<End> {
        if let Some(end) = self.known.get(link) {
            return Some(*end);
        }
        if !self.may_look() {
            return None;
        }
        let before = Instant::now();
        self.looks += 1;
        let ours = self.ours.get_or_insert_with(|| Ours::of(&self.pids));
        let end = match number(link, "socket:[") {
            Some(inode) => of_socket(pid, inode, &ours.sockets),
            None if ours.written.contains(link) => End::Inside,
            None => End::Outside,
        };
        if self.known.len() >= MOST_KNOWN {
            self.known.clear();
        }
        self.known.insert(link.to_owned(), end);
        self.spent += before.elapsed();
        Some(end)
    }
}

impl Ours {
    fn of(pids: &[u32]) -> Ours {
        let mut ours = Ours::default();
        let entries =
            pids.iter().flat_map(|pid| fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten());
        for entry in entries.take(MOST_DESCRIPTORS) {
            let Ok(link) = fs::read_link(entry.path()) else { continue };
            let link = link.to_string_lossy().into_owned();
            if let Some(inode) = number(&link, "socket:[") {
                ours.sockets.insert(inode);
            } else if link.starts_with("pipe:") && is_writable(&entry) {
                ours.written.insert(link);
            }
        }
        ours
    }
}

/// The link of a descriptor has the rights that the descriptor was opened with.
fn is_writable(entry: &fs::DirEntry) -> bool {
    use std::os::unix::fs::MetadataExt;
    entry.metadata().is_ok_and(|link| link.mode() & 0o200 != 0)
}

fn number(link: &str, kind: &str) -> Option<u64> {
    link.strip_prefix(kind)?.strip_suffix(']')?.parse().ok()
}

fn of_socket(pid: u32, inode: u64, ours: &HashSet<u64>) -> End {
    let table = |name: &str| fs::read_to_string(format!("/proc/{pid}/net/{name}")).unwrap_or_default();
    let tables = table("tcp") + &table("tcp6");
    let connections: Vec<Connection> = tables.lines().filter_map(Connection::parse).collect();
    match end_of(&connections, inode, ours) {
        Some(end) => end,
        // Both ends of a socketpair are made at once, so they have neighbouring numbers.
        None if [inode - 1, inode + 1].iter().any(|other| ours.contains(other))
            && is_unnamed(&table("unix"), inode) =>
        {
            End::Inside
        }
        None => End::Outside,
    }
}

/// A line of `/proc/net/tcp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Connection {
    local: u16,
    remote: u16,
    listens: bool,
    inode: u64,
}

impl Connection {
    fn parse(line: &str) -> Option<Connection> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let port = |n: usize| u16::from_str_radix(words.get(n)?.rsplit_once(':')?.1, 16).ok();
        let listens = words.get(3) == Some(&LISTENS);
        Some(Connection { local: port(1)?, remote: port(2)?, listens, inode: words.get(9)?.parse().ok()? })
    }
}

/// The end of a TCP socket; `None` if it is none.
fn end_of(all: &[Connection], inode: u64, ours: &HashSet<u64>) -> Option<End> {
    let own = all.iter().find(|one| one.inode == inode)?;
    if own.listens {
        return Some(End::Idle);
    }
    // The server's side has no descriptor before it is accepted; then the port on which it listens tells whose it is.
    let is_peer = |one: &&Connection| one.local == own.remote && (one.listens || one.remote == own.local);
    let is_inside = all.iter().filter(is_peer).any(|one| ours.contains(&one.inode));
    Some(if is_inside { End::Inside } else { End::Outside })
}

/// Whether `/proc/net/unix` has a socket of this number without a path.
fn is_unnamed(table: &str, inode: u64) -> bool {
    let inode = inode.to_string();
    table.lines().any(|line| line.split_whitespace().last() == Some(&inode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn end(socket: &impl AsRawFd) -> End {
        let pid = std::process::id();
        let mut peers = Peers::default();
        peers.begin([pid].into_iter());
        let link = fs::read_link(format!("/proc/{pid}/fd/{}", socket.as_raw_fd())).unwrap();
        peers.end(pid, &link.to_string_lossy()).unwrap()
    }

    #[test]
    fn looking_is_paid_for_by_time_that_has_passed() {
        let mut peers = Peers { looks: FREE_LOOKS, spent: Duration::from_secs(60), ..Peers::default() };
        peers.begin([std::process::id()].into_iter());
        assert_eq!(peers.end(std::process::id(), "pipe:[1]"), None);
        peers.spent = Duration::ZERO;
        assert_eq!(peers.end(std::process::id(), "pipe:[1]"), Some(End::Outside));
        assert!(peers.spent() > Duration::ZERO);
    }

    #[test]
    fn a_server_in_the_same_program_is_inside() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        assert_eq!(end(&listener), End::Idle);
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(end(&client), End::Inside, "not accepted yet");
        let (server, _) = listener.accept().unwrap();
        assert_eq!((end(&client), end(&server)), (End::Inside, End::Inside));
    }

    #[test]
    fn a_server_of_somebody_else_is_outside() {
        let line =
            "   2: 0100007F:A1B2 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 77 1 0 20";
        let ours = Connection::parse(line).unwrap();
        assert_eq!(ours, Connection { local: 0xA1B2, remote: 0x1F90, listens: false, inode: 77 });
        let theirs = Connection { local: 0x1F90, remote: 0xA1B2, listens: false, inode: 99 };
        assert_eq!(end_of(&[ours, theirs], 77, &HashSet::from([77])), Some(End::Outside));
        assert_eq!(end_of(&[ours, theirs], 77, &HashSet::from([77, 99])), Some(End::Inside));
        assert_eq!(end_of(&[ours], 5, &HashSet::from([77])), None);
        assert_eq!(Connection::parse("  sl  local_address rem_address   st tx_queue"), None);
    }

    #[test]
    fn both_ends_of_a_pair_are_inside() {
        let (one, other) = UnixStream::pair().unwrap();
        assert_eq!((end(&one), end(&other)), (End::Inside, End::Inside));
    }

    #[test]
    fn a_pipe_is_inside_if_the_program_writes_into_it() {
        let (reader, writer) = std::io::pipe().unwrap();
        assert_eq!(end(&reader), End::Inside);
        drop(writer);
        assert_eq!(end(&reader), End::Outside);
    }
}
