//! The last step before the submission: this process sets the limits on itself, then becomes the program.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use rustix::process::{Resource, Rlimit, setpriority_process, setrlimit};
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, capabilities, configure_capability_in_ambient_set, set_capabilities,
    set_capabilities_secure_bits, set_no_new_privs,
};

use super::ended::Fence;
use super::job::{Job, START};
use super::{descendants, fence, inherited};

/// Several scenarios of one submission run at the same time; hardly two of them are at the limit.
const RUNS_AT_A_TIME: u64 = 2;
/// Open files of one process.
const OPEN_FILES: u64 = 512;

/// Reads the job from the argument. It returns only if something failed, and then nothing of the submission has run.
pub fn main(args: &[OsString]) -> ExitCode {
    let Some(job) = args.first().and_then(|job| job.to_str()).and_then(|job| serde_json::from_str::<Job>(job).ok())
    else {
        let _ = writeln!(io::stderr(), "{START} is started by the grader alone");
        return ExitCode::from(2);
    };
    match become_program(&job) {
        Ok(never) => match never {},
        Err(e) => {
            let _ = writeln!(io::stderr(), "{}{e}", failed(&job));
            ExitCode::FAILURE
        }
    }
}

/// Bytes of the line that `limits-start` prints on standard output before the program does.
pub const FIRST_LINE: usize = 16;

/// How the standard error begins if the program was never started.
pub fn failed(job: &Job) -> String {
    format!("{START} {:016x}: ", job.nonce)
}

enum Never {}

fn become_program(job: &Job) -> io::Result<Never> {
    let limits = &job.limits;
    inherited::close_on_exec()?;
    // No program with the setuid bit gets anything back.
    set_no_new_privs(true)?;
    let cpu = limits.cpu.as_secs().max(1);
    set(Resource::Cpu, cpu, cpu + 1)?;
    set(Resource::Data, limits.memory, limits.memory)?;
    set(Resource::Fsize, limits.file_bytes, limits.file_bytes)?;
    set(Resource::Core, 0, 0)?;
    set(Resource::Nofile, OPEN_FILES, OPEN_FILES)?;
    // The kernel counts all processes and threads of a user: as root those of this submission, of which several runs share a user,
    // else also what the grader's user runs besides. The supervisor counts each run.
    let others = if limits.user.is_some() { 0 } else { descendants::tasks_of(rustix::process::getuid().as_raw()) };
    let most = others + limits.processes * RUNS_AT_A_TIME;
    set(Resource::Nproc, most, most)?;
    // The supervisor's own is higher.
    setpriority_process(None, job.nice)?;
    if job.read_all {
        keep_reading()?;
    }
    let fence = fence::raise(limits).unwrap_or(Fence::None);
    let mut command = Command::new(&job.program);
    command.args(&job.args).current_dir(&job.dir);
    if let Some(user) = limits.user {
        command.uid(user).gid(user);
    }
    // Nothing of the submission can come before this line.
    let word = serde_json::to_string(&fence).map_err(io::Error::other)?;
    writeln!(io::stdout(), "{word:<width$}", width = FIRST_LINE - 1)?;
    io::stdout().flush()?;
    Err(command.exec())
}

/// Sets a limit, or the hard limit that is there already if that is lower.
fn set(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let most = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
    Ok(setrlimit(resource, Rlimit { current: Some(soft.min(most)), maximum: Some(hard.min(most)) })?)
}

/// Of all of root's rights, the program keeps the right to read files: the compiler lies in a folder that is closed to others.
/// What it may read is then decided by Landlock.
fn keep_reading() -> io::Result<()> {
    let mut sets = capabilities(None)?;
    sets.inheritable |= CapabilitySet::DAC_READ_SEARCH;
    set_capabilities(None, sets)?;
    configure_capability_in_ambient_set(CapabilitySet::DAC_READ_SEARCH, true)?;
    // Otherwise the change of the uid clears the ambient set. `exec` leaves only what is in it.
    Ok(set_capabilities_secure_bits(CapabilitiesSecureBits::NO_SETUID_FIXUP)?)
}
