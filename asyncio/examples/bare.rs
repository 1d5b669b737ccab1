//! The sleepers of `million` without any code of this project, to compare the figures. The memory is the growth of the process's peak
//! resident memory (`VmHWM`) until all are asleep.
//!
//! Run: `cargo run --release -p asyncio --example bare -- tokio-current-thread 100000`.

use std::time::Duration;

/// Longer than it takes to spawn a hundred thousand. For more, give a longer time as the third argument.
const SECONDS: u64 = 2;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (Some(kind), Some(many)) = (args.get(1), args.get(2).and_then(|n| n.parse::<usize>().ok())) else {
        eprintln!("usage: bare tokio-current-thread|tokio-multi-thread|async-std|smol|thread COUNT [SECONDS]");
        std::process::exit(2);
    };
    let pause = Duration::from_secs(args.get(3).and_then(|s| s.parse().ok()).unwrap_or(SECONDS));
    let before = high_water_mark();
    let asleep = match kind.as_str() {
        "tokio-current-thread" => tokio(tokio::runtime::Builder::new_current_thread(), many, pause),
        "tokio-multi-thread" => tokio(tokio::runtime::Builder::new_multi_thread(), many, pause),
        "async-std" => async_std::task::block_on(async {
            let tasks: Vec<_> = (0..many).map(|_| async_std::task::spawn(async_std::task::sleep(pause))).collect();
            async_std::task::sleep(pause / 2).await;
            let asleep = high_water_mark();
            for task in tasks {
                task.await;
            }
            asleep
        }),
        "smol" => {
            let executor = smol::LocalExecutor::new();
            smol::block_on(executor.run(async {
                let tasks: Vec<_> = (0..many).map(|_| executor.spawn(smol::Timer::after(pause))).collect();
                smol::Timer::after(pause / 2).await;
                let asleep = high_water_mark();
                for task in tasks {
                    task.await;
                }
                asleep
            }))
        }
        _ => {
            let threads: Vec<_> = (0..many).map(|_| std::thread::spawn(move || std::thread::sleep(pause))).collect();
            std::thread::sleep(pause / 2);
            let asleep = high_water_mark();
            threads.into_iter().for_each(|thread| thread.join().expect("a sleeper does not panic"));
            asleep
        }
    };
    println!("{kind} {many}: {:.0} bytes each", (asleep - before) as f64 / many as f64);
}

fn tokio(mut builder: tokio::runtime::Builder, many: usize, pause: Duration) -> u64 {
    builder.enable_time().build().expect("a runtime").block_on(async {
        let tasks: Vec<_> = (0..many).map(|_| tokio::spawn(tokio::time::sleep(pause))).collect();
        tokio::time::sleep(pause / 2).await;
        let asleep = high_water_mark();
        for task in tasks {
            task.await.expect("a sleeper does not panic");
        }
        asleep
    })
}

/// `VmHWM` on Linux, in bytes.
fn high_water_mark() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}
