//! Three small programs on every runtime: two tasks that give way to each other, a message there and back through channels, and a
//! TCP echo. A file a runtime, with that runtime's own tools; none is written better than the others.

use std::future::Future;

use lab::{Error, Result, clock, machine, text};
use tokio::runtime::Builder;

use crate::programs::cannot_start;

mod on_async_std;
mod on_smol;
mod on_tokio;
mod operation;

pub use operation::Operation;

/// What one operation took on average, in ns.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// On the wall clock.
    pub wall: f64,
    /// Of all threads of the process; `None` where the system does not tell.
    pub cpu: Option<f64>,
}

/// Runs operations on the runtime of this id, which is one of [`PROGRAMS`](crate::programs::PROGRAMS).
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

/// Clocks all of them, once the runtime is up.
async fn clocked(times: usize, work: impl Future<Output = std::io::Result<()>>) -> Result<Took> {
    let (wall, cpu) = (clock::now(), clock::cpu());
    work.await.map_err(|e| Error::failed(text!("TCP 에코가 끊겼습니다: {e}", "the TCP echo broke off: {e}")))?;
    let each = |ns: u64| ns as f64 / times.max(1) as f64;
    let cpu = clock::cpu().zip(cpu).map(|(after, before)| each(after - before));
    Ok(Took { wall: each(clock::now() - wall), cpu })
}
