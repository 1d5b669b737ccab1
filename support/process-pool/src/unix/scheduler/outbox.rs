//! Frames on their way to a worker. Its pipe may be full.

use std::io::{self, ErrorKind};

use crate::limits::KEPT_BUFFER;
use crate::unix::frame::{self, Kind};

/// Frames that were not sent yet.
#[derive(Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    /// How many of them are sent.
    written: usize,
}

impl Outbox {
    /// Adds a frame whose body `put` appends. False if it is too long, and was not added.
    pub fn add(&mut self, kind: Kind, put: impl FnOnce(&mut Vec<u8>)) -> bool {
        let start = self.bytes.len();
        frame::begin(&mut self.bytes, kind);
        put(&mut self.bytes);
        let fits = frame::end(&mut self.bytes, start);
        if !fits {
            self.bytes.truncate(start);
        }
        fits
    }

    /// Whether everything is sent.
    pub fn is_empty(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Writes what the pipe takes without blocking. A death is noticed when the other pipe closes.
    pub fn flush(&mut self, mut write: impl FnMut(&[u8]) -> io::Result<usize>) {
        while !self.is_empty() {
            match write(&self.bytes[self.written..]) {
                Ok(n) => self.written += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BUFFER);
        self.written = 0;
    }
}
