//! Systems other than Linux: a time limit and a limit on output, and the process group is killed. No more.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lab::{Error, Result, text};

use super::ended::{Ended, Guards, How};
use super::job::Job;
use super::stop::{is_stopped, stopped};

pub fn run(job: Job) -> Result<Ended> {
    let program = job.program.display();
    let no = |e| Error::failed(text!("{program}: 실행할 수 없습니다: {e}", "{program}: cannot be run: {e}"));
    let start = Instant::now();
    let mut child = start_program(&job).map_err(no)?;
    let (out, printed) = gather(child.stdout.take(), job.limits.output_bytes);
    let (err, complained) = gather(child.stderr.take(), job.limits.output_bytes);
    let how = loop {
        if let Some(status) = child.try_wait().map_err(no)? {
            break status.code().map_or(How::Signal(0), How::Exit);
        }
        let most = job.limits.output_bytes;
        if start.elapsed() > job.limits.wall {
            break How::Wall;
        } else if printed.load(Ordering::Relaxed).max(complained.load(Ordering::Relaxed)) > most {
            break How::Output;
        } else if is_stopped() {
            break How::Stopped;
        }
        thread::sleep(Duration::from_millis(10));
    };
    let wall = start.elapsed();
    kill_group(&mut child);
    if how == How::Stopped {
        return Err(stopped());
    }
    Ok(Ended {
        how,
        out: text_of(&out),
        err: text_of(&err),
        wall,
        cpu: Duration::ZERO,
        peak_memory: 0,
        peak_processes: 0,
        left_behind: 0,
        guards: Guards::default(),
    })
}

fn start_program(job: &Job) -> std::io::Result<Child> {
    let mut command = Command::new(&job.program);
    command.args(&job.args).current_dir(&job.dir).envs(job.env.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

fn kill_group(child: &mut Child) {
    #[cfg(unix)]
    lab::process::lifeline::kill_group(child.id());
    let _ = child.kill();
    let _ = child.wait();
}

type Bytes = Arc<Mutex<Vec<u8>>>;

fn gather(pipe: Option<impl Read + Send + 'static>, most: u64) -> (Bytes, Arc<AtomicU64>) {
    let (bytes, count) = (Bytes::default(), Arc::new(AtomicU64::new(0)));
    let shared = (bytes.clone(), count.clone());
    let _: JoinHandle<()> = thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        let mut pipe = pipe;
        while let Some(read) = pipe.as_mut().and_then(|pipe| pipe.read(&mut buffer).ok()).filter(|&read| read > 0) {
            let mut bytes = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
            let room = (most as usize).saturating_sub(bytes.len());
            bytes.extend_from_slice(&buffer[..read.min(room)]);
            shared.1.fetch_add(read as u64, Ordering::Relaxed);
        }
    });
    (bytes, count)
}

fn text_of(bytes: &Bytes) -> String {
    String::from_utf8_lossy(&bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
