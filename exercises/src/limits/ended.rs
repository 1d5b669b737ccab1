//! How a run ended, and what held it.

use std::time::Duration;

use lab::lang::Text;
use lab::text;
use serde::{Deserialize, Serialize};

use super::rules::Limits;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// By itself, with this exit code.
    Exit(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// Killed: longer than `wall`.
    Wall,
    /// Killed: more CPU time than `cpu`.
    Cpu,
    /// Killed: more memory than `memory`.
    Memory,
    /// Killed: more than `processes` processes and threads.
    Processes,
    /// Killed: more than `output_bytes` of output.
    Output,
    /// Killed: a file larger than `file_bytes`.
    FileSize,
    /// Killed: more in its folder than `folder_bytes` or `folder_files`.
    Folder,
    /// Killed: the grader was stopped.
    Stopped,
}

impl How {
    /// Whether a limit ended it.
    pub fn is_limit(self) -> bool {
        !matches!(self, How::Exit(_) | How::Signal(_) | How::Stopped)
    }

    /// What ended it, in one sentence without a full stop.
    pub fn tell(self, limits: &Limits) -> Text {
        let seconds = |d: Duration| d.as_secs_f64();
        match self {
            How::Exit(0) => text!("프로그램이 정상적으로 끝났습니다", "the program ended normally"),
            How::Exit(code) => {
                text!("프로그램이 종료 코드 {code}(으)로 끝났습니다", "the program ended with exit code {code}")
            }
            How::Signal(signal) => {
                text!("프로그램이 시그널 {signal}(으)로 끝났습니다", "the program was ended by signal {signal}")
            }
            How::Wall => {
                let s = seconds(limits.wall);
                text!("{s}초 안에 끝나지 않아 중단했습니다", "it was stopped: it did not end within {s} s")
            }
            How::Cpu => {
                let s = seconds(limits.cpu);
                text!("CPU 시간 {s}초를 넘겨 중단했습니다", "it was stopped: it used more than {s} s of CPU time")
            }
            How::Memory => {
                let size = mebibytes(limits.memory);
                text!("메모리 {size}를 넘겨 중단했습니다", "it was stopped: it used more than {size} of memory")
            }
            How::Processes => {
                let n = limits.processes;
                text!(
                    "프로세스와 스레드가 {n}개에 이르러 중단했습니다",
                    "it was stopped: it had {n} processes and threads or more"
                )
            }
            How::Output => {
                let size = mebibytes(limits.output_bytes);
                text!("{size}보다 많이 출력해 중단했습니다", "it was stopped: it printed more than {size}")
            }
            How::FileSize => {
                let size = mebibytes(limits.file_bytes);
                text!("{size}보다 큰 파일을 써서 중단했습니다", "it was stopped: it wrote a file larger than {size}")
            }
            How::Folder => {
                let size = mebibytes(limits.folder_bytes);
                let n = limits.folder_files;
                text!(
                    "자기 폴더에 {size} 또는 파일 {n}개보다 많이 써서 중단했습니다",
                    "it was stopped: it wrote more than {size} or {n} files into its folder"
                )
            }
            How::Stopped => text!("채점이 중단되었습니다", "grading was stopped"),
        }
    }
}

fn mebibytes(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MiB", bytes >> 20) } else { format!("{} KiB", bytes >> 10) }
}

/// What this machine offers to hold a submission with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// rlimits, subreaper and /proc: Linux.
    pub limits: bool,
    /// A uid of its own: the grader runs as root.
    pub own_user: bool,
    /// The tools are below a folder that other users may not read (such as root's home), so the submission has been given the
    /// right to read every file. Only Landlock then stops it.
    pub reads_everything: bool,
    /// Landlock keeps reads, writes and signals inside.
    pub fence: Fence,
}

/// How much of the Landlock rules the kernel enforces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fence {
    /// No Landlock.
    #[default]
    None,
    /// Files, but not all of the rules: an older kernel (signals since Linux 6.12).
    Partial,
    /// All of them.
    Full,
}

impl Guards {
    /// What is missing here, a sentence each; empty where everything is there.
    pub fn missing(&self) -> Vec<Text> {
        let mut missing = Vec::new();
        if !self.limits {
            missing.push(text!(
                "이 운영체제에서는 실행 시간과 출력만 제한합니다. 메모리, 프로세스 수, 파일은 제한하지 않습니다",
                "on this system only time and output are limited, not memory, processes or files"
            ));
        }
        match self.fence {
            Fence::Full => {}
            Fence::Partial => missing.push(text!(
                "커널의 Landlock이 오래되어 일부 규칙만 적용됩니다(다른 프로세스에 보내는 시그널은 Linux 6.12부터 막습니다)",
                "the kernel's Landlock is older and enforces a part of the rules (signals to other processes: since Linux 6.12)"
            )),
            Fence::None => missing.push(text!(
                "커널에 Landlock이 없어, 제출물이 자기 폴더 밖에 쓰거나 다른 파일을 읽는 것을 권한만으로 막습니다",
                "the kernel has no Landlock: only file permissions stop a submission from writing outside its folder or reading other files"
            )),
        }
        if !self.own_user {
            missing.push(text!(
                "root가 아니므로 제출물이 채점기와 같은 사용자로 실행됩니다",
                "not root: submissions run as the same user as the grader"
            ));
        }
        if self.reads_everything && self.fence == Fence::None {
            missing.push(text!(
                "컴파일러나 인터프리터가 다른 사용자가 읽을 수 없는 폴더(예: /root) 아래에 있어, 제출물이 모든 파일을 읽을 수 있습니다. /usr/local 또는 /opt에 설치하세요",
                "the compiler or interpreter is below a folder that other users cannot read (such as /root), so submissions can read every file: install it in /usr/local or /opt"
            ));
        }
        missing
    }
}

/// What is known about a run that has ended, and of which nothing is running any more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// By itself, by a signal, or by a limit.
    pub how: How,
    /// The beginning of its standard output.
    pub out: String,
    /// The beginning of its standard error.
    pub err: String,
    /// From start to end.
    pub wall: Duration,
    /// CPU time of all its processes.
    pub cpu: Duration,
    /// The largest resident memory of all together that was seen.
    pub peak_memory: u64,
    /// The most processes and threads that were seen.
    pub peak_processes: u64,
    /// Processes that were still running after the program had ended, and were killed.
    pub left_behind: u64,
    /// What held it.
    pub guards: Guards,
}
