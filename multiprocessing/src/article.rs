//! Five real processes that count to ten million, each on its own. There need not be a `fork`: the program starts itself again.
//!
//! Article: 멀티프로세싱, 코드 예시. Run: `cargo run -p multiprocessing`. Python twin: `python/article.py`.

use std::env;
use std::hint::black_box;
use std::io;
use std::process::{Child, Command};

use lab::{Result, lang, process::lifeline, say};

use crate::children;
use crate::ending;

// ANCHOR: task
/// What each process does.
pub fn process_task(name: u64, turns: u64) {
    say!("프로세스 {name} 시작", "Process {name} started");
    // stands for CPU-bound work
    let mut count: u128 = 0;
    for i in 0..turns {
        count += u128::from(black_box(i));
    }
    black_box(count);
    say!("프로세스 {name} 완료", "Process {name} done");
}
// ANCHOR_END: task

// ANCHOR: start
/// `mp.Process(target=process_task, args=(name,))`, started: this program once more, told to do the task.
fn start(name: u64, turns: u64) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args([children::TASK, "--name", &name.to_string(), "--turns", &turns.to_string()])
        .args(["--lang", lang::current().code()])
        .stdin(lifeline::end()?) // it ends with us
        .stdout(say::end()?) // what it says, we say
        .spawn()
}
// ANCHOR_END: start

// ANCHOR: listing
/// The article's listing. All processes are waited for, also when one of them could not start or died.
pub fn listing(turns: u64) -> Result<()> {
    let mut processes = Vec::new();
    for i in 0..5 {
        let p = start(i, turns);
        processes.push(p);
    }

    let mut ends = Vec::new();
    for p in processes {
        ends.push(p.and_then(|mut p| p.wait()));
    }
    ending::all_well(ends)
}
// ANCHOR_END: listing
