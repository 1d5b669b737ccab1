//! The operations that are measured.

use lab::lang::Text;
use lab::text;

/// What is sent to and fro over TCP.
pub(super) const MESSAGE: [u8; 8] = [7; 8];

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Two tasks take turns; one operation is a turn of both.
    Yield,
    /// A message to another task and its answer, through two channels of capacity 1.
    Channel,
    /// Eight bytes to a TCP server on the loopback, a task of the same runtime, and back.
    Echo,
}

impl Operation {
    /// In the order of the table.
    pub const ALL: [Operation; 3] = [Operation::Yield, Operation::Channel, Operation::Echo];

    /// For ids of measurements, the twin's too.
    pub fn id(self) -> &'static str {
        match self {
            Operation::Yield => "yield",
            Operation::Channel => "channel",
            Operation::Echo => "echo",
        }
    }

    /// For readers.
    pub fn name(self) -> Text {
        match self {
            Operation::Yield => text!("양보", "yield"),
            Operation::Channel => text!("채널 왕복", "channel"),
            Operation::Echo => text!("TCP 에코", "TCP echo"),
        }
    }
}
