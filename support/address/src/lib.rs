//! The web addresses that the clients accept: where to connect, and what to send.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::borrow::Cow;

use http::Uri;
use percent_encoding::{AsciiSet, utf8_percent_encode};

/// Whether host names may contain characters that are not ASCII: the feature `idna`.
pub const IDNA: bool = cfg!(feature = "idna");

/// An absolute http or https URL in the form in which it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The whole URL. What is not ASCII is encoded.
    pub url: String,
    /// Whether the scheme is https.
    pub tls: bool,
    /// The host in lower case, without the port. An IPv6 address has its brackets.
    pub name: String,
    /// The port, which may be the scheme's default.
    pub port: u16,
    /// `host` or `host:port`, for the `Host` header.
    pub host: String,
    /// The path and the query; it begins with `/`.
    pub path: String,
}

/// Why an address cannot be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is no http or https URL.
    Malformed,
    /// It contains white space or a control character. Sent raw, a line break would begin another header.
    WhiteSpace,
    /// It contains a user name or a password.
    Credentials,
    /// The host name is not ASCII, and the feature `idna` is off.
    NeedsIdna,
    /// The host name is not valid by the rules of IDNA.
    HostName,
}

impl Address {
    /// Parses an absolute URL.
    pub fn parse(url: &str) -> Result<Address, Wrong> {
        // First, so that an address with a password is never taken for another error, whose message might show it.
        if authority(url).contains('@') {
            return Err(Wrong::Credentials);
        }
        if url.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(Wrong::WhiteSpace);
        }
        // What is not ASCII is encoded as browsers do: `%EA%B0%80` for `가`, but in a host name with IDNA.
        let url = utf8_percent_encode(&with_ascii_host(url)?, &AsciiSet::EMPTY).to_string();
        let uri: Uri = url.parse().map_err(|_| Wrong::Malformed)?;
        let tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(Wrong::Malformed),
        };
        let authority = uri.authority().ok_or(Wrong::Malformed)?;
        let (name, host) = (authority.host(), authority.as_str());
        if name.is_empty() || name.contains('%') {
            return Err(Wrong::Malformed);
        }
        let port = host.strip_prefix(name).and_then(|rest| port(rest, tls)).ok_or(Wrong::Malformed)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Address { name: name.to_ascii_lowercase(), host: host.to_owned(), url, tls, port, path })
    }
}

/// The part of a URL between the scheme and the path.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// The port after the host; the scheme's default if there is none, and `None` if it is not a valid port.
fn port(rest: &str, tls: bool) -> Option<u16> {
    if rest.is_empty() {
        Some(if tls { 443 } else { 80 })
    } else {
        rest.strip_prefix(':')?.parse().ok().filter(|port| *port > 0)
    }
}

/// Replaces a host name that is not ASCII by its ASCII form: `xn--3e0b707e.kr` for `한국.kr`.
fn with_ascii_host(url: &str) -> Result<Cow<'_, str>, Wrong> {
    let authority = authority(url);
    if authority.is_ascii() {
        return Ok(url.into());
    }
    let (name, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
    let (before, after) = url.split_once("://").ok_or(Wrong::Malformed)?;
    let name = ascii(name)?;
    Ok(format!("{before}://{name}{port}{}", &after[authority.len()..]).into())
}

#[cfg(feature = "idna")]
fn ascii(name: &str) -> Result<Cow<'_, str>, Wrong> {
    idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL).map_err(|_| Wrong::HostName)
}

#[cfg(not(feature = "idna"))]
fn ascii(_: &str) -> Result<Cow<'_, str>, Wrong> {
    Err(Wrong::NeedsIdna)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test a panic is the message")]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_into_its_parts() {
        for (url, sent, name, port, host, path) in [
            ("http://127.0.0.1:8080/a?x=1", "", "127.0.0.1", 8080, "127.0.0.1:8080", "/a?x=1"),
            ("http://example.org", "", "example.org", 80, "example.org", "/"),
            ("HTTP://Example.org?q#part", "", "example.org", 80, "Example.org", "/?q"),
            ("https://a/", "", "a", 443, "a", "/"),
            ("http://[::1]:9/", "", "[::1]", 9, "[::1]:9", "/"),
            ("http://a/@b:c", "", "a", 80, "a", "/@b:c"),
            ("http://a/한?q=글", "http://a/%ED%95%9C?q=%EA%B8%80", "a", 80, "a", "/%ED%95%9C?q=%EA%B8%80"),
        ] {
            let found = Address::parse(url).unwrap();
            assert_eq!(found.url, if sent.is_empty() { url } else { sent });
            assert_eq!((&*found.name, found.port, &*found.host, &*found.path), (name, port, host, path), "{url}");
            assert_eq!(found.tls, url.starts_with("https"));
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for (url, why) in [
            ("", Wrong::Malformed),
            ("a", Wrong::Malformed),
            ("/a", Wrong::Malformed),
            ("ftp://a/", Wrong::Malformed),
            ("http://", Wrong::Malformed),
            ("http:///a", Wrong::Malformed),
            ("http://:80/", Wrong::Malformed),
            ("http://a:99999/", Wrong::Malformed),
            ("http://a:0/", Wrong::Malformed),
            ("http://a:/", Wrong::Malformed),
            ("http://a%20b/", Wrong::Malformed),
            ("http://a b/", Wrong::WhiteSpace),
            ("http://a/\r\nX: y", Wrong::WhiteSpace),
            ("http://a\r\nX: y/", Wrong::WhiteSpace),
            ("http://a/\u{0}", Wrong::WhiteSpace),
            ("http://a/\u{85}", Wrong::WhiteSpace),
            ("http://한국\u{2003}.kr/", Wrong::WhiteSpace),
            ("http://u:p@a/", Wrong::Credentials),
            ("http://u:p @a/", Wrong::Credentials),
            ("http://u:p@한국.kr/", Wrong::Credentials),
            ("u:p@a", Wrong::Credentials),
        ] {
            assert_eq!(Address::parse(url), Err(why), "{url:?}");
        }
    }

    /// RFC 5890 and UTS 46. 한국 is the top-level domain `xn--3e0b707e`; the other names are written as a keyboard writes them.
    #[test]
    fn a_host_name_in_hangul_is_sent_in_ascii() {
        let parsed = |url| Address::parse(url).map(|found| [found.url, found.name, found.host]);
        if !IDNA {
            assert_eq!(parsed("http://한국.kr/"), Err(Wrong::NeedsIdna));
            return;
        }
        let decomposed = "http://\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}.kr:81/한";
        for (url, sent, name, host) in [
            ("http://한국.kr/", "http://xn--3e0b707e.kr/", "xn--3e0b707e.kr", "xn--3e0b707e.kr"),
            (decomposed, "http://xn--3e0b707e.kr:81/%ED%95%9C", "xn--3e0b707e.kr", "xn--3e0b707e.kr:81"),
            ("http://한국。KR?q", "http://xn--3e0b707e.kr?q", "xn--3e0b707e.kr", "xn--3e0b707e.kr"),
            ("http://ＢＵＣＨＥＲ.de", "http://bucher.de", "bucher.de", "bucher.de"),
            ("http://BÜCHER.de", "http://xn--bcher-kva.de", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ] {
            assert_eq!(parsed(url).unwrap(), [sent, name, host], "{url}");
        }
        // A full-width slash or colon would change the host after it was checked.
        for url in ["http://한국.kr／path/", "http://a：80.한국/", "http://한\u{200b}\u{ad}%.kr/", "http://\u{301}a/"]
        {
            assert!(matches!(parsed(url), Err(Wrong::HostName | Wrong::Malformed)), "{url}: {:?}", parsed(url));
        }
    }
}
