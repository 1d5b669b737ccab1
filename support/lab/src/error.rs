//! The error that ends a program: one line in the reader's language, and an exit code.

use std::fmt;

use crate::lang::Text;

/// The result of everything in the lab that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One line for the reader and the exit code that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    text: Text,
    code: u8,
}

impl Error {
    /// A wrong command line: the text says what is wrong and what to give instead. Exit code 2.
    pub fn usage(text: Text) -> Error {
        Error { text, code: 2 }
    }

    /// The run failed. Exit code 1.
    pub fn failed(text: Text) -> Error {
        Error { text, code: 1 }
    }

    /// A thread could not be started. If resources are exhausted, the line names `EAGAIN`, as pthread_create(3) does.
    pub fn no_thread(e: &std::io::Error) -> Error {
        let name = if e.kind() == std::io::ErrorKind::WouldBlock { "EAGAIN: " } else { "" };
        Error::failed(crate::text!("스레드를 시작할 수 없습니다: {name}{e}", "cannot start a thread: {name}{e}"))
    }

    /// The line, in both languages.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// 2 for a wrong command line, 1 for a failed run.
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl std::error::Error for Error {}

/// For an I/O error where the caller has nothing to add to the message of the operating system.
impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Error {
        Error::failed(crate::text!("입출력 오류: {e}", "input/output error: {e}"))
    }
}
