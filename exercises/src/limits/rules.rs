//! What a run may use.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a run may use, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Until it is killed, by the clock.
    pub wall: Duration,
    /// CPU time of one process (`RLIMIT_CPU`); processes times wall bounds the sum.
    pub cpu: Duration,
    /// Bytes: of writable memory of one process (`RLIMIT_DATA`), and of the resident memory of all together.
    pub memory: u64,
    /// Processes and threads together.
    pub processes: u64,
    /// Bytes on standard output and on standard error, each.
    pub output_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes in `folder`, all files together.
    pub folder_bytes: u64,
    /// Files and folders in `folder`.
    pub folder_files: u64,
    /// The copy of the submission: the only place where it may write.
    pub folder: PathBuf,
    /// What it may read besides the system's libraries and tools: the compiler, the kit, the interpreter.
    pub read: Vec<PathBuf>,
    /// The uid of this submission, from [`super::own_user`]; it owns `folder`.
    pub user: Option<u32>,
}

impl Limits {
    /// The limits of a run of a lab in this folder, as a lab that says nothing else has them.
    pub fn of_run(folder: PathBuf) -> Limits {
        Limits {
            wall: Duration::from_secs(20),
            cpu: Duration::from_secs(20),
            memory: 1 << 30,
            processes: 128,
            output_bytes: 256 << 10,
            file_bytes: 32 << 20,
            folder_bytes: 128 << 20,
            folder_files: 2000,
            folder,
            read: Vec::new(),
            user: None,
        }
    }

    /// The limits of compiling it: the compiler and the linker need more memory, and threads by the number of cores.
    pub fn of_compiler(folder: PathBuf) -> Limits {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        Limits {
            // A compilation takes a second or two of CPU time. On a busy machine the clock says little.
            wall: Duration::from_secs(90),
            cpu: Duration::from_secs(20),
            memory: 3 << 30,
            processes: 64 + 8 * cores,
            file_bytes: 256 << 20,
            folder_bytes: 512 << 20,
            ..Limits::of_run(folder)
        }
    }
}
