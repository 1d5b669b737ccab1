//! What the server answers: the page's files and the API, below a path that nobody else knows, to pages of this very server alone.
//!
//! | against | what |
//! |---|---|
//! | others on the machine, other users | the token: the first part of every path, 128 random bits |
//! | a web page of another origin that sends requests here | `Host` and `Origin` must be this server's, `Sec-Fetch-Site` must not be another's, and questions are JSON |
//! | a name of an attacker that resolves to 127.0.0.1 | `Host` again |
//! | markup in a name or a file | `Content-Security-Policy`: no inline script, nothing from elsewhere |
//! | too much of anything | the limits of [`crate::limits`] and of the server |

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::OnceLock;

use web::service::{Answer, Request, Service};

use crate::api::Api;
use crate::pages;
use crate::refused::Refused;

/// Everything comes from this server, and no markup is made of strings.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
                          base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The page of one run of the program.
pub struct Site {
    api: Api,
    token: String,
    /// Where it listens; known once it does.
    address: OnceLock<SocketAddr>,
}

impl Site {
    /// A page with a new token.
    pub fn new(api: Api) -> io::Result<Site> {
        Ok(Site { api, token: token()?, address: OnceLock::new() })
    }

    /// Where the server listens. Before this, every request is refused.
    pub fn is_at(&self, address: SocketAddr) -> String {
        let address = self.address.get_or_init(|| address);
        format!("http://{address}/{}/", self.token)
    }

    /// Whether a request comes from a page of this server, or from the reader who typed its address.
    fn is_own(&self, request: &Request) -> bool {
        let Some(address) = self.address.get() else { return false };
        let port = address.port();
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let host = request.header("host").is_some_and(|host| hosts.iter().any(|own| own.eq_ignore_ascii_case(host)));
        let origin = match request.count("origin") {
            0 => true,
            _ => request.header("origin").is_some_and(|origin| {
                let origin = origin.strip_prefix("http://").unwrap_or_default();
                hosts.iter().any(|own| own.eq_ignore_ascii_case(origin))
            }),
        };
        let site = match request.count("sec-fetch-site") {
            0 => true,
            // `none`: an address that was typed, or a bookmark.
            _ => request.header("sec-fetch-site").is_some_and(|site| matches!(site, "same-origin" | "none")),
        };
        host && origin && site
    }

    /// The path below the token.
    fn below<'a>(&self, path: &'a str) -> Option<&'a str> {
        let (token, rest) = path.strip_prefix('/')?.split_once('/')?;
        same(token.as_bytes(), self.token.as_bytes()).then_some(rest)
    }

    fn respond(&self, request: &Request) -> Answer {
        if !self.is_own(request) {
            return plain(403, "403 Forbidden: not from this page\n");
        }
        let Some(path) = self.below(&request.path) else { return plain(404, "404 Not Found\n") };
        let Some(endpoint) = path.strip_prefix("api/") else { return file(request, path) };
        if request.method.as_str() != "POST" {
            return not_allowed("POST");
        }
        let json = request.header("content-type").is_some_and(|kind| {
            kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        if !json {
            return plain(415, "415 Unsupported Media Type: questions are application/json\n");
        }
        match self.api.answer(endpoint, &request.body) {
            Ok(body) => with_type(200, "application/json", body),
            Err(refused) => refuse(&refused),
        }
    }
}

impl Service for Site {
    fn answer(&self, request: Request) -> Answer {
        let mut answer = self.respond(&request);
        let same_for_all = [
            ("content-security-policy", POLICY),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ];
        answer.headers.extend(same_for_all.map(|(name, value)| (name, value.to_owned())));
        answer
    }
}

fn file(request: &Request, path: &str) -> Answer {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return not_allowed("GET, HEAD");
    }
    match pages::file(if path.is_empty() { "index.html" } else { path }) {
        Some((kind, bytes)) => with_type(200, kind, bytes),
        None => plain(404, "404 Not Found\n"),
    }
}

fn refuse(refused: &Refused) -> Answer {
    with_type(refused.status, "application/json", refused.body())
}

fn plain(status: u16, words: &str) -> Answer {
    with_type(status, "text/plain; charset=utf-8", words.into())
}

fn not_allowed(methods: &str) -> Answer {
    let mut answer = plain(405, "405 Method Not Allowed\n");
    answer.headers.push(("allow", methods.to_owned()));
    answer
}

fn with_type(status: u16, kind: &str, body: Vec<u8>) -> Answer {
    Answer { status, headers: vec![("content-type", kind.to_owned())], body }
}

/// Compared in the same time wherever they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// 128 bits that nobody can guess, from the system.
#[cfg(unix)]
fn token() -> io::Result<String> {
    let mut bytes = [0_u8; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_compared_whole() {
        let (a, b) = (token().unwrap(), token().unwrap());
        assert!(a.len() == 32 && a != b);
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab") && !same(b"", b"a"));
    }
}
