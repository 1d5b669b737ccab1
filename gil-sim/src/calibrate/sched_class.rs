//! The scheduling class: other work is kept off the cores where the system permits it.

use std::env;
use std::fs::File;
use std::process::{self, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lab::lang::Text;
use lab::machine::Watch;
use lab::report::Unit;
use lab::report::unit;
use lab::text;

/// The longest that a measurement waits for another one to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The class that a measurement ran in, for as long as the value lives: threads and processes started meanwhile inherit it.
#[derive(Debug)]
pub struct Quiet {
    realtime: bool,
    watch: Watch,
    /// Locked; let go with this value, or by the system with this process.
    _alone: Option<File>,
}

impl Quiet {
    /// Asks for a real-time class, in which nothing ordinary takes a core away. Asks `chrt` of util-linux, for the system call needs
    /// unsafe code; where that is missing or not permitted, the class stays as it is.
    ///
    /// `SCHED_RR`, which is `SCHED_FIFO` with turns of some 100 ms among equals: under `SCHED_FIFO` two runs at once hung a machine,
    /// for the thread that was to stop a computing one never got its core.
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
        let others = match self.watch.foreign() {
            Some(share) => {
                let share = unit::value(share, Unit::Share);
                text!("다른 프로그램이 쓴 몫은 {share}", "others used {share} of the machine")
            }
            None => text!(
                "다른 프로그램이 쓴 몫은 알 수 없습니다",
                "this system does not tell how much of the machine others used"
            ),
        };
        let (ko, en) = (others.ko, others.en);
        if self.realtime {
            text!("실시간 클래스(SCHED_RR)에서 측정했습니다. {ko}.", "measured in a real-time class (SCHED_RR); {en}.")
        } else {
            text!(
                "보통 스케줄링 클래스에서 측정했습니다(실시간 클래스는 허용되지 않음). {ko}.",
                "measured in the ordinary scheduling class (a real-time class is not permitted); {en}."
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

/// One measurement at a time: two would measure each other, and in a real-time class they would wait for each other's turns of
/// 100 ms at every wake-up. What they lock is this program's own file, so that nothing is left behind. None: there is no such
/// file any more, or the other one did not end; what it took from us shows in [`Quiet::note`].
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
