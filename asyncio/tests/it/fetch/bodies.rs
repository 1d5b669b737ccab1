//! What is kept of responses: a file is complete or absent.

use std::fs;
#[cfg(all(target_os = "linux", feature = "compression"))]
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::out_in;
use super::scripted::{Reply, Scripted, answer};
use crate::common::{asyncio, command, one_line, report, results};
use web::{Options, Server};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn each_body_is_a_file_that_is_complete_or_absent() {
    let server = Scripted::start(|_, heard| match heard.what() {
        "GET /cut" => Reply::AnswerAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_vec()),
        "GET /gone" => answer("404 Not Found", "", "a page about it"),
        "GET /moved" => answer("302 Found", "Location: /there/page.html\r\n", "not this"),
        what => answer("200 OK", "", &format!("body of {what}")),
    });
    let home = tempfile::tempdir().unwrap();
    let (folder, list, out) = (home.path().join("new/bodies"), home.path().join("list"), out_in(&home));
    let paths = ["/a/report.pdf?x", "/../../etc/passwd", "/cut", "/gone", "/moved", "/"];
    fs::write(&list, paths.map(|path| format!("{}{path}\n", server.url)).concat()).unwrap();
    // The incomplete body of a killed run, and a file that does not belong to the program.
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(".0000000-report.pdf.0.part"), "half").unwrap();
    fs::write(folder.join(".mine.part"), "mine").unwrap();
    let (list, to) = (list.to_str().unwrap(), folder.to_str().unwrap());
    let args = ["fetch", "--urls", list, "--save", to, "--out", &out, "--retries", "1", "--backoff", "0"];
    report(&args);
    assert_eq!(
        names(&folder),
        [".mine.part", "0000000-report.pdf", "0000001-passwd", "0000004-page.html", "0000005-body"]
    );
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("0000000-report.pdf"), "body of GET /a/report.pdf?x");
    assert_eq!(read("0000004-page.html"), "body of GET /there/page.html");
    let results = results(Path::new(&out));
    let files: Vec<Option<&str>> = results.values().map(|line| line["file"].as_str()).collect();
    assert_eq!(
        files,
        [
            Some("0000000-report.pdf"),
            Some("0000001-passwd"),
            None,
            None,
            Some("0000004-page.html"),
            Some("0000005-body")
        ]
    );
    assert_eq!(results[&0]["bytes"], 27);
    assert!(results.values().all(|line| line["body"].is_null()));
}

#[cfg(unix)]
#[test]
fn a_kill_leaves_no_incomplete_body_under_its_name() {
    let server = Server::start(Options::default()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().to_str().unwrap();
    let url = format!("{}/bytes/1000000000", server.url());
    let mut child = command(&["fetch", &url, "--requests", "1", "--timeout", "600", "--save", folder]).spawn().unwrap();
    crate::common::until("part of the body is written", || {
        fs::read_dir(folder).unwrap().any(|entry| entry.unwrap().metadata().is_ok_and(|found| found.len() > 1 << 20))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(names(home.path()).iter().all(|name| name.starts_with('.')), "{:?}", names(home.path()));
}

/// The length of the large bodies. A client that kept one in memory would exceed [`MOST_KIB`] many times.
#[cfg(target_os = "linux")]
const LARGE: u64 = 300_000_000;
#[cfg(target_os = "linux")]
const MOST_KIB: u64 = 40 * 1024;

/// The peak memory (VmHWM) of a client that saves the body of this URL, in KiB.
#[cfg(target_os = "linux")]
fn peak_while_saving(url: &str, folder: &Path) -> u64 {
    let args = ["fetch", url, "--requests", "1", "--timeout", "600", "--save", folder.to_str().unwrap()];
    let mut child = command(&args).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let found =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(found.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    assert!(crate::common::finish(child).status.success());
    peak
}

/// Fails for a client that keeps the body in memory until it is complete.
#[cfg(target_os = "linux")]
#[test]
fn a_large_body_needs_little_memory() {
    let server = Server::start(Options::default()).unwrap();
    let home = tempfile::tempdir().unwrap();
    let peak = peak_while_saving(&format!("{}/bytes/{LARGE}", server.url()), home.path());
    assert_eq!(fs::metadata(home.path().join(format!("0000000-{LARGE}"))).unwrap().len(), LARGE);
    assert!((1..MOST_KIB).contains(&peak), "{peak} KiB");
}

/// Fails for a client that decodes into memory.
#[cfg(all(target_os = "linux", feature = "compression"))]
#[test]
fn a_large_decoded_body_needs_little_memory() {
    let mut encoder = flate2::read::GzEncoder::new(std::io::repeat(7).take(LARGE), flate2::Compression::fast());
    let mut coded = Vec::new();
    encoder.read_to_end(&mut coded).unwrap();
    assert!((coded.len() as u64) < LARGE / 100);
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", coded.len()).into_bytes();
    let server = Scripted::start(move |_, _| Reply::Answer([&head[..], &coded].concat()));
    let home = tempfile::tempdir().unwrap();
    let peak = peak_while_saving(&format!("{}/large", server.url), home.path());
    assert_eq!(fs::metadata(home.path().join("0000000-large")).unwrap().len(), LARGE);
    assert!((1..MOST_KIB).contains(&peak), "{peak} KiB");
}

#[test]
fn bodies_and_headers_are_written_to_the_results() {
    let server = Scripted::start(|_, heard| match heard.what() {
        "GET /binary" => Reply::Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\x00\x01".to_vec()),
        "GET /long" => answer("200 OK", "", "가나다라"),
        "GET /coded" => answer("200 OK", "Content-Encoding: nonsense\r\n", "as it came"),
        _ => answer("200 OK", "ETag: \"7\"\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n", "{\"a\":\n1}"),
    });
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let urls = ["/json", "/binary", "/long", "/coded"].map(|path| format!("{}{path}", server.url));
    let more = ["--keep-body", "10", "--keep-header", "etag", "--keep-header", "Set-Cookie", "--keep-header", "x-none"];
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    report(&[&["fetch"], &urls[..], &["--requests", "4", "--out", &out], &more].concat());
    let results = results(Path::new(&out));
    assert_eq!(results[&0]["body"], "{\"a\":\n1}");
    assert_eq!(results[&0]["headers"], serde_json::json!({"etag": "\"7\"", "set-cookie": "a, b"}));
    assert_eq!((&results[&1]["body_base64"], &results[&1]["body"]), (&"/wAB".into(), &Value::Null));
    assert_eq!(
        (&results[&2]["body"], &results[&2]["body_cut"]),
        (&"가나다".into(), &true.into()),
        "ten of the twelve bytes, without the cut character"
    );
    assert_eq!(results[&2]["bytes"], 12);
    assert_eq!((&results[&3]["body"], &results[&3]["encoding"]), (&"as it came".into(), &"nonsense".into()));
    for wrong in [&["--keep-body", "10"][..], &["--keep-header", "etag"], &["--out", &out, "--keep-header", "a b"]] {
        one_line(&asyncio(&[&["fetch", urls[0]][..], wrong].concat()), 2);
    }
}

#[cfg(not(feature = "compression"))]
#[test]
fn no_coding_is_requested_that_cannot_be_decoded() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = tempfile::tempdir().unwrap();
    report(&["fetch", &server.url, "--requests", "1", "--save", home.path().to_str().unwrap()]);
    assert!(server.heard()[0].header("accept-encoding").is_empty());
}

#[cfg(feature = "compression")]
#[test]
fn compressed_bodies_are_kept_decoded() {
    use crate::common::report_with;
    use std::io::Write;
    fn coded(coding: &str, body: &[u8]) -> Reply {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", body.len());
        Reply::Answer([head.as_bytes(), body].concat())
    }
    let long: Vec<u8> = (0..3_000_000_u32).flat_map(|n| (n % 1000).to_le_bytes()).collect();
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let (small, two) = (gzip(&long), [gzip(b"first, "), gzip(b"second")].concat());
    let zstd = ruzstd::encoding::compress_to_vec(&b"zstd"[..], ruzstd::encoding::CompressionLevel::Fastest);
    let server = Scripted::start(move |_, heard| match heard.what() {
        "GET /long" => coded("gzip", &small),
        "GET /two" => coded("GZIP", &two),
        // RFC 7932: one uncompressed block of five bytes.
        "GET /br" => coded("br", b"\x0b\x02\x80hello\x03"),
        "GET /zstd" => coded("zstd", &zstd),
        "GET /cut" => coded("gzip", &two[..10]),
        _ => coded("gzip", b"no gzip at all"),
    });
    let home = tempfile::tempdir().unwrap();
    let (folder, out) = (home.path().join("bodies"), out_in(&home));
    let urls = ["long", "two", "br", "zstd", "cut", "wrong"].map(|path| format!("{}/{path}", server.url));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let more =
        ["--requests", "6", "--timeout", "60", "--save", folder.to_str().unwrap(), "--keep-body", "20", "--out", &out];
    report(&[&["fetch"], &urls[..], &more].concat());
    assert!(server.heard().iter().all(|heard| heard.header("accept-encoding") == ["gzip, br, zstd"]));
    assert_eq!(names(&folder), ["0000000-long", "0000001-two", "0000002-br", "0000003-zstd"]);
    assert!(fs::read(folder.join("0000000-long")).unwrap() == long);
    let results = results(Path::new(&out));
    assert_eq!([1, 2, 3].map(|n| results[&n]["body"].as_str().unwrap()), ["first, second", "hello", "zstd"]);
    assert_eq!(results[&0]["bytes"], long.len());
    assert!([4, 5].iter().all(|n| results[n]["error"] == "not kept"), "{results:?}");
    // If no body is kept, no server is asked to compress, and nothing is decoded.
    let before = server.heard().len();
    report(&["fetch", urls[1], "--requests", "1"]);
    assert!(server.heard()[before].header("accept-encoding").is_empty());
    report_with(&["fetch", urls[5], "--requests", "1", "--save", folder.to_str().unwrap()], 1);
}

/// These responses have no body, although they name the coding that it would have (RFC 9110, 8.4 and 15.3.5).
#[cfg(feature = "compression")]
#[test]
fn a_response_without_a_body_has_nothing_to_decode() {
    let server = Scripted::start(|_, heard| {
        let coding = heard.what().rsplit('/').next().unwrap_or_default();
        let head = match heard.what().starts_with("HEAD") {
            true => "200 OK\r\nContent-Length: 99",
            false => "204 No Content",
        };
        Reply::Answer(format!("HTTP/1.1 {head}\r\nContent-Encoding: {coding}\r\n\r\n").into_bytes())
    });
    let home = tempfile::tempdir().unwrap();
    let urls = ["gzip", "br", "zstd"].map(|coding| format!("{}/{coding}", server.url));
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    for method in ["HEAD", "GET"] {
        let args = ["--method", method, "--requests", "3", "--save", home.path().to_str().unwrap(), "--timeout", "60"];
        let report = report(&[&["fetch"], &urls[..], &args].concat());
        assert_eq!(crate::common::count(&report, "ended.ok"), 3, "{method}: {report:?}");
    }
    assert!(names(home.path()).iter().all(|name| fs::read(home.path().join(name)).unwrap().is_empty()));
}
