//! Watches what a connection hears for a request line without an end.
//!
//! hyper answers 431 as soon as its buffer is full, whatever it is full of. That the URI is what is too long can be told from the line
//! that has not ended by then.

use crate::limits::MOST_URI;

/// The answer to a request line that is too long.
pub(crate) const TOO_LONG: &[u8] =
    b"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 17\r\n\r\n414 URI Too Long\n";

/// Bytes since the last answer, as long as no line among them has ended. What follows is headers or a body, with limits of its own.
#[derive(Debug, Default)]
pub(crate) struct RequestLine {
    heard: usize,
    ended: bool,
}

impl RequestLine {
    /// Whether the line has become too long with these bytes. A client that sends the whole line at once is answered by its service.
    pub(crate) fn hear(&mut self, bytes: &[u8]) -> bool {
        self.ended = self.ended || bytes.contains(&b'\n');
        self.heard = self.heard.saturating_add(bytes.len());
        !self.ended && self.heard > MOST_URI
    }

    /// An answer goes out: a request may follow. An interim one announces the body instead.
    pub(crate) fn answer(&mut self, bytes: &[u8]) {
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
        assert!(!line.hear(&long) && line.hear(b"a"));
        let mut line = RequestLine::default();
        assert!(!line.hear(b"POST /upload HTTP/1.1\r\n\r\n"));
        line.answer(b"HTTP/1.1 100 Continue\r\n\r\n");
        assert!(!line.hear(&long) && !line.hear(&long), "a body");
        line.answer(b"HTTP/1.1 200 OK\r\n");
        assert!(!line.hear(&long) && line.hear(b"a"), "the next request");
        assert!(TOO_LONG.ends_with(b"\r\n\r\n414 URI Too Long\n"));
    }
}
