//! The tasks of these tests.

use std::fs::{self, File};
use std::hint::black_box;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use process_pool::{Bytes, Run, Task};

pub static TASKS: &[&dyn Run] = &[
    &SQUARE,
    &ECHO,
    &REVERSE,
    &NUMBERS,
    &PID,
    &SLEEP,
    &SPIN,
    &PANIC,
    &ABORT,
    &EXIT,
    &OVERFLOW,
    &ALLOCATE,
    &TRAP,
    &ONCE,
    &PRINT,
    &CHILD,
    &SCRIBBLE,
    &KEEP,
    &STOP,
    &SELF_KILL,
    &NOTE,
    &CORK,
    &FOLDER,
    &THREADS,
    &CATCH,
    &PANIC_TWICE,
    &PASS_ON,
    &CLOSE_ALL,
    &HUGE,
    &FORK_OFF,
    &BYTES,
    &TWICE,
    &HOLD,
    &HOLD_OWN,
    &RETURN_HELD,
    &HANG,
    &GATE,
    &FALLIBLE,
    &LINKS,
    &LEAK,
    &LONG,
    &COUNTED,
];

pub static SQUARE: Task<u64, u64> = Task::new("square", |n| n * n);
pub static ECHO: Task<Bytes, Bytes> = Task::new("echo", |bytes| bytes);
pub static REVERSE: Task<Bytes, Bytes> = Task::new("reverse", |bytes| {
    Bytes::with(bytes.len(), |out| out.iter_mut().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from))
});
pub static NUMBERS: Task<Vec<u64>, Vec<u64>> = Task::new("numbers", |numbers| numbers.iter().map(|n| n + 1).collect());
pub static PID: Task<(), u32> = Task::new("pid", |()| process::id());
/// Sleeps for n ms and returns n.
pub static SLEEP: Task<u64, u64> = Task::new("sleep", |ms| {
    thread::sleep(Duration::from_millis(ms));
    ms
});
/// Computes for the given number of µs and returns the first number.
pub static SPIN: Task<(u64, u64), u64> = Task::new("spin", |(n, us)| {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(us) {
        black_box(n);
    }
    n
});
pub static PANIC: Task<u64, u64> = Task::new("panic", |n| panic!("on purpose {n}"));
/// The line of [`PANIC`]'s panic.
pub const PANIC_LINE: u32 = line!() - 2;
/// Panics, catches it, and then panics for good.
pub static CATCH: Task<(), u64> = Task::new("catch", |()| {
    let _ = std::panic::catch_unwind(|| panic!("caught by the task"));
    panic!("not caught")
});
/// Panics again while the first panic unwinds.
pub static PANIC_TWICE: Task<u64, u64> = Task::new("panic-twice", |n| {
    struct Again;
    impl Drop for Again {
        fn drop(&mut self) {
            panic!("the second");
        }
    }
    let _again = Again;
    panic!("the first {n}")
});
/// Passes on the panic of another thread.
pub static PASS_ON: Task<u64, u64> = Task::new("pass-on", |n| {
    let other = thread::spawn(move || -> u64 { panic!("elsewhere {n}") });
    other.join().unwrap_or_else(|payload| std::panic::resume_unwind(payload))
});
pub static ABORT: Task<u64, u64> = Task::new("abort", |_| process::abort());
pub static EXIT: Task<i32, u64> = Task::new("exit", |code| process::exit(code));
pub static OVERFLOW: Task<u64, u64> = Task::new("overflow", |n| {
    fn deeper(n: u64) -> u64 {
        let page = black_box([n; 512]);
        if page[0] == u64::MAX { 0 } else { deeper(n + 1) + page[(n % 512) as usize] }
    }
    deeper(n)
});
/// Allocates n MiB and touches them.
pub static ALLOCATE: Task<usize, usize> = Task::new("allocate", |mib| black_box(vec![1u8; mib << 20]).len() >> 20);
/// Dies at number 0, in the given way: a poison task among others.
pub static TRAP: Task<(String, u64), u64> = Task::new("trap", |(way, n)| {
    if n == 0 {
        match way.as_str() {
            "abort" => process::abort(),
            "hang" => thread::sleep(Duration::from_secs(1000)),
            "kill" => self_kill("KILL"),
            _ => panic!("{way}"),
        }
    }
    n * n
});
/// Aborts at the first run and succeeds at the second; a file at the path marks the first.
pub static ONCE: Task<String, bool> = Task::new("once", |path| {
    let path = Path::new(&path);
    let was_here = path.exists();
    File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
    if !was_here {
        process::abort();
    }
    was_here
});
pub static PRINT: Task<u64, u64> = Task::new("print", |n| {
    print!("half a line {n}");
    let mut input = String::new();
    assert_eq!(std::io::stdin().read_line(&mut input).unwrap(), 0, "standard input is empty");
    n
});
/// Starts a process that sleeps for long, and returns its pid.
pub static CHILD: Task<(), u32> =
    Task::new("child", |()| process::Command::new("sleep").arg("1000").spawn().unwrap().id());
/// Writes into every pipe whose writing end this worker holds.
pub static SCRIBBLE: Task<Vec<u8>, u64> = Task::new("scribble", |bytes| {
    for mut pipe in pipes_of(process::id()) {
        let _ = pipe.write_all(&bytes);
    }
    0
});

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

/// A pair of tasks. The first waits until the second has begun. The second writes its pid to the first file, waits for
/// the second file to appear, and returns more than its pipe takes, which it has shrunk to the minimum.
#[cfg(target_os = "linux")]
pub static CORK: Task<(String, String, bool), String> = Task::new("cork", |(path, go, waits)| {
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
});
/// Other systems cannot shrink a pipe.
#[cfg(not(target_os = "linux"))]
pub static CORK: Task<(String, String, bool), String> = Task::new("cork", |_| String::new());

/// Appends a byte to a file, closes all descriptors but the standard ones, and returns.
pub static CLOSE_ALL: Task<String, u64> = Task::new("close-all", |path| {
    File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
    for number in 3..1000 {
        close(number);
    }
    1
});
/// Appends a byte to a file, and returns so many bytes.
pub static HUGE: Task<(String, usize), Bytes> = Task::new("huge", |(path, len)| {
    File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
    Bytes::from(vec![1; len])
});
/// Forks, and returns in both processes.
pub static FORK_OFF: Task<u64, u64> = Task::new("fork-off", |n| {
    fork();
    n
});

pub use crate::raw::{become_nobody, close, deny_memfd, fork};

static KEPT: OnceLock<(Bytes, u8)> = OnceLock::new();
/// Keeps the first bytes that it gets, which are all the same; returns whether they are unchanged.
pub static KEEP: Task<Bytes, bool> = Task::new("keep", |bytes| {
    let first = bytes[0];
    let (kept, was) = KEPT.get_or_init(|| (bytes, first));
    kept.iter().all(|byte| byte == was)
});
/// Returns so many bytes of this value.
pub static BYTES: Task<(usize, u8), Bytes> =
    Task::new("bytes", |(len, value)| Bytes::with(len, |bytes| bytes.fill(value)));
/// Returns the same bytes twice.
pub static TWICE: Task<(usize, u8), (Bytes, Bytes)> = Task::new("twice", |(len, value)| {
    let bytes = Bytes::with(len, |bytes| bytes.fill(value));
    (bytes.clone(), bytes)
});
static HELD: std::sync::Mutex<Option<Bytes>> = std::sync::Mutex::new(None);
/// Holds the bytes until it gets the next ones.
pub static HOLD: Task<Bytes, ()> = Task::new("hold", |bytes| *HELD.lock().unwrap() = Some(bytes));
/// Writes its pid to a file, and never ends.
pub static HANG: Task<String, u64> = Task::new("hang", |path| {
    fs::write(path, process::id().to_string()).unwrap();
    loop {
        thread::sleep(Duration::from_secs(1000));
    }
});
/// Holds bytes of its own.
pub static HOLD_OWN: Task<(usize, u8), ()> = Task::new("hold-own", |(len, value)| {
    *HELD.lock().unwrap() = Some(Bytes::with(len, |bytes| bytes.fill(value)));
});
/// Returns the bytes that are held, of the next argument or an earlier one.
pub static RETURN_HELD: Task<(), Option<Bytes>> = Task::new("return-held", |()| HELD.lock().unwrap().clone());
pub static STOP: Task<u64, u64> = Task::new("stop", |n| {
    self_kill("STOP");
    n
});
pub static SELF_KILL: Task<u64, u64> = Task::new("self-kill", |n| {
    self_kill("KILL");
    n
});
/// Appends a byte to a file; then kills its worker, or sleeps for a moment.
pub static NOTE: Task<(String, bool), ()> = Task::new("note", |(path, dies)| {
    File::options().create(true).append(true).open(path).unwrap().write_all(b"x").unwrap();
    if dies {
        self_kill("KILL");
    }
    thread::sleep(Duration::from_millis(5));
});

/// The working directory of its worker.
pub static FOLDER: Task<(), PathBuf> = Task::new("folder", |()| std::env::current_dir().unwrap());
/// The number of threads of its worker.
pub static THREADS: Task<(), usize> = Task::new("threads", |()| fs::read_dir("/proc/self/task").unwrap().count());

fn self_kill(signal: &str) {
    let _ = process::Command::new("sh").args(["-c", &format!("kill -{signal} {}", process::id())]).status();
    // Wait for the signal to arrive.
    thread::sleep(Duration::from_secs(1));
}

/// Appends its pid to the first file, waits until the second exists, and returns its pid; without what has no name.
pub static GATE: Task<(String, String), u32> = Task::new("gate", |(begun, go)| {
    if !begun.is_empty() {
        let line = format!("{}\n", process::id());
        File::options().create(true).append(true).open(begun).unwrap().write_all(line.as_bytes()).unwrap();
    }
    while !go.is_empty() && !Path::new(&go).exists() {
        thread::sleep(Duration::from_millis(1));
    }
    process::id()
});
/// An error of its own for odd numbers.
pub static FALLIBLE: Task<u64, Result<u64, String>> =
    Task::new("fallible", |n| if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) });
/// The children of a node in a binary tree of so many nodes, numbered from 1.
pub static LINKS: Task<(u64, u64), Vec<u64>> =
    Task::new("links", |(n, nodes)| [2 * n, 2 * n + 1].into_iter().filter(|child| *child <= nodes).collect());
/// Leaks so many MiB, and returns its pid.
pub static LEAK: Task<usize, u32> = Task::new("leak", |mib| {
    std::mem::forget(black_box(vec![1u8; mib << 20]));
    process::id()
});
/// A text of a MiB.
pub static LONG: Task<u64, String> = Task::new("long", |_| "x".repeat(1 << 20));
pub static COUNTED: Task<Counted, u64> = Task::new("counted", |counted| counted.0);

/// A number that counts, in each thread, how many were encoded.
#[derive(Debug, serde::Deserialize)]
pub struct Counted(pub u64);

thread_local! {
    pub static ENCODED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl serde::Serialize for Counted {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.set(ENCODED.get() + 1);
        serializer.serialize_newtype_struct("Counted", &self.0)
    }
}

/// Not registered.
pub static STRANGER: Task<u64, u64> = Task::new("stranger", |n| n);
