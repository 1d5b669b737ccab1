//! Where the requests go: our own server, addresses on the command line, or a list in a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use address::{Address, Wrong};
use lab::lang::Text;
use lab::report::unit;
use lab::{Error, Result, text};
use loopback::Server;

const MAX_LIST_BYTES: u64 = 16 << 20;
const MAX_URLS: usize = 100_000;

/// Where the requests go.
pub struct Targets {
    pub urls: Vec<String>,
    pub described: Text,
    /// Our own server; it stops when this is dropped.
    _server: Option<Server>,
}

impl Targets {
    /// Our own server, which answers after the delay.
    pub fn own(delay: Duration, requests: usize) -> Result<Targets> {
        let server = Server::start(delay)?;
        let (url, delay) = (server.url(), unit::duration(delay.as_nanos() as f64));
        let described = text!(
            "이 프로그램이 연 루프백 서버({url})가 {delay} 뒤에 응답합니다.",
            "our own loopback server ({url}) answers after {delay}."
        );
        Ok(Targets { urls: vec![url; requests], described, _server: Some(server) })
    }

    /// These addresses, each equally often.
    pub fn given(urls: &[String], requests: usize) -> Result<Targets> {
        let urls: Vec<String> = urls.iter().map(|url| check("URL", url)).collect::<Result<_>>()?;
        let described = Text::same(format!("{}.", urls.join(", ")));
        Ok(Targets { urls: urls.into_iter().cycle().take(requests).collect(), described, _server: None })
    }

    /// The addresses in a file, each once.
    pub fn listed(path: &Path) -> Result<Targets> {
        let (urls, name) = (list(path)?, path.display());
        let count = urls.len();
        let described = text!("{name}: 주소 {count}개.", "{name}: addresses: {count}.");
        Ok(Targets { urls, described, _server: None })
    }
}

/// Checks an address and returns it in the form in which it is sent; `option` says where it was given.
pub fn check(option: &str, url: &str) -> Result<String> {
    let shown: String = url.chars().flat_map(char::escape_debug).take(200).collect();
    let refuse = |why: Text| {
        let (ko, en) = (why.ko, why.en);
        Error::usage(text!("{option} {shown}: {ko}", "{option} {shown}: {en}"))
    };
    match Address::parse(url) {
        Ok(address) if address.tls && !cfg!(feature = "https") => Err(refuse(text!(
            "https는 `cargo run -p threading --features https -- fetch …`로 실행하십시오.",
            "for https run `cargo run -p threading --features https -- fetch …`."
        ))),
        Ok(address) => Ok(address.url),
        Err(Wrong::Malformed) => {
            Err(refuse(text!("http://호스트/… 형식의 주소를 주십시오.", "give an address like http://host/….")))
        }
        Err(Wrong::WhiteSpace) => Err(refuse(text!(
            "주소에 공백이나 제어 문자가 있습니다. %20처럼 인코딩해 주십시오.",
            "it contains white space or a control character. Encode it, like %20."
        ))),
        // The address is not shown.
        Err(Wrong::Credentials) => Err(Error::usage(text!(
            "{option}: 주소에 사용자 이름이나 비밀번호를 넣지 마십시오. 보고서에 그대로 출력됩니다.",
            "{option}: leave the user name and password out of the address. The report would show them."
        ))),
        Err(Wrong::NeedsIdna) => Err(refuse(text!(
            "호스트 이름을 xn--… 형식으로 주거나 `cargo run -p threading --features idna -- fetch …`로 실행하십시오.",
            "give the host name in its xn--… form, or run `cargo run -p threading --features idna -- fetch …`."
        ))),
        Err(Wrong::HostName) => {
            Err(refuse(text!("호스트 이름으로 쓸 수 없는 글자가 있습니다.", "the host name is not valid.")))
        }
    }
}

/// The addresses in a file, one per line; empty lines and comments (`#`) are skipped.
pub fn list(path: &Path) -> Result<Vec<String>> {
    let name = path.display();
    let words = read(path).map_err(|why| {
        let (ko, en) = (why.ko, why.en);
        Error::usage(text!(
            "--urls {name}: 읽을 수 있는 UTF-8 파일을 주십시오: {ko}",
            "--urls {name}: give a UTF-8 file that can be read: {en}"
        ))
    })?;
    let lines = (1..).zip(words.lines().map(str::trim_ascii));
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let urls: Vec<String> = lines.map(|(n, line)| check(&format!("--urls {name}:{n}"), line)).collect::<Result<_>>()?;
    if urls.is_empty() || urls.len() > MAX_URLS {
        return Err(Error::usage(text!(
            "--urls {name}: 주소를 1개부터 {MAX_URLS}개까지, 한 줄에 하나씩 주십시오.",
            "--urls {name}: give from 1 to {MAX_URLS} addresses, one per line."
        )));
    }
    Ok(urls)
}

fn read(path: &Path) -> Result<String, Text> {
    let mut bytes = Vec::new();
    let file = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(io::ErrorKind::IsADirectory.into()),
        false => file.take(MAX_LIST_BYTES + 1).read_to_end(&mut bytes),
    });
    file.map_err(|e| Text::same(e.to_string()))?;
    if bytes.len() as u64 > MAX_LIST_BYTES {
        return Err(text!("16 MiB보다 큽니다", "it is larger than 16 MiB"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(text!("UTF-16입니다", "it is UTF-16"));
    }
    let words = String::from_utf8(bytes).map_err(|e| Text::same(e.utf8_error().to_string()))?;
    // Some editors write a byte order mark before UTF-8.
    Ok(match words.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => words,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_encoded_or_refused() {
        assert_eq!(check("URL", "http://a/한?q=글").unwrap(), "http://a/%ED%95%9C?q=%EA%B8%80");
        for url in ["", "a", "ftp://a/", "http://a/\r\nX: y", "http://a/b c", "http://u:p@a/", "http://a／b/"] {
            assert_eq!(check("URL", url).unwrap_err().code(), 2, "{url}");
        }
        let refused = |url| check("URL", url).unwrap_err().text().en.clone();
        match check("URL", "http://한국.kr/") {
            Ok(sent) => assert!(address::IDNA && sent == "http://xn--3e0b707e.kr/", "{sent}"),
            Err(why) => assert!(!address::IDNA && why.text().en.contains("--features idna"), "{why}"),
        }
        for url in ["http://u:secret@a/", "http://u:secret @a/", "u:secret@a"] {
            assert!(!refused(url).contains("secret"), "{url}");
        }
    }
}
