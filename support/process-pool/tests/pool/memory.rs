//! Shared memory: who may still read it, and that it is given back.

use std::fs;

use process_pool::limits::KEPT_MEMORY;
use process_pool::{Bytes, Pool};

use crate::basics::pool;
use crate::common::{can_look, until};
use crate::tasks::{BYTES, ECHO, HOLD, HOLD_OWN, NUMBERS, PID, RETURN_HELD, SQUARE, TWICE};

crate::tests![
    the_same_bytes_twice_are_given_back_once,
    a_block_that_was_lent_twice_is_given_back_twice,
    bytes_of_an_earlier_argument_can_be_returned,
    kept_bytes_are_released,
    large_values_leave_little_behind,
    sizes_that_vary_leave_little_behind,
    without_memfd_files_take_its_place,
    a_full_file_system_kills_nobody,
];

const MIB: usize = 1 << 20;

fn all(bytes: &Bytes, value: u8) -> bool {
    bytes.iter().all(|byte| *byte == value)
}

/// While one of them lives, its memory is not used again.
fn the_same_bytes_twice_are_given_back_once() {
    let pool = pool(1);
    let (one, other) = pool.call(&TWICE, &(MIB, 1)).unwrap();
    drop(one);
    for value in 2..5 {
        assert!(all(&pool.call(&BYTES, &(MIB, value)).unwrap(), value));
        assert!(all(&other, 1), "{value}");
    }
}

/// The worker holds bytes, and returns them with two results. The first result is dropped.
fn a_block_that_was_lent_twice_is_given_back_twice() {
    let pool = pool(1);
    pool.call(&HOLD_OWN, &(MIB, 7)).unwrap();
    let one = pool.call(&RETURN_HELD, &()).unwrap().unwrap();
    let other = pool.call(&RETURN_HELD, &()).unwrap().unwrap();
    drop(one);
    pool.call(&HOLD, &Bytes::from(vec![0; 10])).unwrap();
    for value in 0..5 {
        drop(pool.bytes(MIB, |bytes| bytes.fill(value)));
        assert!(all(&pool.call(&BYTES, &(MIB, value)).unwrap(), value));
        assert!(all(&other, 7), "{value}");
    }
}

fn bytes_of_an_earlier_argument_can_be_returned() {
    let pool = pool(1);
    pool.call(&HOLD, &Bytes::from(vec![3; MIB])).unwrap();
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    assert!(all(&pool.call(&RETURN_HELD, &()).unwrap().unwrap(), 3));
}

/// The worker replaces what it holds a hundred times: only the last is kept. And what it holds keeps nothing else.
fn kept_bytes_are_released() {
    if !can_look() {
        return;
    }
    crate::alone("kept");
}

pub fn kept() {
    let pool = pool(1);
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    let before = resident(std::process::id());
    for n in 0..100 {
        pool.call(&HOLD, &Bytes::from(vec![n; 4 * MIB])).unwrap();
    }
    for n in 0..100 {
        assert_eq!(pool.call(&ECHO, &Bytes::from(vec![n; 4 * MIB])).map(|bytes| bytes.len()), Ok(4 * MIB));
    }
    let grown = resident(std::process::id()).saturating_sub(before);
    assert!(grown < KEPT_MEMORY + 32 * MIB, "{} MiB", grown / MIB);
}

/// Memory of a process, private and shared: proc_pid_status(5).
fn resident(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    };
    of("RssAnon:") + of("RssShmem:")
}

/// What both sides have more than before, once the worker has been idle: the share that may be kept, and a little.
fn little_is_left(pool: &Pool, before: (usize, usize)) {
    let worker = pool.workers()[0];
    let (mut parents, mut workers) = (0, 0);
    until("memory is given back", || {
        parents = resident(std::process::id()).saturating_sub(before.0);
        workers = resident(worker).saturating_sub(before.1);
        // The worker maps what the parent has kept, too.
        let enough = parents <= KEPT_MEMORY + 16 * MIB && workers <= KEPT_MEMORY + 16 * MIB;
        enough.then_some(())
    });
    assert_eq!(pool.workers(), [worker]);
}

fn large_values_leave_little_behind() {
    if can_look() {
        crate::alone("large");
    }
}

pub fn large() {
    let pool = pool(1);
    let worker = pool.call(&PID, &()).unwrap();
    let before = (resident(std::process::id()), resident(worker));
    // Encoded, 160 MiB or more.
    let numbers: Vec<u64> = (0..20 * MIB as u64).collect();
    assert_eq!(pool.call(&NUMBERS, &numbers).map(|numbers| numbers.len()), Ok(20 * MIB));
    drop(numbers);
    little_is_left(&pool, before);
    assert!(all(&pool.call(&BYTES, &(300 * MIB, 1)).unwrap(), 1));
    little_is_left(&pool, before);
    let bytes = pool.bytes(300 * MIB, |bytes| bytes.fill(2));
    assert!(all(&pool.call(&ECHO, &bytes).unwrap(), 2));
    drop(bytes);
    little_is_left(&pool, before);
}

fn sizes_that_vary_leave_little_behind() {
    if can_look() {
        crate::alone("varying");
    }
}

pub fn varying() {
    let pool = pool(1);
    let worker = pool.call(&PID, &()).unwrap();
    let before = (resident(std::process::id()), resident(worker));
    let mut most = 0;
    for n in 0..150 {
        let len = (n * 7919 % 61 + 1) * MIB + n * 4096;
        let bytes = pool.bytes(len, |bytes| bytes.fill(1));
        assert_eq!(pool.call(&BYTES, &(len, 1)).unwrap(), bytes);
        most = most.max(resident(worker));
    }
    // In use: an argument of at most 62 MiB and a result of the same size.
    let bound = before.1 + 2 * 62 * MIB + 2 * KEPT_MEMORY + 16 * MIB;
    assert!(most <= bound, "{} MiB of {}", most / MIB, bound / MIB);
    little_is_left(&pool, before);
}

fn without_memfd_files_take_its_place() {
    if can_look() {
        crate::alone("no-memfd");
    }
}

pub fn no_memfd() {
    if !crate::tasks::deny_memfd() {
        return println!("not measured: no seccomp filter here");
    }
    let pool = pool(2);
    let some = (0..20).map(|n| (3 * MIB + n, n as u8));
    for (n, result) in pool.map(&BYTES, some).into_iter().enumerate() {
        assert!(all(&result.unwrap(), n as u8));
    }
    for n in 0..20 {
        assert!(all(&pool.call(&ECHO, &Bytes::from(vec![n; 2 * MIB])).unwrap(), n));
    }
}

/// All file systems have one MiB, and memfd is denied.
fn a_full_file_system_kills_nobody() {
    let can = "unshare -rm sh -c 'mount -t tmpfs -o size=1m none /dev/shm'";
    let can = std::process::Command::new("sh").args(["-c", can]).stderr(std::process::Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        return println!("not measured: no file system of one's own here");
    }
    for (size, scene) in [("1m", "full"), ("4k", "too-full")] {
        let folder = std::env::temp_dir().join(format!(
            "pool-test-{}-{size}-{:?}",
            std::process::id(),
            crate::basics::START.get()
        ));
        fs::create_dir(&folder).unwrap();
        let of_the_scene = crate::scene(scene);
        let words: Vec<_> = of_the_scene.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        let script = format!(
            "mount -t tmpfs -o size={size} none /dev/shm && mount -t tmpfs -o size={size} none {0} && TMPDIR={0} exec {1} {2}",
            folder.display(),
            std::env::current_exe().unwrap().display(),
            words.join(" "),
        );
        let mut command = std::process::Command::new("unshare");
        command.args(["-rm", "sh", "-c", &script]);
        command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        let output = crate::common::finish(crate::common::Program(command.spawn().unwrap()));
        fs::remove_dir(&folder).unwrap();
        print!("{}", crate::common::out(&output));
        assert!(output.status.success(), "{scene}: {:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
}

/// What does not fit into shared memory goes through the pipe.
pub fn full() {
    if !crate::tasks::deny_memfd() {
        return println!("not measured: no seccomp filter here");
    }
    let pool = pool(2);
    let workers = pool.workers();
    for n in 0..20 {
        assert!(all(&pool.call(&BYTES, &(3 * MIB, n)).unwrap(), n));
        assert!(all(&pool.call(&ECHO, &Bytes::from(vec![n; 300_000])).unwrap(), n));
        assert!(all(&pool.call(&ECHO, &pool.bytes(2 * MIB, |bytes| bytes.fill(n))).unwrap(), n));
    }
    assert_eq!(pool.workers(), workers, "nobody was killed");
}

/// Not even the first pages fit: one clear error.
pub fn too_full() {
    if !crate::tasks::deny_memfd() {
        return println!("not measured: no seccomp filter here");
    }
    let error = crate::basics::builder().workers(1).build().unwrap_err();
    assert!(matches!(error, process_pool::Error::NoSharedMemory(_)), "{error:?}");
}
