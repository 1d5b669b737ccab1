//! What a question may ask for: a mistake of a class must not stop the machine.

/// Threads of a scenario.
pub const THREADS: usize = 64;
/// Groups of threads.
pub const GROUPS: usize = 16;
/// Steps of a thread.
pub const STEPS: usize = 32;
/// Interpreters of a scenario.
pub const INTERPRETERS: usize = 8;
/// Cores of a scenario.
pub const CORES: usize = 64;
/// Seconds of virtual time.
pub const SECONDS: u64 = 10;
/// Events of a simulation, some 50 ms of it: the lanes follow a finger. Without this, `run 1ns` would be repeated ten thousand million times.
pub const EVENTS: u64 = 400_000;
/// Events of the simulation beside a real run, which takes seconds anyway.
pub const REAL_EVENTS: u64 = 5_000_000;
/// Spans of an answer.
pub const SPANS: usize = 20_000;
/// Turns of a schedule.
pub const TURNS: usize = 4096;
/// Turns that are drawn at once.
pub const DRAWN: usize = 1000;
/// Iterations of `counter += 1`.
pub const ITERATIONS: i64 = 3;
/// Seconds that a scenario lasts on a real interpreter.
pub const REAL_SECONDS: u64 = 2;
/// Bytes of a question.
pub const BODY: u64 = 64 * 1024;
