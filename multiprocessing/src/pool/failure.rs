//! How a task can end other than with its value. Every way has a name.

use std::fmt;

use lab::lang::Text;
use lab::text;

/// Why a task has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It panicked; this is what it said. Its worker lives on, and it is not tried again.
    Panicked(String),
    /// Its worker died while it ran, as often as it may be tried; this is how the last one ended.
    Died {
        /// How the last worker ended.
        how: End,
        /// How many workers it was begun by.
        attempts: u32,
    },
    /// It ran longer than the time limit, as often as it may be tried.
    TimedOut {
        /// How many workers it was begun by.
        attempts: u32,
    },
    /// Its argument or its value does not survive the way from process to process; the reason.
    Unreadable(String),
    /// No worker can be kept alive to begin it; the reason.
    NoWorker(Box<Text>),
    /// The task was not among those that `init` was given; its name.
    Unknown(&'static str),
}

/// How a worker ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By a signal: 9 is `kill -9`, 6 is `abort` (also a stack overflow, and no memory left), 11 a wrong address.
    Signal(i32),
    /// It left with this exit code.
    Code(i32),
    /// Somebody stopped it (`SIGSTOP`), and it was killed for that.
    Stopped,
    /// It said what no worker says, and was killed for that.
    Garbage,
    /// How is not known.
    Unknown,
}

impl Failure {
    /// In words.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Failure::Panicked(said) => text!("패닉: {said}", "panicked: {said}"),
            Failure::Died { how, attempts } => {
                let how = how.text();
                Text {
                    ko: format!("워커가 죽었습니다: {} (시도 {attempts}번)", how.ko),
                    en: format!("its worker died: {} (attempts: {attempts})", how.en),
                }
            }
            Failure::TimedOut { attempts } => {
                text!("시간 제한을 넘겼습니다 (시도 {attempts}번)", "over the time limit (attempts: {attempts})")
            }
            Failure::Unreadable(why) => text!("주고받을 수 없는 값입니다: {why}", "cannot be sent: {why}"),
            Failure::NoWorker(why) => Text {
                ko: format!("일할 워커가 없습니다: {}", why.ko),
                en: format!("there is no worker for it: {}", why.en),
            },
            Failure::Unknown(name) => {
                text!("'{name}': init에 등록하지 않은 작업입니다", "'{name}' was not among the tasks given to init")
            }
        }
    }
}

impl End {
    /// In words.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            End::Signal(n) => text!("시그널 {n}", "signal {n}"),
            End::Code(n) => text!("종료 코드 {n}", "exit code {n}"),
            End::Stopped => text!("누가 멈춰 세웠습니다", "somebody had stopped it"),
            End::Garbage => text!("프로토콜에 없는 말을 했습니다", "it did not speak the protocol"),
            End::Unknown => text!("이유를 알 수 없습니다", "for an unknown reason"),
        }
    }
}

/// In the language of this process.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

impl std::error::Error for Failure {}
