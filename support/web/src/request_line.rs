//! A limit on the request line, for clients that send a URI without an end.
//!
//! hyper answers 431 when its buffer is full, whatever fills it. If the first line has not ended by then, it is the URI that is too long,
//! and the right answer is 414.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::limits::MOST_URI;

/// The answer to a request line that is too long.
const TOO_LONG: &[u8] =
    b"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n\r\n414 URI Too Long\n";

/// After a refusal, this many bytes that the client still sends are read and discarded. If the connection were closed at once, it would
/// be reset and the answer lost.
const LINGER: usize = 1 << 20;

/// A stream that answers a request line that is too long, and then ends.
pub(crate) struct LineLimit {
    stream: TcpStream,
    line: RequestLine,
    /// After a refusal: how many bytes may still be discarded.
    linger: Option<usize>,
}

impl LineLimit {
    pub(crate) fn new(stream: TcpStream) -> LineLimit {
        LineLimit { stream, line: RequestLine::default(), linger: None }
    }
}

impl AsyncRead for LineLimit {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            let new = &buf.filled()[before..];
            let (count, refused) = (new.len(), self.linger.is_none() && self.line.read(new));
            if refused {
                // Nothing was sent since the last answer, so the send buffer has room for these few bytes.
                let _ = self.stream.try_write(TOO_LONG);
                // The client sees the end of the stream and closes; then the loop ends.
                let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
                self.linger = Some(LINGER);
            }
            match self.linger {
                None => return Poll::Ready(Ok(())),
                Some(left) if count == 0 || left < count => return Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                Some(left) => {
                    self.linger = Some(left - count);
                    buf.set_filled(before);
                }
            }
        }
    }
}

impl AsyncWrite for LineLimit {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.line.answered(buf);
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.answered(bufs.first().map_or(&[], |first| first));
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The request line that is being received: counts bytes from the last answer to the first line end. Headers and body have limits of
/// their own.
#[derive(Debug, Default)]
struct RequestLine {
    length: usize,
    ended: bool,
}

impl RequestLine {
    /// Takes the next bytes; returns whether the line is too long now. A line that arrives whole passes here, and the service answers 414.
    fn read(&mut self, bytes: &[u8]) -> bool {
        self.ended = self.ended || bytes.contains(&b'\n');
        self.length = self.length.saturating_add(bytes.len());
        !self.ended && self.length > MOST_URI
    }

    /// An answer is sent, so the next request may follow. After an interim answer (100) the body follows instead.
    fn answered(&mut self, bytes: &[u8]) {
        if !bytes.starts_with(b"HTTP/1.1 100 ") {
            *self = RequestLine::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_has_not_ended_is_too_long() {
        let long = vec![b'a'; MOST_URI];
        let mut line = RequestLine::default();
        assert!(!line.read(&long) && line.read(b"a"));
        let mut line = RequestLine::default();
        assert!(!line.read(b"POST /upload HTTP/1.1\r\n\r\n"));
        line.answered(b"HTTP/1.1 100 Continue\r\n\r\n");
        assert!(!line.read(&long) && !line.read(&long), "a body");
        line.answered(b"HTTP/1.1 200 OK\r\n");
        assert!(!line.read(&long) && line.read(b"a"), "the next request");
        assert!(TOO_LONG.ends_with(b"\r\n\r\n414 URI Too Long\n"));
    }
}
