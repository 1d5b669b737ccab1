//! Proxies, configured by the usual environment variables.

use std::sync::Arc;

use address::Address;
use hyper::header::HeaderValue;
use lab::{Error, Result, text};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::failure::Failure;
use super::request::basic_of;
use super::target::Target;

/// Maximum size of the response to CONNECT.
const MOST_HEAD: usize = 16 * 1024;

/// An http proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// `host:port`.
    pub address: Arc<str>,
    pub credentials: Option<HeaderValue>,
}

/// Which requests go through which proxy.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    http: Option<Arc<Proxy>>,
    https: Option<Arc<Proxy>>,
    /// Hosts that are reached without a proxy: names, which include their subdomains, or `*`.
    exceptions: Vec<String>,
}

impl Proxies {
    /// Reads `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`; all but the first also in capitals. `HTTP_PROXY` is ignored, because
    /// in a CGI program it holds the `Proxy` header of a client.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Proxies> {
        let first = |names: &[&'static str]| {
            let found = names.iter().find_map(|name| Some((*name, variable(name)?)));
            found.filter(|(_, value)| !value.is_empty())
        };
        let proxy = |names: &[&'static str]| {
            first(names).map(|(name, value)| Proxy::parse(name, &value).map(Arc::new)).transpose()
        };
        let exceptions = first(&["no_proxy", "NO_PROXY"]).map(|(_, list)| list).unwrap_or_default();
        let word = |word: &str| {
            let word = word.trim().trim_start_matches('.').to_ascii_lowercase();
            // Addresses have the ASCII form of a name like 한국.kr.
            let host = Address::parse(&format!("http://{word}/")).map(|found| found.host);
            host.ok().filter(|_| !word.is_ascii()).unwrap_or(word)
        };
        Ok(Proxies {
            http: proxy(&["http_proxy", "all_proxy", "ALL_PROXY"])?,
            https: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            exceptions: exceptions.split(',').map(word).filter(|word| !word.is_empty()).collect(),
        })
    }

    /// The proxy for a target, if it needs one.
    pub fn proxy_for(&self, target: &Target) -> Option<&Arc<Proxy>> {
        let proxy = if target.tls { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.is_exception(&target.address))
    }

    fn is_exception(&self, address: &str) -> bool {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
        let is_within = |name: &str| host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        self.exceptions.iter().any(|name| name == "*" || name == address || is_within(name))
    }
}

impl Proxy {
    fn parse(name: &str, value: &str) -> Result<Proxy> {
        // The value may contain a password, so that it is not shown.
        let refuse = || {
            Error::usage(text!(
                "{name}: http://호스트:포트 형식의 프록시만 지원합니다. 프록시를 쓰지 않으려면 --proxy none을 주십시오.",
                "{name}: only proxies like http://host:port are supported. To use none, give --proxy none."
            ))
        };
        let rest = value.strip_prefix("http://").unwrap_or(value).trim_end_matches('/');
        let (user, address) = rest.rsplit_once('@').map_or((None, rest), |(user, address)| (Some(user), address));
        let target = Target::read(&format!("http://{address}")).map_err(|_| refuse())?;
        if &*target.path != "/" || rest.contains("://") {
            return Err(refuse());
        }
        let credentials = user.map(|user| percent_decoded(user).map(|pair| basic_of(&pair)).ok_or_else(refuse));
        Ok(Proxy { address: target.address, credentials: credentials.transpose()? })
    }

    /// Opens a tunnel to the target with CONNECT. The proxy then passes on the data without reading it.
    pub async fn open_tunnel(&self, target: &Target, stream: &mut TcpStream) -> Result<(), Failure> {
        let failed = |e: std::io::Error| Failure::Unreachable(format!("proxy: {e}"));
        let (address, credentials) = (&target.address, self.credentials.as_ref().and_then(|value| value.to_str().ok()));
        let credentials = credentials.map(|value| format!("Proxy-Authorization: {value}\r\n")).unwrap_or_default();
        let request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n{credentials}\r\n");
        stream.write_all(request.as_bytes()).await.map_err(failed)?;
        let mut head = Vec::new();
        // Byte by byte, because what follows the head belongs to the TLS connection.
        while !head.ends_with(b"\r\n\r\n") && head.len() < MOST_HEAD {
            head.push(stream.read_u8().await.map_err(failed)?);
        }
        let line = String::from_utf8_lossy(head.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
        match line.split(' ').nth(1) {
            Some(status) if line.starts_with("HTTP/1.") && status.starts_with('2') => Ok(()),
            _ => Err(Failure::Unreachable(format!("the proxy answered {}", line.escape_default()))),
        }
    }
}

/// Decodes percent-encoding: `%40` is `@`. `None` if a `%` does not begin an encoded byte; the library would leave it as it is.
fn percent_decoded(word: &str) -> Option<Vec<u8>> {
    let is_code = |rest: &str| rest.len() > 1 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    word.split('%').skip(1).all(is_code).then(|| percent_decode_str(word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let proxies = Proxies::from_environment(find).unwrap();
        proxies.proxy_for(&Target::read(url).unwrap()).map(|proxy| proxy.address.to_string())
    }

    #[test]
    fn the_environment_is_read_as_other_clients_read_it() {
        let http = [("http_proxy", "http://proxy:3128/")];
        assert_eq!(to(&http, "http://a/"), Some("proxy:3128".into()));
        assert_eq!(to(&[("all_proxy", "proxy")], "http://a/"), Some("proxy:80".into()));
        assert_eq!(to(&[("HTTP_PROXY", "http://evil")], "http://a/"), None);
        assert_eq!(to(&[("https_proxy", "http://proxy")], "http://a/"), None);
        for (list, host, goes) in [
            ("a.org", "a.org", false),
            (".a.org, b", "x.a.org", false),
            ("a.org", "xa.org", true),
            ("*", "a", false),
            ("127.0.0.1", "127.0.0.1", false),
            ("a:80", "a", false),
            ("a:81", "a", true),
            ("::1", "[::1]", false),
            ("", "a", true),
        ] {
            let found = to(&[http[0], ("no_proxy", list)], &format!("http://{host}/"));
            assert_eq!(found.is_some(), goes, "{list} {host}");
        }
        if address::IDNA {
            assert_eq!(to(&[http[0], ("no_proxy", "a, .한국.kr")], "http://x.한국.kr/"), None);
        }
    }

    #[test]
    fn an_unsupported_proxy_is_refused_without_showing_its_password() {
        let read = |value| Proxy::parse("http_proxy", value);
        assert_eq!(read("http://me:p%40ss@proxy:1").unwrap().credentials.unwrap(), "Basic bWU6cEBzcw==");
        for wrong in [
            "socks5://me:secret@proxy",
            "https://proxy",
            "http://proxy/path",
            "me:secret@",
            "a%4:b@proxy",
            "a%+4:b@proxy",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.code() == 2 && !error.text().en.contains("secret"), "{error}");
        }
    }
}
