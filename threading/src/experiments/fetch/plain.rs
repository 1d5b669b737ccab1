//! A blocking GET over `std::net`: connect, ask, read to the end. HTTP/1.0, so that the end of the answer is the end of the stream;
//! redirections are not followed.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::failure::Reason;

/// The longest head of an answer, in bytes.
const MOST_HEAD: usize = 64 * 1024;

/// One GET on a connection of its own, body and all, within the timeout.
pub fn get(url: &str, timeout: Duration) -> Result<(), Reason> {
    let until = Instant::now() + timeout;
    let (authority, path) = parts(url);
    let mut stream = connect(authority, until)?;
    let mut talk = || {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(left(until)?))?;
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: threading\r\n\r\n")?;
        read_answer(&mut stream, until)
    };
    let (code, phrase) = talk().map_err(|e| Reason::of(&e))?;
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
        match left(until).and_then(|left| TcpStream::connect_timeout(&address, left)) {
            Ok(stream) => return Ok(stream),
            Err(e) => last = Reason::of(&e),
        }
    }
    Err(last)
}

/// The time left until the timeout.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The status and its phrase, after the whole body has come; a body that ends before its length is an error.
fn read_answer(stream: &mut TcpStream, until: Instant) -> io::Result<(u16, String)> {
    let (mut head, mut found, mut body, mut piece) = (Vec::new(), None, 0, [0; 16 * 1024]);
    loop {
        stream.set_read_timeout(Some(left(until)?))?;
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
    /// Bytes of the head.
    head: usize,
    code: u16,
    phrase: String,
    /// Bytes of the body, where it says so.
    length: Option<u64>,
}

/// The head, if all of it is there.
fn parse(bytes: &[u8]) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(bytes).map_err(|e| io::Error::other(format!("not HTTP: {e}")))? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial if bytes.len() > MOST_HEAD => return Err(io::Error::other("its head is too long")),
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
