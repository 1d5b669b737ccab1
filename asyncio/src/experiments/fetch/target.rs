//! Targets: parsing of a URL into the address to connect to and the parts that a request needs.

use std::sync::Arc;

use hyper::Uri;
use lab::lang::Text;
use lab::{Error, Result, text};
use percent_encoding::{AsciiSet, utf8_percent_encode};

/// A URL, split into the parts that a request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The URL as the user gave it.
    pub url: Arc<str>,
    /// `host:port`, to connect to; in lower case, so that it identifies a server.
    pub address: Arc<str>,
    /// `host` or `host:port`, for the `Host` header.
    pub host: Arc<str>,
    /// The path and the query.
    pub path: Arc<str>,
    /// Whether the scheme is https.
    pub tls: bool,
}

impl Target {
    /// Parses an absolute URL. `place` is where it was given, for error messages.
    pub fn parse(url: &str, place: &str) -> Result<Target> {
        Target::read(url).map_err(|why| refuse(place, url, &why))
    }

    /// Parses an absolute URL. The error is the reason why it cannot be fetched.
    pub fn read(url: &str) -> Result<Target, Text> {
        if url.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(text!(
                "주소에 공백이나 제어 문자가 있습니다. %20처럼 인코딩해 주십시오.",
                "it contains white space or a control character. Encode it, like %20."
            ));
        }
        let malformed = || text!("http://호스트/… 형식의 주소를 주십시오.", "give an address like http://host/….");
        // What is not ASCII is percent-encoded, as browsers do.
        let uri: Uri = utf8_percent_encode(url, &AsciiSet::EMPTY).to_string().parse().map_err(|_| malformed())?;
        let authority = uri.authority().ok_or_else(malformed)?;
        let (host, all) = (authority.host(), authority.as_str());
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") if cfg!(feature = "https") => true,
            Some("https") => {
                return Err(text!(
                    "https를 쓰려면 `cargo run -p asyncio --features https -- fetch …`로 실행하십시오.",
                    "for https, run `cargo run -p asyncio --features https -- fetch …`."
                ));
            }
            _ => return Err(malformed()),
        };
        if all.contains('@') {
            return Err(text!(
                "사용자 이름과 암호는 주소에 넣지 말고 --user로 주십시오. 주소는 결과 파일에 기록됩니다.",
                "give user name and password with --user, not in the address, which is written to the results."
            ));
        }
        // A host name that is not ASCII has been percent-encoded here; it would need IDNA.
        if host.contains('%') {
            return Err(text!("호스트 이름은 xn--… 형식으로 주십시오.", "give the host name in its xn--… form."));
        }
        let port = all
            .strip_prefix(host)
            .and_then(|rest| port(rest, tls))
            .filter(|_| !host.is_empty())
            .ok_or_else(malformed)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Ok(Target {
            url: url.into(),
            address: format!("{}:{port}", host.to_ascii_lowercase()).into(),
            host: all.into(),
            path: if path.starts_with('/') { path.into() } else { format!("/{path}").into() },
            tls,
        })
    }

    /// Resolves a `Location` relative to this URL (RFC 3986, 5.2).
    pub fn join(&self, location: &str) -> Result<Target, Text> {
        let location = location.split('#').next().unwrap_or_default();
        let scheme_end = location.find(['/', '?', ':']).filter(|at| location[*at..].starts_with(':'));
        let (scheme, host) = (if self.tls { "https" } else { "http" }, &self.host);
        if scheme_end.is_some() {
            return Target::read(location);
        }
        if location.starts_with("//") {
            return Target::read(&format!("{scheme}:{location}"));
        }
        let (base, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let (path, new_query) = location.split_at(location.find('?').unwrap_or(location.len()));
        let (path, query) = match path {
            "" if new_query.is_empty() && !query.is_empty() => (base.to_owned(), format!("?{query}")),
            "" => (base.to_owned(), new_query.to_owned()),
            absolute if absolute.starts_with('/') => (absolute.to_owned(), new_query.to_owned()),
            relative => {
                let folder = &base[..=base.rfind('/').unwrap_or(0)];
                (format!("{folder}{relative}"), new_query.to_owned())
            }
        };
        Target::read(&format!("{scheme}://{host}{}{query}", without_dots(&path)))
    }

    pub fn same_origin(&self, other: &Target) -> bool {
        self.address == other.address && self.tls == other.tls
    }
}

/// The error for a URL on the command line or in a list. A password in the URL is not shown.
pub fn refuse(place: &str, url: &str, why: &Text) -> Error {
    let shown: String = without_credentials(url).chars().flat_map(char::escape_debug).take(200).collect();
    let (ko, en) = (&why.ko, &why.en);
    Error::usage(text!("{place} {shown}: {ko}", "{place} {shown}: {en}"))
}

/// Replaces user name and password by `…`.
fn without_credentials(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    match url[start..end].rfind('@') {
        Some(at) => format!("{}…{}", &url[..start], &url[start + at..]),
        None => url.to_owned(),
    }
}

/// The port after the host; the scheme's default if there is none, and `None` if it is not a valid port.
fn port(rest: &str, tls: bool) -> Option<u16> {
    if rest.is_empty() {
        Some(if tls { 443 } else { 80 })
    } else {
        rest.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)
    }
}

/// Removes dot segments: `/a/./b/../c` becomes `/a/c`.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut words = path.split('/').skip(1).peekable();
    while let Some(word) = words.next() {
        let is_last = words.peek().is_none();
        match word {
            "." => {}
            ".." => drop(parts.pop()),
            word => parts.push(word),
        }
        if is_last && matches!(word, "." | "..") {
            parts.push("");
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(url: &str) -> [String; 3] {
        let Target { address, host, path, .. } = Target::read(url).unwrap();
        [address, host, path].map(|part| part.to_string())
    }

    #[test]
    fn a_url_is_split_into_its_parts() {
        for (url, address, host, path) in [
            ("http://127.0.0.1:8080/delay/5?x=1", "127.0.0.1:8080", "127.0.0.1:8080", "/delay/5?x=1"),
            ("http://example.org", "example.org:80", "example.org", "/"),
            ("HTTP://Example.org?q#part", "example.org:80", "Example.org", "/?q"),
            ("http://[::1]:9/", "[::1]:9", "[::1]:9", "/"),
            ("http://a/한?q=글", "a:80", "a", "/%ED%95%9C?q=%EA%B8%80"),
        ] {
            assert_eq!(parts(url), [address, host, path]);
        }
        for wrong in [
            "",
            "nonsense",
            "/x",
            "ftp://x/",
            "http://",
            "http:///x",
            "http://a b/",
            "http://a/\r\nX: y",
            "http://a/\u{0}",
            "http://한국.kr/",
            "http://x:99999/",
            "http://x:0/",
            "http://x:/",
        ] {
            assert_eq!(Target::parse(wrong, "URL").unwrap_err().code(), 2, "{wrong}");
        }
        let secret = Target::parse("http://name:secret@x/", "URL").unwrap_err();
        assert!(secret.text().en.contains("…@x") && !secret.text().en.contains("secret"), "{secret}");
    }

    #[test]
    fn https_is_a_feature() {
        match Target::read("https://Example.org/x") {
            Ok(target) => {
                assert!(cfg!(feature = "https") && target.tls && &*target.address == "example.org:443");
                assert_eq!(&*target.join("/y").unwrap().url, "https://Example.org/y");
                let plain = target.join("http://example.org:443/").unwrap();
                assert!(
                    !plain.tls && !plain.same_origin(&target),
                    "from https to http is another origin, so that credentials are dropped"
                );
            }
            Err(why) => assert!(!cfg!(feature = "https") && why.en.contains("--features https"), "{why}"),
        }
    }

    #[test]
    fn a_location_is_relative_to_its_url() {
        let from = Target::read("http://host:8080/a/b/c?q").unwrap();
        for (location, url) in [
            ("/x", "http://host:8080/x"),
            ("x", "http://host:8080/a/b/x"),
            ("./x?y", "http://host:8080/a/b/x?y"),
            ("../x", "http://host:8080/a/x"),
            ("../../../x/..", "http://host:8080/"),
            ("?new", "http://host:8080/a/b/c?new"),
            ("", "http://host:8080/a/b/c?q"),
            ("#part", "http://host:8080/a/b/c?q"),
            ("//other/x", "http://other/x"),
            ("http://other:1/y#part", "http://other:1/y"),
            ("/한", "http://host:8080/한"),
            ("x:y/z", ""),
        ] {
            let joined = from.join(location).map_or_else(|_| String::new(), |target| target.url.to_string());
            assert_eq!(joined, url, "{location}");
        }
    }
}
