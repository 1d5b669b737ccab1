//! How workers are started: forked from a fork server, and without it where it is unavailable. Most of these scenes run
//! in a process of their own, as a process has one server.

use std::io::Write;
use std::{env, fs, process, thread};

use process_pool::{FORKSERVER, Failure, Pool, Start, WorkerLoss};

use crate::basics::{START, builder, pool};
use crate::common::{Census, can_look, children, descriptors, lives, signal, until, workers, zombies};
use crate::tasks::{FOLDER, SQUARE, THREADS};
use crate::{alone, alone_with};

crate::tests![
    the_server_lives_as_long_as_a_pool,
    a_killed_server_is_replaced,
    workers_start_without_a_stopped_server,
    a_server_with_threads_does_not_fork,
    a_worker_has_the_working_directory_of_its_parent,
    a_worker_has_one_thread,
    a_start_that_fails_leaves_nothing,
    a_program_without_init_is_noticed_at_once,
];

/// The fork servers of this process.
fn servers() -> Vec<u32> {
    let all = children(process::id()).into_iter();
    all.filter(|child| child.name == "pool-forkserver").map(|server| server.pid).collect()
}

/// The only fork server, once its workers have set their names.
fn the_server() -> u32 {
    until("there is one server", || if let [server] = servers()[..] { Some(server) } else { None })
}

fn works(pool: &Pool) {
    let squares: Result<Vec<u64>, Failure> = pool.map(&SQUARE, 0..100).into_iter().collect();
    assert!(squares.unwrap().into_iter().eq((0..100).map(|n| n * n)));
}

fn kill_workers(pool: &Pool) {
    pool.workers().into_iter().for_each(|worker| signal("KILL", worker));
}

/// There is a server only where workers are forked.
fn played(scene: &str) {
    if can_look() {
        alone(scene);
    }
}

fn the_server_lives_as_long_as_a_pool() {
    played("server");
}

pub fn server() {
    assert!(servers().is_empty());
    let (one, other) = (pool(1), pool(2));
    [&one, &other].into_iter().for_each(works);
    let server = the_server();
    assert_eq!(workers(process::id()).len(), 3, "its copies are our children");
    assert!(children(process::id()).iter().all(|child| child.command.contains(FORKSERVER)), "nobody is started anew");
    drop(one);
    works(&other);
    assert_eq!(the_server(), server, "one for both pools");
    drop(other);
    assert!(!lives(server) && children(process::id()).is_empty());
    // [`Start::Exec`] needs no server.
    works(&builder().workers(2).start(Start::Exec).build().unwrap());
    assert!(servers().is_empty());
}

fn a_killed_server_is_replaced() {
    played("killed-server");
}

pub fn killed_server() {
    let pool = pool(2);
    works(&pool);
    let first = the_server();
    signal("KILL", first);
    let before = pool.workers();
    works(&pool);
    assert_eq!(pool.workers(), before, "no worker is hurt");
    // The other worker lives on, and holds nothing of the old server.
    signal("KILL", before[0]);
    works(&pool);
    let second = the_server();
    assert_ne!(second, first);
    // All at once.
    pool.workers().into_iter().chain([second]).for_each(|pid| signal("KILL", pid));
    works(&pool);
    drop(pool);
    assert!(children(process::id()).is_empty());
}

fn workers_start_without_a_stopped_server() {
    played("stopped-server");
}

pub fn stopped_server() {
    let pool = pool(1);
    works(&pool);
    let server = the_server();
    signal("STOP", server);
    kill_workers(&pool);
    works(&pool);
    assert!(!lives(server), "it is of no use any more");
    // The next server does its work.
    kill_workers(&pool);
    works(&pool);
    assert_ne!(the_server(), server);
    assert_eq!(workers(process::id()).len(), 1);
}

/// Names the file to which a server with two threads appends a byte, as if a linked library had started a thread.
const CENSUS: &str = "POOL_TEST_CENSUS";

/// Before `init`: a program that does not know that it is a worker appends a byte to the named file, and ends.
pub fn not_a_worker() {
    let is_child = env::args().nth(1).is_some_and(|first| first.starts_with("__pool-"));
    if let Some(census) = env::var_os("POOL_TEST_STRANGERS").filter(|_| is_child) {
        fs::File::options().append(true).open(census).unwrap().write_all(b"x").unwrap();
        process::exit(0);
    }
}

fn a_program_without_init_is_noticed_at_once() {
    for start in [Start::Fork, Start::Exec] {
        START.set(start);
        let census = Census::new("strangers");
        alone_with("strangers", |program| _ = program.env("POOL_TEST_STRANGERS", &census.0));
        let started = census.count();
        assert!((1..=4).contains(&started), "{started}: two workers, maybe after two fork servers");
    }
}

pub fn strangers() {
    let pool = pool(2);
    let failed = pool.map(&SQUARE, 0..100);
    assert_eq!(failed, vec![Err(Failure::NoWorker(WorkerLoss::NotAWorker)); 100]);
}

/// Before `init`: starts that thread, in the scene that asks for it.
pub fn crowd() {
    let is_server = env::args().nth(1).is_some_and(|first| first == FORKSERVER);
    if let Some(census) = env::var_os(CENSUS).filter(|_| is_server) {
        fs::File::options().append(true).open(census).unwrap().write_all(b"x").unwrap();
        thread::spawn(|| {
            loop {
                thread::park();
            }
        });
    }
}

fn a_server_with_threads_does_not_fork() {
    if !can_look() {
        return;
    }
    let census = Census::new("crowded");
    alone_with("crowded", |program| _ = program.env(CENSUS, &census.0));
    assert_eq!(census.count(), 1, "it was tried once");
}

pub fn crowded() {
    for _ in 0..2 {
        let pool = pool(2);
        works(&pool);
        kill_workers(&pool);
        works(&pool);
        assert!(children(process::id()).iter().all(|child| child.command.contains("__pool-worker")), "started anew");
    }
}

fn a_worker_has_the_working_directory_of_its_parent() {
    played("folders");
    START.set(Start::Exec);
    played("folders");
}

pub fn folders() {
    let home = fs::canonicalize(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let parent = home.parent().unwrap().to_owned();
    env::set_current_dir(&home).unwrap();
    let pool = pool(1);
    assert_eq!(pool.call(&FOLDER, &()), Ok(home));
    env::set_current_dir(&parent).unwrap();
    kill_workers(&pool);
    until("a new worker answers", || (pool.call(&FOLDER, &()) == Ok(parent.clone())).then_some(()));
}

fn a_worker_has_one_thread() {
    if !can_look() || !cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")) {
        return;
    }
    for start in [Start::Fork, Start::Exec] {
        assert_eq!(builder().workers(1).start(start).build().unwrap().call(&THREADS, &()), Ok(1), "{start:?}");
    }
}

fn a_start_that_fails_leaves_nothing() {
    for start in [Start::Fork, Start::Exec] {
        START.set(start);
        played("few-descriptors");
    }
}

/// Starts with fewer and fewer descriptors left, so that every step fails once.
pub fn few_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    // Another pool keeps the server alive, if there is one.
    let kept = pool(1);
    let (before, limit) = ((descriptors(), children(process::id()).len()), getrlimit(Resource::Nofile));
    let mut failed = 0;
    for spare in 0..30 {
        let few = rustix::process::Rlimit { current: Some((before.0 + spare) as u64), ..limit };
        setrlimit(Resource::Nofile, few).unwrap();
        let built = builder().workers(2).build().map(drop);
        setrlimit(Resource::Nofile, limit).unwrap();
        failed += usize::from(built.is_err());
        let after = (descriptors(), children(process::id()).len(), zombies(process::id()));
        assert_eq!(after, (before.0, before.1, 0), "{spare} left: {built:?}");
    }
    assert!(failed > 0 && failed < 30, "{failed}");
    drop(kept);
}
