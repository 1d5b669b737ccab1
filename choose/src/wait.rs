//! What a blocked thread waits for.

use lab::lang::Text;
use lab::text;

/// What a blocked thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wait {
    /// A time: `time.sleep`, `asyncio.sleep`.
    Timer,
    /// The network, or another process through a socket.
    Socket,
    /// A file or its disk.
    Disk,
    /// Another process through a pipe.
    Pipe,
    /// The end of a child process.
    Child,
    /// Somebody at the terminal.
    Terminal,
    /// The GIL.
    Gil,
    /// Another thread of the program: a lock, a queue, a join. Under an interpreter whose GIL cannot be seen, the GIL too.
    Lock,
    /// Blocked, and nobody may know on what.
    Unknown,
}

impl Wait {
    /// All, in the order of tables.
    pub const ALL: [Wait; 9] = [
        Wait::Timer,
        Wait::Socket,
        Wait::Disk,
        Wait::Pipe,
        Wait::Child,
        Wait::Terminal,
        Wait::Lock,
        Wait::Gil,
        Wait::Unknown,
    ];

    /// Its word in ids.
    pub fn word(self) -> &'static str {
        match self {
            Wait::Timer => "timer",
            Wait::Socket => "socket",
            Wait::Disk => "disk",
            Wait::Pipe => "pipe",
            Wait::Child => "child",
            Wait::Terminal => "terminal",
            Wait::Gil => "gil",
            Wait::Lock => "lock",
            Wait::Unknown => "unknown",
        }
    }

    /// Its name for readers.
    pub fn name(self) -> Text {
        match self {
            Wait::Timer => text!("타이머", "a timer"),
            Wait::Socket => text!("소켓", "a socket"),
            Wait::Disk => text!("파일(디스크)", "a file (disk)"),
            Wait::Pipe => text!("파이프", "a pipe"),
            Wait::Child => text!("자식 프로세스", "a child process"),
            Wait::Terminal => text!("터미널 입력", "the terminal"),
            Wait::Gil => text!("GIL", "the GIL"),
            Wait::Lock => text!("다른 스레드(락, 큐, join)", "another thread (lock, queue, join)"),
            Wait::Unknown => text!("알 수 없음", "unknown"),
        }
    }

    /// Whether it is somebody outside the program who ends the wait. Such waits can be spent together; of the others, those who are
    /// waited for are seen at work themselves.
    pub fn is_outside(self) -> bool {
        !matches!(self, Wait::Gil | Wait::Lock | Wait::Child)
    }

    /// Whether asyncio can wait for it without a thread.
    pub fn has_async_form(self) -> bool {
        matches!(self, Wait::Timer | Wait::Socket | Wait::Pipe | Wait::Child)
    }
}
