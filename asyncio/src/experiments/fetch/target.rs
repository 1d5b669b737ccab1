//! Targets: parsing of one URL, and of a file of URLs.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use hyper::Uri;
use lab::{Error, Result, text};

/// Maximum size of a file of URLs.
const MOST_BYTES: u64 = 64 << 20;

/// An http URL, split into the parts that a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The URL as the user gave it.
    pub url: Arc<str>,
    /// `host:port`, to connect to.
    pub address: Arc<str>,
    /// `host` or `host:port`, for the `Host` header.
    pub host: Arc<str>,
    /// The path and the query.
    pub path: Arc<str>,
}

impl Target {
    /// Parses an absolute http URL. `place` is where it was given, for error messages.
    pub fn parse(url: &str, place: &str) -> Result<Target> {
        let uri: Uri = url.parse().map_err(|_| refuse(url, place))?;
        match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(authority)) => {
                let (host, all) = (authority.host(), authority.as_str());
                let port = all.strip_prefix(host).and_then(port).filter(|_| !host.is_empty());
                Ok(Target {
                    url: url.into(),
                    address: format!("{host}:{}", port.ok_or_else(|| refuse(url, place))?).into(),
                    host: all.into(),
                    path: uri.path_and_query().map_or("/", |path| path.as_str()).into(),
                })
            }
            (Some("https"), _) => Err(Error::usage(text!(
                "{place} {url}: 이 클라이언트는 TLS를 지원하지 않습니다. http 주소를 주십시오.",
                "{place} {url}: this client does not support TLS. Give an http address."
            ))),
            _ => Err(refuse(url, place)),
        }
    }
}

/// The port after the host; 80 if there is none, and `None` if it is not a valid port.
fn port(rest: &str) -> Option<u16> {
    if rest.is_empty() { Some(80) } else { rest.strip_prefix(':')?.parse().ok().filter(|port| *port > 0) }
}

fn refuse(url: &str, place: &str) -> Error {
    let url: String = url.chars().take(200).collect();
    Error::usage(text!(
        "{place} {url}: http://호스트/… 형식의 주소를 주십시오.",
        "{place} {url}: give an address like http://host/…."
    ))
}

/// Reads the URLs of a file, one per line. Empty lines and lines that begin with `#` are ignored.
pub fn read(path: &Path) -> Result<Vec<Target>> {
    let shown = path.display();
    let cannot = |e: std::io::Error| {
        Error::usage(text!("--urls {shown}: 읽을 수 없습니다: {e}", "--urls {shown}: cannot be read: {e}"))
    };
    let mut words = String::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut words)).map_err(cannot)?;
    if words.len() as u64 > MOST_BYTES {
        return Err(Error::usage(text!(
            "--urls {shown}: 파일이 64 MiB보다 큽니다.",
            "--urls {shown}: the file is larger than 64 MiB."
        )));
    }
    let lines = words.lines().map(str::trim).enumerate();
    let targets: Vec<Target> = lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(n, line)| Target::parse(line, &format!("{shown}:{}:", n + 1)))
        .collect::<Result<_>>()?;
    if targets.is_empty() {
        return Err(Error::usage(text!(
            "--urls {shown}: 파일에 주소가 없습니다.",
            "--urls {shown}: the file contains no address."
        )));
    }
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_into_its_parts() {
        let target = Target::parse("http://127.0.0.1:8080/delay/5?x=1", "--url").unwrap();
        assert_eq!(
            (&*target.address, &*target.host, &*target.path),
            ("127.0.0.1:8080", "127.0.0.1:8080", "/delay/5?x=1")
        );
        let target = Target::parse("http://example.org", "--url").unwrap();
        assert_eq!((&*target.address, &*target.host, &*target.path), ("example.org:80", "example.org", "/"));
        assert_eq!(&*Target::parse("http://[::1]:9/", "--url").unwrap().address, "[::1]:9");
        for wrong in [
            "",
            "nonsense",
            "/x",
            "ftp://x/",
            "http://",
            "http:///x",
            "https://example.org/",
            "http://a b/",
            "http://u:p@x/",
            "http://x:99999/",
            "http://x:0/",
            "http://x:/",
        ] {
            assert_eq!(Target::parse(wrong, "--url").unwrap_err().code(), 2, "{wrong}");
        }
    }
}
