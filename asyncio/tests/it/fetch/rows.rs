//! Templates over a list: each row of a CSV or NDJSON file fills the URL, the headers and the body of a call.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};

use super::out_in;
use super::scripted::{Heard, Scripted, answer};
use crate::common::{asyncio, command, count, finish, one_line, report, report_with, results};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn body(heard: &Heard) -> &str {
    heard.words.split_once("\n\n").unwrap().1
}

/// Runs `fetch` with one worker, so that the server hears the rows in order.
fn fetch(url: &str, rows: &str, more: &[&str]) -> lab::report::Report {
    report(&[&["fetch", url, "--rows", rows, "--concurrency", "1", "--timeout", "60"], more].concat())
}

#[test]
fn csv_rows_fill_url_headers_and_form() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = Home::new();
    let rows = home.file(
        "rows.CSV",
        "\u{feff}id,이름,note\r\n7,김/이,\"a,b\"\r\n\r\na?b,,\"two\r\nlines & \"\"more\"\"\"\r\n{id},%2F=+,x",
    );
    let url = format!("{}/u/{{id}}?이름={{이름}}&raw={{{{id}}}}", server.url);
    let report = fetch(&url, &rows, &["-H", "X-Id: <{id}>", "-H", "X: {y z", "-d", "note={note}&{}"]);
    assert_eq!(count(&report, "ended.ok"), 3);
    let heard = server.heard();
    assert_eq!(
        server.what(),
        [
            "POST /u/7?%EC%9D%B4%EB%A6%84=%EA%B9%80%2F%EC%9D%B4&raw={id}",
            "POST /u/a%3Fb?%EC%9D%B4%EB%A6%84=&raw={id}",
            "POST /u/%7Bid%7D?%EC%9D%B4%EB%A6%84=%252F%3D%2B&raw={id}",
        ]
    );
    let ids: Vec<_> = heard.iter().map(|heard| heard.header("x-id")[0]).collect();
    assert_eq!(ids, ["<7>", "<a?b>", "<{id}>"], "a value is not a template");
    assert!(heard.iter().all(|heard| heard.header("x") == ["{y z"]));
    let bodies: Vec<_> = heard.iter().map(body).collect();
    assert_eq!(bodies, ["note=a%2Cb&{}", "note=two%0D%0Alines%20%26%20%22more%22&{}", "note=x&{}"]);
    // A body of another type is filled as it is.
    let plain = home.file("plain", "{이름} {{id}}\n");
    fetch(&server.url, &rows, &["-d", &format!("@{plain}"), "-H", "Content-Type: text/plain"]);
    let bodies: Vec<_> = server.heard()[3..].iter().map(|heard| body(heard).to_owned()).collect();
    assert_eq!(bodies, ["김/이 {id}\n", " {id}\n", "%2F=+ {id}\n"]);
}

#[test]
fn ndjson_rows_fill_json() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = Home::new();
    let rows = home.file(
        "rows.jsonl",
        "{\"id\":12345678901234567890.10,\"name\":\"a\\\"\\n한\",\"tags\":[1,null,{\"x\":2}]}\n\n{\"name\":\"\",\"tags\":null,\"id\":1,\"more\":0}",
    );
    let url = format!("{}/{{id}}", server.url);
    let template = r#"{"id": {id}, "text": "{id}: {name}", "tags": {tags}, "nested": {"t":{tags}}}"#;
    fetch(&url, &rows, &["-X", "PUT", "--data-json", template]);
    let heard = server.heard();
    assert_eq!(server.what(), ["PUT /12345678901234567890.10", "PUT /1"], "no digit is lost");
    assert!(heard.iter().all(|heard| heard.header("content-type") == ["application/json"]));
    assert_eq!(
        [body(&heard[0]), body(&heard[1])],
        [
            r#"{"id": 12345678901234567890.10, "text": "12345678901234567890.10: a\"\n한", "tags": [1,null,{"x":2}], "nested": {"t":[1,null,{"x":2}]}}"#,
            r#"{"id": 1, "text": "1: ", "tags": null, "nested": {"t":null}}"#,
        ]
    );
}

/// One line that says where; the values, which may be secret, are not shown.
#[test]
fn a_row_that_does_not_fit_is_refused_before_anything_is_sent() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = Home::new();
    let good = "id,name\n1,a\n";
    let url = |path: &str| format!("{}{path}", server.url);
    for (name, content, path, more, line, why) in [
        ("a.csv", "id,name\n1,a\n2\n", "/{id}", &[][..], ":3:", "1 values"),
        ("a.csv", "id,name\n1,a\n2,SECRET,3\n", "/{id}", &[], ":3:", "3 values"),
        ("a.csv", "id,name\n1,\"a\n2,SECRET\n", "/{id}", &[], "line 2", "not closed"),
        ("a.csv", good, "/{no}", &[], "line 1", "'no'"),
        ("a.csv", "", "/{id}", &[], "", "header"),
        ("a.csv", "id\n", "/{id}", &[], "", "no row"),
        ("a.csv", "id\n\"SECRET\n2\"\n", "/", &["-H", "X-A: {id}"], ":2:", "x-a"),
        ("a.csv", "id\nSECRET\n", "/", &["--data-json", "[{id}]"], ":2:", "not JSON"),
        ("a.csv", "id\n..\n", "/{id}", &[], ":2:", "'id'"),
        ("a.csv", "host\na/SECRET\n", "", &["--proxy", "none"], ":2:", "'host'"),
        ("a.ndjson", "{\"id\":1}\n\n{\"no\":\"SECRET\"}\n", "/{id}", &[], ":3:", "'id'"),
        ("a.ndjson", "{\"id\":null}\n", "/{id}", &[], ":1:", "'id'"),
        ("a.ndjson", "{\"id\":\"SECRET\n", "/{id}", &[], ":1:", "JSON object"),
        ("a.ndjson", "[\"SECRET\"]\n", "/{id}", &[], ":1:", "JSON object"),
        ("a.ndjson", "\"SECRET\"\n", "/{id}", &[], ":1:", "JSON object"),
        ("a.txt", good, "/{id}", &[], "", "--rows-format"),
        ("a.csv", good, "/", &[], "", "{column}"),
        ("a.csv", good, "/", &["--data-json", "{\"a\": {id}"], "", "JSON"),
        ("a.csv", good, "/{id}", &["--urls", "x"], "", "--urls"),
        ("a.csv", good, "/{id}", &["--requests", "3"], "", "--requests"),
        ("a.csv", good, "/{id}", &["http://h/"], "", "only one URL"),
    ] {
        let rows = home.file(name, content);
        let url = if path.is_empty() { "http://{host}/".to_owned() } else { url(path) };
        let said = one_line(&asyncio(&[&["fetch", &url, "--rows", &rows][..], more].concat()), 2);
        assert!(said.contains(line) && said.contains(why) && !said.contains("SECRET"), "{content:?}: {said}");
        assert!(line.is_empty() || said.contains(name), "{said}");
    }
    assert!(one_line(&asyncio(&["fetch", "--rows", "x.csv"]), 2).contains("URL"));
    assert!(one_line(&asyncio(&["fetch", "--rows-format", "csv"]), 2).contains("--rows"));
    let rows = home.file("rows.csv", good);
    assert!(one_line(&asyncio(&["fetch", "http://h/{id}", "--rows", &rows, "--out", &rows]), 2).contains("reads"));
    assert!(server.heard().is_empty());
    // A URL is checked like one on the command line.
    let rows = home.file("rows.csv", "url\nhttp://a/\nhttp://u:SECRET@h/\n");
    let said = one_line(&asyncio(&["fetch", "{url}", "--rows", &rows]), 2);
    assert!(said.contains("rows.csv:3:") && !said.contains("SECRET"), "{said}");
}

fn piped(args: &[&str], rows: &str) -> Child {
    let mut child = command(args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(rows.as_bytes()).unwrap();
    child
}

/// What is wrong with a stream is not known beforehand, so that it is a named failure.
#[test]
fn rows_may_come_from_standard_input() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = Home::new();
    let out = out_in(&home.0);
    let url = format!("{}/{{id}}", server.url);
    let args = ["fetch", &url, "--rows", "-", "--rows-format", "csv", "--concurrency", "1", "--out", &out];
    let done = finish(piped(&args, "id\n1\n2,3\n4\n"));
    assert!(done.status.success(), "{done:?}");
    assert_eq!(server.what(), ["GET /1", "GET /4"]);
    let lines = results(Path::new(&out));
    assert_eq!(lines[&1]["error"], "bad row");
    assert!(lines[&1]["detail"].as_str().unwrap().contains("2 values"), "{lines:?}");
    let done = finish(piped(&args[..6], "no\n1\n"));
    assert!(one_line(&done, 2).contains("'id'"));
    assert!(one_line(&asyncio(&args[..4]), 2).contains("--rows-format"));
}

/// The URL is the same for all rows. Known wrong: a call that is identified by its number and its URL only, so that after a row was
/// inserted before the others, the last one is never sent.
#[test]
fn a_run_over_rows_is_resumed_and_other_rows_are_noticed() {
    let server = Scripted::start(|_, heard| {
        let is_first = heard.words.ends_with("n=2");
        answer(if is_first { "404 Not Found" } else { "200 OK" }, "", "")
    });
    let home = Home::new();
    let out = out_in(&home.0);
    let rows = home.file("rows.csv", "n,token\n1,SECRET1\n2,SECRET2\n3,SECRET3\n");
    let header = home.file("header", "Authorization: Bearer {token}\n");
    let header = format!("@{header}");
    let args = |rows: &str| {
        let args = ["fetch", &server.url, "--rows", rows, "--resume", &out, "-d", "n={n}", "-H", &header, "--full"];
        args.map(str::to_owned).to_vec()
    };
    let run = |rows: &str| {
        let args = args(rows);
        asyncio(&args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let first = run(&rows);
    assert!(first.status.success(), "{first:?}");
    let mut heard: Vec<_> = server
        .heard()
        .iter()
        .map(|heard| (body(heard).to_owned(), heard.header("authorization")[0].to_owned()))
        .collect();
    heard.sort();
    let wanted = [1, 2, 3].map(|n| (format!("n={n}"), format!("Bearer SECRET{n}")));
    assert_eq!(heard, wanted);
    let shown = [first.stdout, first.stderr, fs::read(&out).unwrap()].concat();
    assert!(!String::from_utf8(shown).unwrap().contains("SECRET"));
    run(&rows);
    assert_eq!(server.heard().len(), 4, "only the failed call is made again");
    assert_eq!(body(&server.heard()[3]), "n=2");
    let before = fs::read_to_string(&out).unwrap();
    let other = home.file("rows.csv", "n,token\n0,x\n1,SECRET1\n2,SECRET2\n3,SECRET3\n");
    assert!(one_line(&run(&other), 2).contains("another address or row"));
    assert_eq!((server.heard().len(), fs::read_to_string(&out).unwrap()), (4, before));
    // Other rows at the end are more calls.
    let longer = home.file("rows.csv", "n,token\n1,SECRET1\n2,SECRET2\n3,SECRET3\n4,x\n");
    run(&longer);
    assert_eq!(server.heard().len(), 6);
    assert!(results(Path::new(&out)).keys().copied().eq(0..4));
}

/// Credentials of a row are not sent to another server.
#[test]
fn a_redirect_drops_the_credentials_of_a_row() {
    let other = Scripted::start(|_, _| answer("200 OK", "", ""));
    let to = format!("Location: {}/there\r\n", other.url);
    let server = Scripted::start(move |_, _| answer("302 Found", &to, ""));
    let home = Home::new();
    let rows = home.file("rows.csv", "t\nSECRET\n");
    let header = home.file("header", "Cookie: {t}\nX-T: {t}\n");
    fetch(&server.url, &rows, &["-H", &format!("@{header}")]);
    assert_eq!(server.heard()[0].header("cookie"), ["SECRET"]);
    let heard = &other.heard()[0];
    assert!(heard.header("cookie").is_empty() && heard.header("x-t") == ["SECRET"], "{heard:?}");
}

/// As for a list of addresses: a reader without a limit has hundreds of thousands of rows in memory by then.
#[cfg(target_os = "linux")]
#[test]
fn a_million_rows_need_little_memory() {
    let home = Home::new();
    let server = web::Server::start(web::Options::default()).unwrap();
    let row = format!("{},{}\n", "x".repeat(40), "y".repeat(20));
    let rows = home.file("rows.csv", &format!("a,b\n{}", row.repeat(1_000_000)));
    let url = format!("{}/{{a}}", server.url());
    let args = ["fetch", &url, "--rows", &rows, "--concurrency", "50", "--timeout", "600", "-d", "b={b}", "-X", "PUT"];
    let mut child = command(&args).spawn().unwrap();
    crate::common::until("20,000 calls are made", || server.tally().requests > 20_000);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 50 * 1024, "{kib} KiB");
}

/// The exit code and the summary count rows as calls.
#[test]
fn failed_rows_of_a_stream_count_as_failed() {
    let home = Home::new();
    let out = out_in(&home.0);
    let mut args = vec!["fetch", "http://127.0.0.1:1/{id}", "--rows", "-", "--rows-format", "ndjson", "--out", &out];
    args.extend(["--retries", "0", "--json"]);
    let done = finish(piped(&args, "{\"no\":1}\n"));
    assert_eq!(done.status.code(), Some(1));
    let report: lab::report::Report = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(count(&report, "ended.bad-row"), 1, "{report:?}");
    let missing = Scripted::start(|_, _| answer("404 Not Found", "", ""));
    let rows = home.file("rows.csv", "id\n1\n2\n");
    let report = report_with(&["fetch", &format!("{}/{{id}}", missing.url), "--rows", &rows], 1);
    assert_eq!(count(&report, "status.404"), 2);
}
