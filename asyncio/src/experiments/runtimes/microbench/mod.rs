//! Three small programs on every runtime: two tasks that yield to each other, a message and its reply through channels, and a TCP
//! echo. There is one file per runtime. Each uses that runtime's own API, and all are written alike, so that the comparison is fair.

use std::future::Future;

use lab::{Error, Result, clock, machine, text};
use tokio::runtime::Builder;

use crate::event_loop::cannot_start;

mod on_async_std;
mod on_smol;
mod on_tokio;
mod operation;

pub use operation::Operation;

/// The mean time of one operation, in ns.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// Wall time.
    pub wall: f64,
    /// CPU time of all threads of the process; `None` if the system does not report it.
    pub cpu: Option<f64>,
}

/// Runs an operation `times` times on the runtime with this id from [`PROGRAMS`](crate::programs::PROGRAMS).
pub fn run(runtime: &str, operation: Operation, times: usize) -> Result<Took> {
    match runtime {
        "tokio-current-thread" => tokio(&mut Builder::new_current_thread(), operation, times),
        "tokio-multi-thread" => tokio(Builder::new_multi_thread().worker_threads(machine::cores()), operation, times),
        "async-std" => async_std::task::block_on(clocked(times, on_async_std::run(operation, times))),
        _ => {
            let executor = smol::LocalExecutor::new();
            smol::block_on(executor.run(clocked(times, on_smol::run(&executor, operation, times))))
        }
    }
}

fn tokio(builder: &mut Builder, operation: Operation, times: usize) -> Result<Took> {
    let runtime = builder.enable_all().build().map_err(cannot_start)?;
    runtime.block_on(clocked(times, on_tokio::run(operation, times)))
}

/// Measures the work without the start of the runtime.
async fn clocked(times: usize, work: impl Future<Output = std::io::Result<()>>) -> Result<Took> {
    let (wall, cpu) = (clock::now(), clock::cpu());
    work.await.map_err(|e| Error::failed(text!("TCP 에코가 실패했습니다: {e}", "the TCP echo failed: {e}")))?;
    let each = |ns: u64| ns as f64 / times.max(1) as f64;
    let cpu = clock::cpu().zip(cpu).map(|(after, before)| each(after - before));
    Ok(Took { wall: each(clock::now() - wall), cpu })
}
