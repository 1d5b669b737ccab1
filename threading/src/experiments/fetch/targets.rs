//! The addresses to fetch, given on the command line or in a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use lab::{Error, Result, text};

const MAX_LIST_BYTES: u64 = 16 << 20;
const MAX_URLS: usize = 100_000;

/// Checks an address; `option` says where it was given.
pub fn check(option: &str, url: &str) -> Result<String> {
    let has_host = |rest: &&str| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']);
    let scheme = url.split_once("://").filter(|(_, rest)| has_host(rest)).map(|(scheme, _)| scheme);
    match scheme {
        Some("http") => Ok(url.to_owned()),
        Some("https") if cfg!(feature = "https") => Ok(url.to_owned()),
        Some("https") => Err(Error::usage(text!(
            "{option} {url}: https는 `cargo run -p threading --features https -- fetch …`로 실행하십시오.",
            "{option} {url}: for https run `cargo run -p threading --features https -- fetch …`."
        ))),
        _ => Err(Error::usage(text!(
            "{option} {url}: http://호스트/… 형식의 주소를 주십시오.",
            "{option} {url}: give an address like http://host/…."
        ))),
    }
}

/// The addresses in a file, one a line; empty lines and comments (`#`) are skipped.
pub fn list(path: &Path) -> Result<Vec<String>> {
    let name = path.display();
    let words = read(path).map_err(|e| {
        Error::usage(text!(
            "--urls {name}: 읽을 수 있는 UTF-8 파일을 주십시오: {e}",
            "--urls {name}: give a UTF-8 file that can be read: {e}"
        ))
    })?;
    let lines = (1..).zip(words.lines().map(str::trim)).filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let urls: Vec<String> = lines.map(|(n, line)| check(&format!("--urls {name}:{n}"), line)).collect::<Result<_>>()?;
    if urls.is_empty() || urls.len() > MAX_URLS {
        return Err(Error::usage(text!(
            "--urls {name}: 주소를 1개부터 {MAX_URLS}개까지, 한 줄에 하나씩 주십시오.",
            "--urls {name}: give from 1 to {MAX_URLS} addresses, one per line."
        )));
    }
    Ok(urls)
}

fn read(path: &Path) -> io::Result<String> {
    let mut words = String::new();
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    file.take(MAX_LIST_BYTES).read_to_string(&mut words)?;
    Ok(words)
}
