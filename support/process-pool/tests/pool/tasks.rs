//! The tasks of these tests.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Bytes, Task, task};

use crate::common::threads;

task! {
    pub static SQUARE: fn(u64) -> u64 = |n| n * n;
    pub static ECHO: fn(Bytes) -> Bytes = |bytes| bytes;
    pub static REVERSE: fn(Bytes) -> Bytes = |bytes| {
        Bytes::with(bytes.len(), |out| out.iter_mut().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from))
    };
    pub static NUMBERS: fn(Vec<u64>) -> Vec<u64> = |numbers| numbers.iter().map(|n| n + 1).collect();
    pub static PID: fn(()) -> u32 = |()| process::id();
    /// Sleeps for n ms and returns n.
    pub static SLEEP: fn(u64) -> u64 = |ms| {
        thread::sleep(Duration::from_millis(ms));
        ms
    };
    /// Computes for the given number of µs and returns the first number.
    pub static SPIN: fn((u64, u64)) -> u64 = |(n, us)| {
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(us) {
            black_box(n);
        }
        n
    };
    pub static PANIC: fn(u64) -> u64 = |n| panic!("on purpose {n}");
}
/// The line of [`PANIC`]'s panic.
pub const PANIC_LINE: u32 = line!() - 3;
task! {
    /// Panics, catches it, and then panics for good.
    pub static CATCH: fn(()) -> u64 = |()| {
        let _ = std::panic::catch_unwind(|| panic!("caught by the task"));
        panic!("not caught")
    };
    /// Panics again while the first panic unwinds.
    pub static PANIC_TWICE: fn(u64) -> u64 = |n| {
        struct Again;
        impl Drop for Again {
            fn drop(&mut self) {
                panic!("the second");
            }
        }
        let _again = Again;
        panic!("the first {n}")
    };
    /// Passes on the panic of another thread.
    pub static PASS_ON: fn(u64) -> u64 = |n| {
        let other = thread::spawn(move || -> u64 { panic!("elsewhere {n}") });
        other.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
    };
    pub static ABORT: fn(u64) -> u64 = |_| process::abort();
    pub static EXIT: fn(i32) -> u64 = |code| process::exit(code);
    pub static OVERFLOW: fn(u64) -> u64 = |n| {
        fn deeper(n: u64) -> u64 {
            let page = black_box([n; 512]);
            if page[0] == u64::MAX { 0 } else { deeper(n + 1) + page[(n % 512) as usize] }
        }
        deeper(n)
    };
    /// Allocates n MiB and touches them.
    pub static ALLOCATE: fn(usize) -> usize = |mib| black_box(vec![1u8; mib << 20]).len() >> 20;
    /// Dies at number 0, in the given way: a poison task among others.
    pub static TRAP: fn((String, u64)) -> u64 = |(way, n)| {
        if n == 0 {
            match way.as_str() {
                "abort" => process::abort(),
                "hang" => thread::sleep(Duration::from_secs(1000)),
                "kill" => self_kill("KILL"),
                _ => panic!("{way}"),
            }
        }
        n * n
    };
    /// Aborts at the first run and succeeds at the second; a file at the path marks the first.
    pub static ONCE: fn(String) -> bool = |path| {
        let path = Path::new(&path);
        let was_here = path.exists();
        File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
        if !was_here {
            process::abort();
        }
        was_here
    };
    pub static PRINT: fn(u64) -> u64 = |n| {
        print!("half a line {n}");
        let mut input = String::new();
        assert_eq!(std::io::stdin().read_line(&mut input).unwrap(), 0, "standard input is empty");
        n
    };
    /// Starts a process that sleeps for long, and returns its pid.
    pub static CHILD: fn(()) -> u32 = |()| process::Command::new("sleep").arg("1000").spawn().unwrap().id();
    /// Writes into every pipe whose writing end this worker holds.
    pub static SCRIBBLE: fn(Vec<u8>) -> u64 = |bytes| {
        for mut pipe in pipes_of(process::id()) {
            let _ = pipe.write_all(&bytes);
        }
        0
    };
}

/// Reopens the pipes whose writing end a process holds, except its standard streams.
pub fn pipes_of(pid: u32) -> Vec<File> {
    let is_pipe = |path: &Path| fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("pipe:"));
    let pipe = |entry: fs::DirEntry| {
        let number: i32 = entry.file_name().to_string_lossy().parse().unwrap();
        // proc_pid_fdinfo(5): the access mode is the last octal digit, 1 is O_WRONLY.
        let info = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).unwrap_or_default();
        let is_writable = info.lines().any(|line| line.starts_with("flags:") && line.ends_with('1'));
        let path = entry.path();
        if number > 2 && is_writable && is_pipe(&path) { File::options().write(true).open(path).ok() } else { None }
    };
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten().filter_map(pipe).collect()
}

task! {
    /// A pair of tasks. The first waits until the second has begun. The second writes its pid to the first file, waits for
    /// the second file to appear, and returns more than its pipe takes, which it has shrunk to the minimum.
    #[cfg(target_os = "linux")]
    pub static CORK: fn((String, String, bool)) -> String = |(path, go, waits)| {
        let there = |path: &str| {
            let start = Instant::now();
            while !Path::new(path).exists() && start.elapsed() < Duration::from_secs(60) {
                thread::sleep(Duration::from_millis(1));
            }
        };
        if waits {
            there(&path);
            return String::new();
        }
        let mut note = File::options().create(true).append(true).open(path).unwrap();
        writeln!(note, "{}", process::id()).unwrap();
        for pipe in pipes_of(process::id()) {
            rustix::pipe::fcntl_setpipe_size(pipe, 4096).unwrap();
        }
        there(&go);
        "x".repeat(60_000)
    };
    /// Other systems cannot shrink a pipe.
    #[cfg(not(target_os = "linux"))]
    pub static CORK: fn((String, String, bool)) -> String = |_| String::new();
}

task! {
    /// Appends a byte to a file, closes all descriptors but the standard ones, and returns.
    pub static CLOSE_ALL: fn(String) -> u64 = |path| {
        File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
        for number in 3..1000 {
            close(number);
        }
        1
    };
    /// Appends a byte to a file, and returns so many bytes.
    pub static HUGE: fn((String, usize)) -> Bytes = |(path, len)| {
        File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
        Bytes::from(vec![1; len])
    };
    /// Forks, and returns in both processes.
    pub static FORK_OFF: fn(u64) -> u64 = |n| {
        fork();
        n
    };
}

pub use crate::raw::{become_nobody, close, deny_memfd, fork};

static KEPT: OnceLock<(Bytes, u8)> = OnceLock::new();
task! {
    /// Keeps the first bytes that it gets, which are all the same; returns whether they are unchanged.
    pub static KEEP: fn(Bytes) -> bool = |bytes| {
        let first = bytes[0];
        let (kept, was) = KEPT.get_or_init(|| (bytes, first));
        kept.iter().all(|byte| byte == was)
    };
    /// Returns so many bytes of this value.
    pub static BYTES: fn((usize, u8)) -> Bytes = |(len, value)| Bytes::with(len, |bytes| bytes.fill(value));
    /// Returns the same bytes twice.
    pub static TWICE: fn((usize, u8)) -> (Bytes, Bytes) = |(len, value)| {
        let bytes = Bytes::with(len, |bytes| bytes.fill(value));
        (bytes.clone(), bytes)
    };
}
static HELD: std::sync::Mutex<Option<Bytes>> = std::sync::Mutex::new(None);
task! {
    /// Holds the bytes until it gets the next ones.
    pub static HOLD: fn(Bytes) -> () = |bytes| *HELD.lock().unwrap() = Some(bytes);
    /// Writes its pid to a file, and never ends.
    pub static HANG: fn(String) -> u64 = |path| {
        fs::write(path, process::id().to_string()).unwrap();
        loop {
            thread::sleep(Duration::from_secs(1000));
        }
    };
    /// Holds bytes of its own.
    pub static HOLD_OWN: fn((usize, u8)) -> () = |(len, value)| {
        *HELD.lock().unwrap() = Some(Bytes::with(len, |bytes| bytes.fill(value)));
    };
    /// Returns the bytes that are held, of the next argument or an earlier one.
    pub static RETURN_HELD: fn(()) -> Option<Bytes> = |()| HELD.lock().unwrap().clone();
    pub static STOP: fn(u64) -> u64 = |n| {
        self_kill("STOP");
        n
    };
    pub static SELF_KILL: fn(u64) -> u64 = |n| {
        self_kill("KILL");
        n
    };
    /// Appends a byte to a file; then kills its worker, or sleeps for a moment.
    pub static NOTE: fn((String, bool)) -> () = |(path, dies)| {
        File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
        if dies {
            self_kill("KILL");
        }
        thread::sleep(Duration::from_millis(5));
    };
}

task! {
    /// The working directory of its worker.
    pub static FOLDER: fn(()) -> PathBuf = |()| std::env::current_dir().unwrap();
    /// The number of threads of its worker.
    pub static THREADS: fn(()) -> usize = |()| threads();
}

fn self_kill(signal: &str) {
    let _ = process::Command::new("sh").args(["-c", &format!("kill -{signal} {}", process::id())]).status();
    // Wait for the signal to arrive.
    thread::sleep(Duration::from_secs(1));
}

task! {
    /// Appends its pid to the first file, waits until the second exists, and returns its pid; without what has no name.
    pub static GATE: fn((String, String)) -> u32 = |(begun, go)| {
        if !begun.is_empty() {
            let line = format!("{}\n", process::id());
            File::options().create(true).append(true).open(begun).unwrap().write_all(line.as_bytes()).unwrap();
        }
        while !go.is_empty() && !Path::new(&go).exists() {
            thread::sleep(Duration::from_millis(1));
        }
        process::id()
    };
    /// An error of its own for odd numbers.
    pub static FALLIBLE: fn(u64) -> Result<u64, String> = |n| if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) };
    /// The children of a node in a binary tree of so many nodes, numbered from 1.
    pub static LINKS: fn((u64, u64)) -> Vec<u64> = |(n, nodes)| [2 * n, 2 * n + 1].into_iter().filter(|child| *child <= nodes).collect();
    /// Leaks so many MiB, and returns its pid.
    pub static LEAK: fn(usize) -> u32 = |mib| {
        std::mem::forget(black_box(vec![1u8; mib << 20]));
        process::id()
    };
    /// A text of a MiB.
    pub static LONG: fn(u64) -> String = |_| "x".repeat(1 << 20);
    pub static COUNTED: fn(Counted) -> u64 = |counted| counted.0;
    pub static FRAGILE: fn(Fragile) -> u64 = |fragile| fragile.0;
}

/// A number that counts how often it and its clones are encoded.
#[derive(Clone, Debug, Default)]
pub struct Counted(pub u64, pub Arc<AtomicUsize>);

impl serde::Serialize for Counted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Counted, D::Error> {
        Ok(Counted(u64::deserialize(deserializer)?, Arc::default()))
    }
}

/// A number; the largest cannot be encoded without a panic.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Fragile(pub u64);

impl serde::Serialize for Fragile {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        assert!(self.0 < u64::MAX, "fragile");
        serializer.serialize_newtype_struct("Fragile", &self.0)
    }
}

/// Not registered.
pub static STRANGER: Task<u64, u64> = Task::new("stranger", |n| n);
