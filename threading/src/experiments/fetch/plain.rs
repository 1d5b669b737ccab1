//! A blocking GET over `std::net`: connect, send, read to the end. HTTP/1.0, so that the answer ends with the stream; redirects are not
//! followed.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::failure::Reason;

const MAX_HEAD: usize = 64 * 1024;

/// One GET on a connection of its own, including the body, within the timeout.
pub fn get(url: &str, timeout: Duration) -> Result<(), Reason> {
    let until = Instant::now() + timeout;
    let (authority, path) = parts(url);
    let mut stream = connect(authority, until)?;
    let mut exchange = || {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(time_left(until)?))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: threading\r\n\r\n")?;
        read_answer(&mut stream, until)
    };
    let (code, phrase) = exchange().map_err(|e| Reason::of(&e))?;
    match code {
        200..=299 => Ok(()),
        _ => Err(Reason::Status(code, phrase)),
    }
}

/// `host:port` and the path of an address that begins with `http://`.
fn parts(url: &str) -> (&str, String) {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let rest = rest.split('#').next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    (authority, if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
}

fn connect(authority: &str, until: Instant) -> Result<TcpStream, Reason> {
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { authority.to_owned() } else { format!("{authority}:80") };
    let mut last = Reason::NoAddress;
    for address in address.to_socket_addrs().map_err(|_| Reason::NoAddress)? {
        match time_left(until).and_then(|left| TcpStream::connect_timeout(&address, left)) {
            Ok(stream) => return Ok(stream),
            Err(e) => last = Reason::of(&e),
        }
    }
    Err(last)
}

/// The time left until the timeout.
fn time_left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Status and reason phrase, after the whole body was read; a body shorter than its stated length is an error.
fn read_answer(stream: &mut TcpStream, until: Instant) -> io::Result<(u16, String)> {
    let (mut head, mut found, mut body, mut piece) = (Vec::new(), None, 0, [0; 16 * 1024]);
    loop {
        stream.set_read_timeout(Some(time_left(until)?))?;
        let n = match stream.read(&mut piece) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            n => n?,
        };
        match &found {
            _ if n == 0 => break,
            Some(_) => body += n as u64,
            None => {
                head.extend_from_slice(&piece[..n]);
                found = parse(&head)?;
                body = found.as_ref().map_or(0, |answer| (head.len() - answer.head) as u64);
            }
        }
    }
    match found {
        Some(answer) if answer.length.is_none_or(|length| body >= length) => Ok((answer.code, answer.phrase)),
        _ => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

struct Answer {
    /// Length of the head in bytes.
    head: usize,
    code: u16,
    phrase: String,
    /// `Content-Length`, if there is one.
    length: Option<u64>,
}

/// `None` while the head is incomplete.
fn parse(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(bytes).map_err(|e| io::Error::other(format!("not HTTP: {e}")))? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial if bytes.len() > MAX_HEAD => return Err(io::Error::other("its head is too long")),
        httparse::Status::Partial => return Ok(None),
    };
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    Ok(Some(Answer {
        head,
        code: response.code.unwrap_or_default(),
        phrase: response.reason.unwrap_or_default().to_owned(),
        length: length.and_then(|header| std::str::from_utf8(header.value).ok()?.trim().parse().ok()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_path() {
        for (url, authority, path) in [
            ("http://a", "a", "/"),
            ("http://a:1/b/c?d#e", "a:1", "/b/c?d"),
            ("http://[::1]:8080?q", "[::1]:8080", "/?q"),
        ] {
            assert_eq!(parts(url), (authority, path.to_owned()));
        }
    }
}
