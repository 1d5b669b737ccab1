//! The scheduling class: other work is kept off the cores where the system permits it.

use std::env;
use std::fs::File;
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::machine::Watch;
use lab::{machine, text};

/// The longest that a measurement waits for another one to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The class that a measurement ran in, for as long as the value lives: threads and processes started meanwhile inherit it.
#[derive(Debug)]
pub struct Quiet {
    realtime: bool,
    watch: Watch,
    /// A lock file; unlocked when this value is dropped or the process ends.
    _alone: Option<File>,
}

impl Quiet {
    /// Requests a real-time class, in which ordinary processes take no core away. Runs `chrt` of util-linux, since the system
    /// call needs unsafe code. Where that is missing or not permitted, the class stays unchanged.
    ///
    /// `SCHED_RR`, which is `SCHED_FIFO` with turns of some 100 ms among equals: under `SCHED_FIFO` two runs at once hung a
    /// machine, for the thread that was to stop a computing one never got its core.
    pub fn ask() -> Quiet {
        let _alone = alone();
        Quiet { realtime: chrt(&["-r", "-p", "50"]), watch: Watch::start(), _alone }
    }

    /// Whether it was given.
    pub fn realtime(&self) -> bool {
        self.realtime
    }

    /// In which class it was measured, and how much of the machine others used meanwhile.
    pub fn note(&self) -> Text {
        let Text { ko, en } = machine::others_used(self.watch.foreign());
        if self.realtime {
            text!("실시간 클래스(SCHED_RR)에서 측정했습니다. {ko}", "Measured in a real-time class (SCHED_RR). {en}")
        } else {
            text!(
                "일반 스케줄링 클래스에서 측정했습니다(실시간 클래스는 허용되지 않음). {ko}",
                "Measured in the ordinary scheduling class (a real-time class is not permitted). {en}"
            )
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        if self.realtime {
            chrt(&["-o", "-p", "0"]);
        }
    }
}

/// Allows one measurement at a time. Two would disturb each other, and in a real-time class each would wait for the other's
/// slices of 100 ms at every wake-up. The lock is on this program's own file, so nothing is left behind. None: there is no such
/// file any more, or the other one did not end; [`Quiet::note`] shows its share of the machine.
fn alone() -> Option<File> {
    let own = File::open(env::current_exe().ok()?).ok()?;
    let start = Instant::now();
    while own.try_lock().is_err() {
        if start.elapsed() > PATIENCE {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
    Some(own)
}

fn chrt(args: &[&str]) -> bool {
    let silent = Command::new("chrt")
        .args(args)
        .arg(process::id().to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    silent.is_ok_and(|status| status.success())
}
