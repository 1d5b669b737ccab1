//! The body of an answer: a short text, or many bytes that are produced as the client reads them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

/// The bytes that are handed to the socket at a time.
static CHUNK: [u8; 16 * 1024] = [b'x'; 16 * 1024];

/// A body that is never in memory as a whole.
#[derive(Debug)]
pub struct Body {
    /// Sent first.
    text: Bytes,
    /// How many bytes are still to come after them.
    left: u64,
    /// Breaks off when only this many are left, although all were promised.
    breaks_at: Option<u64>,
}

impl Body {
    /// A body of this text.
    pub fn of(text: impl Into<Bytes>) -> Body {
        Body { text: text.into(), left: 0, breaks_at: None }
    }

    /// A body of `n` bytes.
    pub fn bytes(n: u64) -> Body {
        Body { text: Bytes::new(), left: n, breaks_at: None }
    }

    /// Promises `n` bytes and breaks off in the middle.
    pub fn broken(n: u64) -> Body {
        Body { breaks_at: Some(n / 2), ..Body::bytes(n) }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if !self.text.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.text)))));
        }
        let stop = self.breaks_at.unwrap_or(0);
        let now = (self.left - stop.min(self.left)).min(CHUNK.len() as u64);
        if now > 0 {
            self.left -= now;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&CHUNK[..now as usize])))));
        }
        Poll::Ready(self.breaks_at.map(|_| Err(io::Error::other("broken off on purpose"))))
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_empty() && self.left == 0 && self.breaks_at.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.text.len() as u64 + self.left)
    }
}
