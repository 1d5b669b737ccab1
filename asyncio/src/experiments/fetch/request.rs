//! What is sent: method, headers, body. Secrets come from files or from the environment, never from the command line, which all users
//! of the machine can read.

use std::env;
use std::fs;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use lab::cli::{Args, Opt, Options};
use lab::lang::Text;
use lab::{Error, Result, text};

/// The environment variable with the password for `--user NAME`.
pub const PASSWORD: &str = "FETCH_PASSWORD";
/// Maximum size of a file with a body or with headers.
const MOST_BYTES: u64 = 64 << 20;

/// What every call sends.
#[derive(Clone, Debug)]
pub struct RequestPlan {
    pub method: Method,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// A plain GET.
impl Default for RequestPlan {
    fn default() -> RequestPlan {
        RequestPlan { method: Method::GET, headers: Vec::new(), body: Bytes::new() }
    }
}

/// Headers with credentials, which are not sent to another server.
const CREDENTIALS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];
/// Headers that only the client may set.
const OURS: [HeaderName; 4] = [header::CONTENT_LENGTH, header::TRANSFER_ENCODING, header::CONNECTION, header::EXPECT];

pub fn is_credential(name: &HeaderName) -> bool {
    CREDENTIALS.contains(name)
}

impl RequestPlan {
    /// Adds `Accept-Encoding`, unless the user has set it.
    pub fn accept_encoding(&mut self, codings: &'static str) {
        if self.headers.iter().all(|(name, _)| *name != header::ACCEPT_ENCODING) {
            self.headers.push((header::ACCEPT_ENCODING, HeaderValue::from_static(codings)));
        }
    }

    /// Whether carrying out the request twice has the same effect as once (RFC 9110, 9.2.2).
    pub fn is_idempotent(&self) -> bool {
        [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT, Method::DELETE].contains(&self.method)
    }

    /// The request to another server after a redirect.
    pub fn without_credentials(&self) -> RequestPlan {
        let keep = |(name, _): &&(HeaderName, HeaderValue)| !is_credential(name);
        RequestPlan { headers: self.headers.iter().filter(keep).cloned().collect(), ..self.clone() }
    }

    /// The request after a redirect. It becomes a GET after 303, and for a POST also after 301 and 302, as in browsers (RFC 9110, 15.4).
    pub fn redirected(&self, status: u16) -> RequestPlan {
        let becomes_get = match status {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if !becomes_get {
            return self.clone();
        }
        let keep = |(name, _): &&(HeaderName, HeaderValue)| !name.as_str().starts_with("content-");
        let headers = self.headers.iter().filter(keep).cloned().collect();
        RequestPlan { method: Method::GET, headers, body: Bytes::new() }
    }
}

/// The options for method, headers and body.
#[derive(Clone, Copy, Debug)]
pub struct RequestOptions {
    method: Opt<Option<String>>,
    header: Opt<Vec<String>>,
    data: Opt<Option<String>>,
    json: Opt<Option<String>>,
    user: Opt<Option<String>>,
}

impl RequestOptions {
    pub fn declare(options: &mut Options) -> RequestOptions {
        let about = text!("메서드(기본 GET, 본문이 있으면 POST)", "method (default GET, with a body POST)");
        let method = options.word("method", about);
        let about = text!("헤더 '이름: 값' 또는 @파일, 여러 번 가능", "header 'Name: value', or @file; repeatable");
        let header = options.words_or_files("header", about);
        let data = options.word_or_file("data", text!("본문 또는 @파일", "body, or @file"));
        let json = options.word_or_file("data-json", text!("JSON 본문 또는 @파일", "JSON body, or @file"));
        let about = text!("사용자 이름(암호는 {PASSWORD}) 또는 @파일", "user name (password in {PASSWORD}), or @file");
        let user = options.word_or_file("user", about);
        options.conflict(data, json);
        // The short names of curl.
        options.short(method, 'X');
        options.short(header, 'H');
        options.short(data, 'd');
        RequestOptions { method, header, data, json, user }
    }

    /// Whether the body was given as JSON.
    pub fn is_json(self, a: &Args) -> bool {
        a.is_given(self.json)
    }

    /// Reads the options. `is_valid` checks a body that was given as JSON.
    pub fn read(self, a: &Args, is_valid: fn(&[u8]) -> bool) -> Result<RequestPlan> {
        let (data, json) = (a.get(self.data), a.get(self.json));
        let (option, kind, body) = match (&data, &json) {
            (Some(data), _) => ("--data", Some("application/x-www-form-urlencoded"), bytes("--data", data)?),
            (None, Some(json)) => ("--data-json", Some("application/json"), bytes("--data-json", json)?),
            (None, None) => ("", None, Vec::new()),
        };
        if option == "--data-json" && !is_valid(&body) {
            return Err(Error::usage(text!(
                "--data-json: 올바른 JSON이 아닙니다.",
                "--data-json: this is not valid JSON."
            )));
        }
        let method = match a.get(self.method) {
            Some(word) => method(&word)?,
            None if kind.is_some() => Method::POST,
            None => Method::GET,
        };
        if kind.is_some() && (method == Method::GET || method == Method::HEAD) {
            return Err(Error::usage(text!(
                "{option}: {method}에는 본문을 보낼 수 없습니다. --method로 다른 메서드를 주십시오.",
                "{option}: {method} has no body. Give another --method."
            )));
        }
        let mut headers = Vec::new();
        for word in a.get(self.header) {
            read_headers(&word, &mut headers)?;
        }
        if let Some(user) = a.get(self.user) {
            headers.push((header::AUTHORIZATION, basic(&user)?));
        }
        let named = |name: HeaderName, headers: &[(HeaderName, HeaderValue)]| headers.iter().any(|(n, _)| *n == name);
        if let Some(kind) = kind.filter(|_| !named(header::CONTENT_TYPE, &headers)) {
            headers.push((header::CONTENT_TYPE, HeaderValue::from_static(kind)));
        }
        Ok(RequestPlan { method, headers, body: body.into() })
    }
}

pub fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

fn method(word: &str) -> Result<Method> {
    let refused = ["CONNECT", "TRACE"].contains(&word) || word.bytes().any(|b| b.is_ascii_lowercase());
    word.parse().ok().filter(|_| !refused).ok_or_else(|| {
        Error::usage(text!(
            "--method {word}: GET, POST, PUT과 같은 메서드를 주십시오.",
            "--method {word}: give a method like GET, POST or PUT."
        ))
    })
}

/// A value, or the content of a file: `@FILE`.
fn bytes(option: &str, word: &str) -> Result<Vec<u8>> {
    let Some(path) = word.strip_prefix('@') else { return Ok(word.as_bytes().to_vec()) };
    let read = fs::metadata(path).and_then(|found| match found.len() > MOST_BYTES {
        true => Err(std::io::ErrorKind::FileTooLarge.into()),
        false => fs::read(path),
    });
    read.map_err(|e| {
        Error::usage(text!("{option} @{path}: 읽을 수 없습니다: {e}", "{option} @{path}: cannot be read: {e}"))
    })
}

/// `Name: value`, or a file of such lines.
fn read_headers(word: &str, headers: &mut Vec<(HeaderName, HeaderValue)>) -> Result<()> {
    let is_file = word.starts_with('@');
    let bytes = bytes("--header", word)?;
    // Only a file has several lines. On the command line, a newline within a header is an error.
    let lines = bytes.split(|byte| is_file && *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    for (n, line) in lines.enumerate() {
        let place = if is_file { format!("--header {word}:{}", n + 1) } else { "--header".to_owned() };
        let refuse = |why: Text| {
            let (ko, en) = (why.ko, why.en);
            Error::usage(text!("{place}: {ko}", "{place}: {en}"))
        };
        let malformed = || refuse(text!("'이름: 값' 형식으로 주십시오.", "give it as 'Name: value'."));
        let colon = line.iter().position(|byte| *byte == b':').ok_or_else(malformed)?;
        let name = HeaderName::from_bytes(&line[..colon]).map_err(|_| malformed())?;
        let mut value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).map_err(|_| malformed())?;
        if OURS.contains(&name) {
            return Err(refuse(text!("{name} 헤더는 클라이언트가 설정합니다.", "only the client sets {name}.")));
        }
        if is_credential(&name) {
            if !is_file {
                return Err(refuse(text!(
                    "명령줄의 {name} 값은 누구나 볼 수 있습니다. 파일에 저장하고 --header @파일로 주십시오.",
                    "everyone can read the value of {name} on the command line. Save it in a file and give --header @FILE."
                )));
            }
            value.set_sensitive(true);
        }
        headers.push((name, value));
    }
    Ok(())
}

/// The `Authorization` header, from a name and the password in the environment, or from a file with `name:password`.
fn basic(user: &str) -> Result<HeaderValue> {
    let pair = match (user.starts_with('@'), user.contains(':')) {
        (true, _) => bytes("--user", user)?.trim_ascii().to_vec(),
        (false, true) => {
            return Err(Error::usage(text!(
                "--user: 암호를 명령줄에 쓰지 마십시오. 환경 변수 {PASSWORD}나 --user @파일로 주십시오.",
                "--user: do not give the password on the command line. Give it in the variable {PASSWORD} or with --user @FILE."
            )));
        }
        (false, false) => {
            let password = env::var(PASSWORD).map_err(|_| {
                Error::usage(text!(
                    "--user {user}: 암호를 환경 변수 {PASSWORD}로 주십시오.",
                    "--user {user}: give the password in the variable {PASSWORD}."
                ))
            })?;
            format!("{user}:{password}").into_bytes()
        }
    };
    Ok(basic_of(&pair))
}

/// Basic authentication with `name:password` (RFC 7617).
pub fn basic_of(pair: &[u8]) -> HeaderValue {
    let coded = BASE64_STANDARD.encode(pair);
    let mut value = HeaderValue::try_from(format!("Basic {coded}")).expect("base64 is ASCII");
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_cannot_add_another_and_secrets_are_not_taken_from_the_command_line() {
        let read = |word: &str| read_headers(word, &mut Vec::new()).map_err(|e| e.text().en.clone());
        assert!(read("X-A: b").is_ok() && read("X-A:").is_ok());
        for wrong in [
            "X-A",
            "X A: b",
            "X: a\rY: b",
            "X: a\nY: b",
            "X: a\u{0}",
            ": b",
            "Content-Length: 3",
            "authorization: secret",
        ] {
            let error = read(wrong).unwrap_err();
            assert!(!error.contains("secret"), "{error}");
        }
        assert!(!basic("name:secret").unwrap_err().text().en.contains("secret"));
        let headers = [("authorization", "a"), ("cookie", "b"), ("x-a", "c"), ("content-type", "d")];
        let headers = headers.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let plan = RequestPlan { method: Method::POST, headers: headers.to_vec(), body: "x".into() };
        let names = |plan: RequestPlan| plan.headers.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(plan.without_credentials()), ["x-a", "content-type"]);
        assert_eq!(names(plan.redirected(302)), ["authorization", "cookie", "x-a"]);
        let kept = [301, 302, 303, 307, 308].map(|status| plan.redirected(status).method == Method::POST);
        assert_eq!(kept, [false, false, false, true, true]);
        let put = RequestPlan { method: Method::PUT, ..plan };
        assert_eq!([301, 303].map(|status| put.redirected(status).method), [Method::PUT, Method::GET]);
    }
}
