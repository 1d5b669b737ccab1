//! A stream that gives up on a client who does not take what it asked for, and on one whose request line does not end.
//!
//! hyper knows a time limit for the head of a request, and none for writing: a client that asks for much and reads nothing would
//! keep its connection, and what is buffered for it, for ever.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use crate::request_line::{RequestLine, TOO_LONG};

/// So much more is read, and thrown away, of a client that was refused while it was still sending: closed at once, its connection would
/// be reset, and the answer lost.
const LINGER: usize = 1 << 20;

pub(crate) struct Patient {
    stream: TcpStream,
    limit: Duration,
    /// Runs while a write waits for the client; most connections never have one.
    alarm: Option<Pin<Box<Sleep>>>,
    line: RequestLine,
    /// What may still be thrown away of a request that was refused.
    linger: Option<usize>,
}

impl Patient {
    pub(crate) fn new(stream: TcpStream, limit: Duration) -> Patient {
        Patient { stream, limit, alarm: None, line: RequestLine::default(), linger: None }
    }

    /// The end of a write: done, or still waiting with the alarm set, or waited for too long.
    fn watch<T>(&mut self, write: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.alarm = None;
            return write;
        }
        let limit = self.limit;
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep(limit)));
        alarm.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Patient {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        loop {
            std::task::ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
            let new = &buf.filled()[before..];
            let (count, refused) = (new.len(), self.linger.is_none() && self.line.hear(new));
            if refused {
                // Nothing was sent on this connection since the last answer: there is room for so few bytes.
                let _ = self.stream.try_write(TOO_LONG);
                // Tells the client that no more comes; it closes, and the loop ends.
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

impl AsyncWrite for Patient {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.line.answer(buf);
        let write = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(write, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.answer(bufs.first().map_or(&[], |first| first));
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(write, cx)
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
