//! The operations that are measured.

use lab::lang::Text;
use lab::text;

/// The message of the TCP echo.
pub(super) const MESSAGE: [u8; 8] = [7; 8];

/// A small operation that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Two tasks yield to each other; one operation is one yield of each.
    Yield,
    /// A message to another task and its reply, through two channels of capacity 1.
    Channel,
    /// Eight bytes to a TCP server on the loopback interface and back; the server is a task of the same runtime.
    Echo,
}

impl Operation {
    /// In the order of the table.
    pub const ALL: [Operation; 3] = [Operation::Yield, Operation::Channel, Operation::Echo];

    /// The id in measurements, in the twin's too.
    pub fn id(self) -> &'static str {
        match self {
            Operation::Yield => "yield",
            Operation::Channel => "channel",
            Operation::Echo => "echo",
        }
    }

    pub fn name(self) -> Text {
        match self {
            Operation::Yield => text!("양보", "yield"),
            Operation::Channel => text!("채널 왕복", "channel round trip"),
            Operation::Echo => text!("TCP 에코", "TCP echo"),
        }
    }
}
