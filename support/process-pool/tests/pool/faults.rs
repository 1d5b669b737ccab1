//! Workers that die, hang or talk nonsense: each fault is really brought about.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use process_pool::{Bytes, End, Failure, Finish, Pool};

use crate::basics::{START, builder, pool};
use crate::common::{Program, can_look, children, lives, signal, until, zombies};
use crate::tasks::{
    ABORT, ALLOCATE, CHILD, CORK, EXIT, NOTE, ONCE, OVERFLOW, PID, PRINT, REVERSE, SCRIBBLE, SELF_KILL, SLEEP, SPIN,
    SQUARE, STOP, TRAP, pipes_of,
};

crate::tests![
    killed_while_idle,
    all_killed_while_idle,
    killed_while_computing,
    killed_while_sending_and_receiving,
    a_storm_loses_nothing,
    deaths_have_names,
    memory_has_a_limit,
    what_hangs_is_stopped,
    who_was_stopped_is_replaced,
    who_was_stopped_while_idle_is_replaced,
    one_poison_among_ten_thousand,
    a_second_attempt_succeeds,
    what_must_not_repeat_does_not,
    one_death_without_retries_hurts_nobody_else,
    an_answer_on_its_way_dies_with_its_worker,
    a_time_limit_does_not_run_while_there_is_nothing_to_do,
    a_rest_is_not_counted_as_silence,
    nonsense_counts_as_death,
    printing_does_not_disturb,
    grandchildren_do_not_disturb,
    grandchildren_end_with_the_parent,
    a_thousand_deaths_leave_nothing,
    who_cannot_live_is_not_started_for_ever,
    nothing_is_left_in_shared_memory,
];

fn all_right(squares: Vec<Result<u64, Failure>>) {
    for (n, square) in (0..).zip(squares) {
        assert_eq!(square, Ok(n * n));
    }
}

fn killed_while_idle() {
    for _ in 0..20 {
        let mut pool = pool(2);
        all_right(pool.map(&SQUARE, 0..10));
        signal("KILL", pool.workers()[0]);
        all_right(pool.map(&SQUARE, 0..20));
        assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    }
}

fn all_killed_while_idle() {
    let mut pool = pool(3);
    for _ in 0..5 {
        pool.workers().into_iter().for_each(|worker| signal("KILL", worker));
        all_right(pool.map(&SQUARE, 0..100));
    }
}

/// Kills workers of this pool, chosen by turns, with such pauses, until it is told to stop; returns how many.
fn killer(workers: impl Fn() -> Vec<u32> + Send, pause: Duration, most: usize, stop: &AtomicBool) -> usize {
    let mut killed = 0;
    while killed < most && !stop.load(Ordering::Relaxed) {
        thread::sleep(pause);
        let workers = workers();
        if let Some(worker) = workers.get(killed % workers.len().max(1))
            && kill(*worker)
        {
            killed += 1;
        }
    }
    killed
}

/// Says stop, also when an assertion fails: whoever waits for the killer would wait for ever.
struct AtLast<'a>(&'a AtomicBool);

impl Drop for AtLast<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn kill(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).is_ok()
}

/// The workers of a pool that is in use: children by the name of this test, whose group they lead, and no others'.
fn workers_of(marker: &'static AtomicUsize) -> impl Fn() -> Vec<u32> + Send {
    move || {
        // The pids of this pool are published by the thread that uses it.
        let packed = marker.load(Ordering::Relaxed);
        let (a, b) = ((packed >> 32) as u32, packed as u32);
        [a, b].into_iter().filter(|pid| *pid > 0 && lives(*pid)).collect()
    }
}

fn publish(marker: &AtomicUsize, pids: &[u32]) {
    let pid = |n: usize| pids.get(n).map_or(0, |pid| *pid as usize);
    marker.store(pid(0) << 32 | pid(1), Ordering::Relaxed);
}

fn killed_while_computing() {
    static WORKERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let marker = &WORKERS[START.get() as usize]; // the same test runs beside this one, in the other way
    let mut pool = builder().workers(2).retries(9).build().unwrap();
    publish(marker, &pool.workers());
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let killed = scope.spawn(|| killer(workers_of(marker), Duration::from_millis(30), 2, &stop));
        let results = {
            let _stop = AtLast(&stop);
            pool.map(&SLEEP, [100; 8])
        };
        assert_eq!(results, vec![Ok(100); 8]);
        assert_eq!(killed.join().unwrap(), 2);
    });
}

/// A task there and back while somebody kills a worker every few ms. Returns how many were killed.
fn under_fire<R>(
    pool: &mut Pool,
    marker: &'static AtomicUsize,
    pause: Duration,
    kills: usize,
    mut work: impl FnMut(&mut Pool, &mut dyn FnMut(&Pool)) -> R,
) -> (R, usize) {
    let stop = AtomicBool::new(false);
    publish(marker, &pool.workers());
    thread::scope(|scope| {
        let killed = scope.spawn(|| killer(workers_of(marker), pause, kills, &stop));
        let done = {
            let _stop = AtLast(&stop);
            work(pool, &mut |pool| publish(marker, &pool.workers()))
        };
        (done, killed.join().unwrap())
    })
}

fn killed_while_sending_and_receiving() {
    static WORKERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let marker = &WORKERS[START.get() as usize]; // the same test runs beside this one, in the other way
    let mut pool = builder().workers(2).retries(50).build().unwrap();
    let (done, killed) = under_fire(&mut pool, marker, Duration::from_millis(5), 60, |pool, publish| {
        let mut done = 0;
        // Bytes by shared memory, 1 MiB each way, and 60 KiB each way through the pipes in pieces.
        while done < 400 {
            for len in [1 << 20, 60_000] {
                let sent: Vec<Bytes> = (0..8u8).map(|n| Bytes::from([vec![n; len - 1], vec![99]].concat())).collect();
                for (n, answer) in (0..).zip(pool.map(&REVERSE, &sent)) {
                    assert_eq!(*answer.unwrap(), *[vec![99], vec![n; len - 1]].concat());
                }
                done += 8;
                publish(pool);
            }
        }
        done
    });
    assert!(done >= 400 && killed > 0, "{killed} killed");
}

/// 200 kills over 20,000 tasks: every result is right and there once.
fn a_storm_loses_nothing() {
    static WORKERS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
    let marker = &WORKERS[START.get() as usize]; // the same test runs beside this one, in the other way
    let mut pool = builder().workers(2).retries(20).build().unwrap();
    let mut rounds = 0;
    let (seen, killed) = under_fire(&mut pool, marker, Duration::from_millis(3), 200, |pool, publish| {
        // As many rounds of 20,000 as the 200 kills take.
        loop {
            rounds += 1;
            let mut seen = vec![0; 20_000];
            let mut results = pool.imap_unordered(&SPIN, (0..20_000).map(|n| (n, 20)));
            while let Some((place, result)) = results.next() {
                assert_eq!(result, Ok(place as u64));
                seen[place] += 1;
                if place % 16 == 0 {
                    publish(results.pool());
                }
            }
            drop(results);
            assert!(seen.iter().all(|times| *times == 1), "each is delivered once");
            if rounds == 20 || marker.load(Ordering::Relaxed) == 0 {
                return seen.len();
            }
            publish(pool);
        }
    });
    assert_eq!((seen, killed), (20_000, 200));
}

fn deaths_have_names() {
    let mut pool = pool(2);
    let died = |how| Err(Failure::Died { how, attempts: 3 });
    assert_eq!(pool.call(&ABORT, &0), died(End::Signal(6)));
    assert_eq!(pool.call(&EXIT, &7), died(End::Code(7)));
    assert_eq!(pool.call(&EXIT, &0), died(End::Code(0)), "not an answer either");
    assert_eq!(pool.call(&OVERFLOW, &1), died(End::Signal(6)));
    assert_eq!(pool.call(&SELF_KILL, &1), died(End::Signal(9)));
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
}

fn memory_has_a_limit() {
    if !process_pool::limits::can_limit_memory() {
        println!("not measured: no memory limit on this system");
        return;
    }
    let mut pool = builder().workers(1).memory(64 << 20).build().unwrap();
    assert_eq!(pool.call(&ALLOCATE, &16), Ok(16));
    assert_eq!(pool.call(&ALLOCATE, &200), Err(Failure::Died { how: End::Signal(6), attempts: 3 }));
    assert_eq!(pool.call(&ALLOCATE, &16), Ok(16));
    // What is shared is not what the worker allocates.
    let bytes = pool.bytes(200 << 20, |bytes| bytes.fill(1));
    assert_eq!(pool.call(&crate::tasks::KEEP, &bytes), Ok(true));
    // Not even a worker fits into this.
    let mut pool = builder().workers(1).memory(0).retries(0).build().unwrap();
    assert!(matches!(pool.call(&ALLOCATE, &1), Err(Failure::NoWorker(_) | Failure::Died { .. })));
}

fn what_hangs_is_stopped() {
    let limit = Duration::from_millis(200);
    let mut pool = builder().workers(2).timeout(limit).record(true).build().unwrap();
    let tasks = (0..3000).map(|n| ("hang".to_owned(), (n + 3000 - 1234) % 3000));
    for (n, result) in pool.map(&TRAP, tasks).into_iter().enumerate() {
        let number = (n as u64 + 3000 - 1234) % 3000;
        let expected = if number == 0 { Err(Failure::TimedOut { attempts: 3 }) } else { Ok(number * number) };
        assert_eq!(result, expected, "{n}");
    }
    let stopped: Vec<_> = pool.history().iter().filter(|stint| stint.finish == Finish::TimedOut).collect();
    assert_eq!(stopped.len(), 3);
    assert!(stopped.iter().all(|s| s.task == 1234 && Duration::from_nanos(s.end - s.start) >= limit));
}

fn who_was_stopped_is_replaced() {
    // The worker stops itself in the middle of the task: as often as it may be tried. No time limit is needed for that.
    let mut pool = builder().workers(1).retries(1).build().unwrap();
    assert_eq!(pool.call(&STOP, &1), Err(Failure::Died { how: End::Stopped, attempts: 2 }));
    assert_eq!(pool.call(&SQUARE, &3), Ok(9));
}

fn who_was_stopped_while_idle_is_replaced() {
    let mut pool = pool(2);
    all_right(pool.map(&SQUARE, 0..10));
    signal("STOP", pool.workers()[0]);
    all_right(pool.map(&SQUARE, 0..100));
}

fn one_poison_among_ten_thousand() {
    for way in ["abort", "kill"] {
        let mut pool = builder().workers(2).record(true).build().unwrap();
        let tasks = (0..10_000).map(|n| (way.to_owned(), (n + 10_000 - 6789) % 10_000));
        let results = pool.map(&TRAP, tasks);
        let failed: Vec<usize> = (0..results.len()).filter(|n| results[*n].is_err()).collect();
        assert_eq!(failed, [6789], "nobody else fails");
        let blamed: Vec<usize> = pool.history().iter().filter(|s| s.finish == Finish::Died).map(|s| s.task).collect();
        assert_eq!(blamed, [6789; 3], "nor is anybody else blamed once");
        let how = End::Signal(if way == "abort" { 6 } else { 9 });
        assert_eq!(results[6789], Err(Failure::Died { how, attempts: 3 }));
        for (n, result) in results.into_iter().enumerate().filter(|(n, _)| *n != 6789) {
            let number = (n as u64 + 10_000 - 6789) % 10_000;
            assert_eq!(result, Ok(number * number));
        }
    }
}

fn note(name: &str) -> PathBuf {
    let path =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{:?}-{}", START.get(), std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

fn a_second_attempt_succeeds() {
    let path = note("once");
    assert_eq!(pool(1).call(&ONCE, &path.to_str().unwrap().to_owned()), Ok(true));
    assert_eq!(fs::read(&path).unwrap().len(), 2, "begun twice");
    fs::remove_file(path).unwrap();
}

fn what_must_not_repeat_does_not() {
    let path = note("must-not-repeat");
    let task = |dies| (path.to_str().unwrap().to_owned(), dies);
    let died = Failure::Died { how: End::Signal(9), attempts: 1 };
    let mut pool = builder().workers(2).retries(0).build().unwrap();

    // Each tenth dies for sure in the middle of its work.
    let results = pool.map(&NOTE, (0..50).map(|n| task(n % 10 == 3)));
    for (n, result) in results.into_iter().enumerate() {
        assert_eq!(result, if n % 10 == 3 { Err(died.clone()) } else { Ok(()) }, "task {n}");
    }
    assert_eq!(fs::read(&path).unwrap().len(), 50, "every task ran, none twice");
    fs::remove_file(&path).unwrap();

    // Killed from outside, at any moment: between two tasks nobody is hurt, so how many fail is not known.
    let mut results = pool.imap_unordered(&NOTE, (0..50).map(|_| task(false)));
    let mut ended = 0;
    while let Some((_, result)) = results.next() {
        ended += 1;
        assert!(result.is_ok() || result == Err(died.clone()), "{result:?}");
        if ended % 10 == 0 {
            results.pool().workers().into_iter().for_each(|worker| _ = kill(worker));
        }
    }
    drop(results);
    assert_eq!(ended, 50, "each ends once");
    assert!(fs::read(&path).unwrap().len() <= 50, "no task ran twice");
    fs::remove_file(path).unwrap();
}

fn one_death_without_retries_hurts_nobody_else() {
    // Quick ones, which would travel together if they might run twice.
    let mut pool = builder().workers(2).retries(0).build().unwrap();
    let tasks = (0..2000).map(|n| ("kill".to_owned(), (n + 2000 - 1234) % 2000));
    let results = pool.map(&TRAP, tasks);
    let failed: Vec<usize> = (0..results.len()).filter(|n| results[*n].is_err()).collect();
    assert_eq!(failed, [1234]);
    assert_eq!(results[1234], Err(Failure::Died { how: End::Signal(9), attempts: 1 }));
}

/// A worker is killed when its task has ended, and half of the answer stands in the pipe.
fn an_answer_on_its_way_dies_with_its_worker() {
    if !can_look() {
        return;
    }
    for (retries, end) in [(0, Err(Failure::Died { how: End::Signal(9), attempts: 1 })), (2, Ok("x".repeat(60_000)))] {
        let (path, go) = (note("begun"), note("go"));
        let task = |waits| (path.to_str().unwrap().to_owned(), go.to_str().unwrap().to_owned(), waits);
        let mut pool = builder().workers(2).retries(retries).record(true).build().unwrap();
        let mut results = pool.imap_unordered(&CORK, [task(true), task(false)]);
        assert_eq!(results.next(), Some((0, Ok(String::new()))));
        let pid = until("the other has begun", || fs::read_to_string(&path).ok()?.trim().parse().ok());
        fs::write(&go, "").unwrap();
        // Nobody reads now: its pipe is full, and it waits in the middle of its answer.
        let waiting = || pipes_of(pid).into_iter().any(|pipe| rustix::io::ioctl_fionread(pipe).unwrap() > 0);
        until("half an answer is there", || waiting().then_some(()));
        assert!(kill(pid));
        assert_eq!(results.next(), Some((1, end)), "retries: {retries}");
        assert_eq!(results.next(), None);
        drop(results);
        let begun = fs::read_to_string(&path).unwrap().lines().count();
        assert_eq!(begun, if retries == 0 { 1 } else { 2 }, "retries: {retries}");
        assert!(pool.history().iter().all(|stint| stint.finish == Finish::Done), "no task is to blame");
        [path, go].into_iter().for_each(|file| fs::remove_file(file).unwrap());
    }
}

fn a_time_limit_does_not_run_while_there_is_nothing_to_do() {
    let limit = Duration::from_secs(2);
    let mut pool = builder().workers(1).timeout(limit).retries(0).build().unwrap();
    assert_eq!(pool.call(&SLEEP, &1), Ok(1));
    thread::sleep(limit + Duration::from_millis(200));
    assert_eq!(pool.call(&SLEEP, &50), Ok(50));
}

/// A worker that has rested for long is given a task and does not begin it at once: here, as it is stopped for a moment.
fn a_rest_is_not_counted_as_silence() {
    // On a busy machine the moment may be long; not every time.
    for _ in 0..5 {
        let mut pool = builder().workers(1).retries(0).build().unwrap();
        assert_eq!(pool.call(&SQUARE, &2), Ok(4));
        let worker = pool.workers();
        thread::sleep(Duration::from_millis(1500));
        signal("STOP", worker[0]);
        let answer = thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(200));
                signal("CONT", worker[0]);
            });
            pool.call(&SQUARE, &3)
        });
        if answer == Ok(9) && pool.workers() == worker {
            return;
        }
    }
    panic!("it was taken for dead each time");
}

fn nonsense_counts_as_death() {
    // Once each: what a gigabyte to come is worth is known only after some seconds.
    let mut pool = builder().workers(2).retries(0).build().unwrap();
    for nonsense in [
        b"x".to_vec(),
        b"PL".to_vec(),
        b"PL\x03\0\xff\xff\xff\x3f".to_vec(), // an honest face, and a gigabyte to come
        b"PL\x01\0\0\0\0\0".to_vec(),
        b"PL\x03\0\x03\0\0\0\x05\0\0".to_vec(), // more results than there are tasks
        b"PL\x03\0\x0b\0\0\0\x01\0\0\0\x03\x80\x80\x80\x80\x80\x20".to_vec(), // a value behind the end of the memory
        b"PL\x03\0\x06\0\0\0\x01\0\0\0\x03\0".to_vec(), // a value where the claims are
        vec![0xff; 100_000],
    ] {
        let died = pool.call(&SCRIBBLE, &nonsense);
        assert_eq!(died, Err(Failure::Died { how: End::ProtocolError, attempts: 1 }), "{nonsense:?}");
        assert_eq!(pool.call(&SQUARE, &3), Ok(9));
    }
}

fn printing_does_not_disturb() {
    let mut pool = pool(2);
    assert_eq!(pool.map(&PRINT, 0..50), (0..50).map(Ok).collect::<Vec<_>>());
}

fn grandchildren_do_not_disturb() {
    let mut pool = pool(1);
    let child = pool.call(&CHILD, &()).unwrap();
    all_right(pool.map(&SQUARE, 0..1000));
    if can_look() {
        assert!(lives(child));
    }
    pool.workers().into_iter().for_each(|worker| _ = kill(worker));
    all_right(pool.map(&SQUARE, 0..1000));
    if can_look() {
        until("the dead worker's child is gone too", || (!lives(child)).then_some(()));
    }
    let child = pool.call(&CHILD, &()).unwrap();
    drop(pool);
    if can_look() {
        until("the last worker's child is gone too", || (!lives(child)).then_some(()));
    }
}

fn grandchildren_end_with_the_parent() {
    if !can_look() {
        return;
    }
    let mut program = Program(crate::scene("childless").spawn().unwrap());
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let grandchild = line.trim().parse().unwrap();
    assert!(lives(grandchild));
    drop(program); // kill -9
    until("what the task has started is gone as well", || (!lives(grandchild)).then_some(()));
}

/// A parent whose worker's task has started a process. It says which, and waits.
pub fn childless() {
    let mut pool = pool(1);
    println!("{}", pool.call(&CHILD, &()).unwrap());
    thread::sleep(Duration::from_secs(1000));
}

/// Runs alone, in a process of its own: the other tests have children and descriptors too.
fn a_thousand_deaths_leave_nothing() {
    if !can_look() {
        return;
    }
    crate::alone("deaths");
}

pub fn a_thousand_deaths() {
    let descriptors = || fs::read_dir("/proc/self/fd").unwrap().count();
    let maps = || fs::read_to_string("/proc/self/maps").unwrap().lines().count();
    let zombies = || zombies(std::process::id());
    let mut pool = pool(2);
    assert_eq!(pool.map(&SLEEP, [50, 50]), [Ok(50), Ok(50)]);
    let before = (descriptors(), maps());
    let mut deaths = BTreeSet::new();
    while deaths.len() < 1000 {
        for worker in pool.workers() {
            assert!(kill(worker));
            deaths.insert(worker);
        }
        // Enough for both: the idle one is replaced as well.
        assert_eq!(pool.map(&SLEEP, [1, 1]), [Ok(1), Ok(1)]);
    }
    until("everything is as it was", || {
        pool.map(&SLEEP, [20, 20]);
        (descriptors() <= before.0 && maps() <= before.1 + 8 && zombies() == 0).then_some(())
    });
    drop(pool);
    assert!(children(std::process::id()).is_empty() && zombies() == 0);
}

fn who_cannot_live_is_not_started_for_ever() {
    crate::alone("stillborn");
}

/// In a program whose workers know other tasks than their parent: the first word of each is wrong.
pub fn stillborn() {
    let mut pool = builder().workers(2).build().unwrap();
    let results = pool.map(&PID, vec![(); 1000]);
    assert_eq!(results.len(), 1000);
    for result in results {
        assert!(matches!(result, Err(Failure::NoWorker(_))), "{result:?}");
    }
    assert!(pool.imap_unordered(&PID, std::iter::repeat(())).take(10_000).all(|(_, result)| result.is_err()));
}

fn nothing_is_left_in_shared_memory() {
    let Ok(listing) = fs::read_dir("/dev/shm") else {
        println!("not measured: this system has no /dev/shm");
        return;
    };
    let before: BTreeSet<_> = listing.flatten().map(|entry| entry.file_name()).collect();
    let mut pool = pool(2);
    pool.map(&REVERSE, (0..4).map(|n| Bytes::from(vec![n; 1 << 20])));
    pool.workers().into_iter().for_each(|worker| _ = kill(worker));
    pool.map(&REVERSE, (0..4).map(|n| Bytes::from(vec![n; 1 << 20])));
    drop(pool);
    let after: BTreeSet<_> = fs::read_dir("/dev/shm").unwrap().flatten().map(|entry| entry.file_name()).collect();
    let ours: Vec<_> = after.difference(&before).filter(|name| name.to_string_lossy().contains("pool")).collect();
    assert!(ours.is_empty(), "{ours:?}");
    let temp = fs::read_dir(std::env::temp_dir()).unwrap().flatten();
    let ours = temp.filter(|e| e.file_name().to_string_lossy().starts_with(&format!(".pool-{}", std::process::id())));
    assert_eq!(ours.count(), 0);
}
