//! Targets: parsing of a URL into the address to connect to and the parts that a request needs.

use std::sync::Arc;

use address::{Address, Wrong};
use lab::lang::Text;
use lab::{Error, Result, text};

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
        let Address { tls, name, port, host, path, .. } = Address::parse(url).map_err(explain)?;
        if tls && !cfg!(feature = "https") {
            return Err(text!(
                "https를 쓰려면 `cargo run -p asyncio --features https -- fetch …`로 실행하십시오.",
                "for https, run `cargo run -p asyncio --features https -- fetch …`."
            ));
        }
        let address = format!("{name}:{port}").into();
        Ok(Target { url: url.into(), address, host: host.into(), path: path.into(), tls })
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

fn explain(wrong: Wrong) -> Text {
    match wrong {
        Wrong::Malformed => text!("http://호스트/… 형식의 주소를 주십시오.", "give an address like http://host/…."),
        Wrong::WhiteSpace => text!(
            "주소에 공백이나 제어 문자가 있습니다. %20처럼 인코딩해 주십시오.",
            "it contains white space or a control character. Encode it, like %20."
        ),
        Wrong::Credentials => text!(
            "사용자 이름과 암호는 주소에 넣지 말고 --user로 주십시오. 주소는 결과 파일에 기록됩니다.",
            "give user name and password with --user, not in the address, which is written to the results."
        ),
        Wrong::NeedsIdna => text!(
            "호스트 이름을 xn--… 형식으로 주거나 `cargo run -p asyncio --features idna -- fetch …`로 실행하십시오.",
            "give the host name in its xn--… form, or run `cargo run -p asyncio --features idna -- fetch …`."
        ),
        Wrong::HostName => text!("호스트 이름으로 쓸 수 없는 글자가 있습니다.", "the host name is not valid."),
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

    /// The rules themselves are tested where they stand, in the crate `address`.
    #[test]
    fn a_url_is_split_into_its_parts_or_refused_without_its_password() {
        let Target { url, address, host, path, tls } = Target::read("http://Host:8080/한?x=1#y").unwrap();
        assert_eq!([&*url, &*address, &*host], ["http://Host:8080/한?x=1#y", "host:8080", "Host:8080"]);
        assert!(&*path == "/%ED%95%9C?x=1" && !tls);
        for wrong in ["", "nonsense", "ftp://x/", "http://a b/", "http://a/\r\nX: y", "http://a／b/"] {
            assert_eq!(Target::parse(wrong, "URL").unwrap_err().code(), 2, "{wrong}");
        }
        let hangul = Target::read("http://한국.kr/").map(|target| target.address.to_string()).map_err(|why| why.en);
        match hangul {
            Ok(address) => assert!(address::IDNA && address == "xn--3e0b707e.kr:80", "{address}"),
            Err(why) => assert!(!address::IDNA && why.contains("xn--") && why.contains("--features idna"), "{why}"),
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
