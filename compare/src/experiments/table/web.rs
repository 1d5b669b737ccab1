//! HTTP GETs on one connection, blocking and asynchronous, with the same bytes and the same parser, so that the waiting is compared and
//! not two libraries.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: loopback\r\n\r\n";
/// A longer answer, in bytes, is not our server's.
const MOST: usize = 64 * 1024;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Sends `gets` GETs, blocking. Everything that blocks runs inside `wait`.
pub fn get(
    server: SocketAddr,
    gets: usize,
    mut wait: impl FnMut(&mut dyn FnMut() -> io::Result<()>) -> io::Result<()>,
) -> io::Result<()> {
    let mut stream = None;
    wait(&mut || {
        let connected = TcpStream::connect(server)?;
        connected.set_read_timeout(Some(ANSWER_TIMEOUT))?;
        stream = Some(connected);
        Ok(())
    })?;
    let mut stream = stream.ok_or(ErrorKind::NotConnected)?;
    for _ in 0..gets {
        let mut answer = Vec::with_capacity(256);
        wait(&mut || stream.write_all(REQUEST))?;
        while !is_whole(&answer)? {
            wait(&mut || {
                let mut piece = [0; 256];
                let n = stream.read(&mut piece)?;
                more(&mut answer, &piece[..n])
            })?;
        }
    }
    Ok(())
}

/// The same, asynchronously.
pub async fn get_async(server: SocketAddr, gets: usize) -> io::Result<()> {
    let mut stream = tokio::net::TcpStream::connect(server).await?;
    for _ in 0..gets {
        let mut answer = Vec::with_capacity(256);
        stream.write_all(REQUEST).await?;
        while !is_whole(&answer)? {
            let mut piece = [0; 256];
            let n = tokio::time::timeout(ANSWER_TIMEOUT, stream.read(&mut piece)).await??;
            more(&mut answer, &piece[..n])?;
        }
    }
    Ok(())
}

fn more(answer: &mut Vec<u8>, piece: &[u8]) -> io::Result<()> {
    if piece.is_empty() || answer.len() > MOST {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    answer.extend_from_slice(piece);
    Ok(())
}

/// Whether a whole answer with status 200 is there.
fn is_whole(answer: &[u8]) -> io::Result<bool> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(answer) {
        Ok(httparse::Status::Complete(head)) => head,
        Ok(httparse::Status::Partial) => return Ok(false),
        Err(e) => return Err(io::Error::new(ErrorKind::InvalidData, e.to_string())),
    };
    if response.code != Some(200) {
        return Err(io::Error::other(format!("HTTP {}", response.code.unwrap_or_default())));
    }
    let length = response.headers.iter().find(|h| h.name.eq_ignore_ascii_case("content-length"));
    let length: Option<usize> = length.and_then(|h| std::str::from_utf8(h.value).ok()?.parse().ok());
    let body = length.ok_or(ErrorKind::InvalidData)?;
    Ok(answer.len() >= head + body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_its_last_byte() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
        for length in 0..whole.len() {
            assert!(!is_whole(&whole[..length]).unwrap());
        }
        assert!(is_whole(whole).unwrap());
    }

    #[test]
    fn what_is_not_a_good_answer_is_an_error() {
        assert!(is_whole(b"nonsense\r\n\r\n").is_err());
        assert!(is_whole(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(is_whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
