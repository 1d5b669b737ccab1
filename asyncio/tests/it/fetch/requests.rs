//! Requests: what is sent, redirects, repeated requests, proxies, exit codes.

use std::fs;
use std::path::Path;

use super::scripted::{Reply, Scripted, answer};
use super::{gone, out_in};
use crate::common::{asyncio, command, count, finish, one_line, report, report_with, results};

fn plain(n: usize) -> [String; 4] {
    ["--requests".into(), n.to_string(), "--concurrency".into(), "1".into()]
}

fn fetch(url: &str, n: usize, more: &[&str]) -> lab::report::Report {
    let plain = plain(n);
    let all: Vec<&str> = ["fetch", url].into_iter().chain(plain.iter().map(String::as_str)).collect();
    report(&[&all[..], &["--timeout", "60"], more].concat())
}

#[test]
fn redirects_are_followed_by_the_rules_of_rfc_9110() {
    let server = Scripted::start(|_, heard| match heard.what().split(' ').nth(1).unwrap() {
        "/a/start?q" => answer("302 Found", "Location: ../b/./next?x\r\n", ""),
        "/b/next?x" => answer("307 Temporary Redirect", "Location: /한\r\n", "a body of a redirect"),
        "/%ED%95%9C" => answer("200 OK", "", "there"),
        "/loop" => answer("301 Moved", "Location: /loop\r\n", ""),
        "/nowhere" => answer("301 Moved", "Location: ftp://x/\r\n", ""),
        "/blank" => answer("302 Found", "", ""),
        _ => answer("404 Not Found", "", ""),
    });
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    fetch(&format!("{}/a/start?q#part", server.url), 1, &["--out", &out]);
    assert_eq!(server.what(), ["GET /a/start?q", "GET /b/next?x", "GET /%ED%95%9C"]);
    assert!(server.heard().iter().all(|heard| heard.connection == 0), "all three on one connection");
    let line = &results(Path::new(&out))[&0];
    let to = format!("{}/한", server.url);
    assert_eq!((&line["redirects"], line["to"].as_str(), &line["bytes"]), (&2.into(), Some(&*to), &5.into()));
    for (path, more, detail, requests) in [
        ("/loop", &["--redirects", "3"][..], "more than 3 redirects", 4),
        ("/loop", &["--redirects", "0"], "not followed: /loop", 1),
        ("/nowhere", &[], "ftp://x/: give an address like", 1),
        ("/blank", &[], "it names no other address", 1),
    ] {
        let before = server.heard().len();
        let url = format!("{}{path}", server.url);
        let report = report_with(&[&["fetch", &url, "--requests", "1", "--out", &out][..], more].concat(), 1);
        assert_eq!((count(&report, "ended.redirect"), count(&report, "retries")), (1, 0), "{path}");
        let line = &results(Path::new(&out))[&0];
        assert!(line["error"] == "redirect" && line["detail"].as_str().unwrap().contains(detail), "{line}");
        assert_eq!(server.heard().len() - before, requests, "{path}");
    }
}

/// Known wrong: Go's client before January 2025 (CVE-2024-45336), which sent credentials again after a second redirect.
#[test]
fn credentials_are_not_sent_to_another_server_even_after_a_second_redirect() {
    let other = Scripted::start(|n, _| match n {
        0 => answer("302 Found", "Location: /second\r\n", ""),
        _ => answer("200 OK", "", ""),
    });
    let to = format!("Location: {}/first\r\n", other.url);
    let server = Scripted::start(move |n, _| match n {
        0 => answer("302 Found", "Location: /near\r\n", ""),
        _ => answer("302 Found", &to, ""),
    });
    let home = tempfile::tempdir().unwrap();
    let [headers, user] = ["headers", "user"].map(|name| home.path().join(name).to_str().unwrap().to_owned());
    fs::write(&headers, "Cookie: secret\nX-Trace: 7\r\n\n").unwrap();
    fs::write(&user, "name:secret\n").unwrap();
    let [headers, user] = [format!("@{headers}"), format!("@{user}")];
    fetch(&format!("{}/", server.url), 1, &["--header", &headers, "--user", &user]);
    let basic = "Basic bmFtZTpzZWNyZXQ=";
    for heard in server.heard() {
        assert_eq!((heard.header("authorization"), heard.header("cookie")), (vec![basic], vec!["secret"]), "{heard:?}");
    }
    assert_eq!((server.heard().len(), other.what()), (2, vec!["GET /first".to_owned(), "GET /second".to_owned()]));
    for heard in other.heard() {
        assert!(!heard.words.contains("secret") && !heard.words.contains("Basic"), "{heard:?}");
        assert_eq!(heard.header("x-trace"), ["7"], "other headers are sent");
        assert_eq!(heard.header("host"), [other.url.strip_prefix("http://").unwrap()]);
    }
}

#[test]
fn method_headers_and_body_are_sent_as_given() {
    let server = Scripted::start(|_, _| answer("200 OK", "", "ok"));
    let url = format!("{}/api", server.url);
    let home = tempfile::tempdir().unwrap();
    let body = home.path().join("body").to_str().unwrap().to_owned();
    fs::write(&body, "from a file\n").unwrap();
    fetch(&url, 1, &["--data", "a=1&b=2"]);
    fetch(&url, 1, &["--data-json", r#"{"a":1}"#, "--header", "X-A: 1", "--header", "x-a: 2"]);
    fetch(&url, 1, &["--method", "PUT", "--data", &format!("@{body}"), "--header", "Content-Type: text/plain"]);
    fetch(&url, 1, &["--method", "DELETE", "--header", "Host: other", "--header", "User-Agent: me"]);
    fetch(&url, 1, &["--method", "HEAD"]);
    let heard = server.heard();
    let what: Vec<&str> = heard.iter().map(|heard| heard.what()).collect();
    assert_eq!(what, ["POST /api", "POST /api", "PUT /api", "DELETE /api", "HEAD /api"]);
    let bodies: Vec<&str> = heard.iter().map(|heard| heard.words.split_once("\n\n").unwrap().1).collect();
    assert_eq!(bodies, ["a=1&b=2", r#"{"a":1}"#, "from a file\n", "", ""]);
    let kinds: Vec<Vec<&str>> = heard.iter().map(|heard| heard.header("content-type")).collect();
    assert_eq!(
        kinds,
        [vec!["application/x-www-form-urlencoded"], vec!["application/json"], vec!["text/plain"], vec![], vec![]]
    );
    assert_eq!(heard[1].header("x-a"), ["1", "2"]);
    assert_eq!((heard[3].header("host"), heard[3].header("user-agent")), (vec!["other"], vec!["me"]));
    assert!(heard.iter().all(|heard| heard.header("host").len() == 1));
}

#[test]
fn the_short_options_are_those_of_curl() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    fetch(&server.url, 1, &["-X", "PATCH", "-H", "X-A: 1", "-HX-B:2", "-d", "a=1"]);
    fetch(&server.url, 1, &["--method", "PATCH", "--header", "X-A: 1", "--header", "X-B:2", "--data", "a=1"]);
    let heard = server.heard();
    assert!(heard[0].what() == "PATCH /" && heard[0].header("x-a") == ["1"] && heard[0].header("x-b") == ["2"]);
    assert_eq!(heard[0].words, heard[1].words);
    let help = String::from_utf8(asyncio(&["fetch", "-h"]).stdout).unwrap();
    for names in ["-X, --method <TEXT>", "-H, --header <TEXT>", "-d, --data <TEXT>", "-h, --help"] {
        assert!(help.contains(names), "{names}: {help}");
    }
    assert!(one_line(&asyncio(&["fetch", &server.url, "-d", "a", "-d", "b"]), 2).contains("--data"));
}

/// `--out` would destroy the file before it is read, or after.
#[test]
fn a_file_that_an_option_reads_with_an_at_sign_is_no_output() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file").to_str().unwrap().to_owned();
    let (read, same) = (format!("@{file}"), home.path().join(".").join("file").to_str().unwrap().to_owned());
    for (input, content) in
        [("--header", "X-A: 1\n"), ("-H", "X-A: 1\n"), ("--data", "x"), ("--data-json", "1"), ("--user", "me:p")]
    {
        for output in ["--out", "--resume", "--save", "--trace", "--svg"] {
            fs::write(&file, content).unwrap();
            let done = asyncio(&["fetch", &server.url, "-H", "X: y", input, &read, output, &same]);
            let line = one_line(&done, 2);
            assert!(line.contains(output) && line.contains("reads this file"), "{line}");
            assert_eq!(fs::read_to_string(&file).unwrap(), content, "{input} {output}");
        }
    }
    assert!(server.heard().is_empty());
    // Without the sign it is a value.
    let literal = fetch(&server.url, 1, &["--data", &file, "--out", &file]);
    assert_eq!(count(&literal, "ended.ok"), 1);
}

/// Every user of the machine can read a command line, and everyone who gets a report can read the report.
#[test]
fn secrets_are_not_taken_from_the_command_line_and_not_shown() {
    let server = Scripted::start(|_, _| answer("200 OK", "", ""));
    for wrong in [
        &["--user", "name:secret"][..],
        &["--header", "Authorization: Bearer secret"],
        &["--header", "cookie: secret"],
        &["--header", "X: a\nCookie: secret"],
        &["--header", "Content-Length: 3"],
        &["--user", "name"],
        &["--user", "@no/such/file"],
        &["--data-json", "{secret"],
        &["--data", "x", "--method", "GET"],
        &["--method", "get"],
        &["--method", "CONNECT"],
        &["--rate", "fast"],
        &["http://name:secret@127.0.0.1:1/"],
    ] {
        let done = asyncio(&[&["fetch", &server.url][..], wrong].concat());
        assert!(!one_line(&done, 2).contains("secret"), "{wrong:?}: {done:?}");
    }
    assert!(server.heard().is_empty(), "nothing was sent");
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let args = ["fetch", &server.url, "--requests", "1", "--user", "name", "--out", &out, "--full"];
    let done = finish(command(&args).env("FETCH_PASSWORD", "top-secret").spawn().unwrap());
    assert_eq!(server.heard()[0].header("authorization"), ["Basic bmFtZTp0b3Atc2VjcmV0"]);
    let shown = [done.stdout, done.stderr, fs::read(&out).unwrap()].concat();
    let shown = String::from_utf8(shown).unwrap();
    assert!(!shown.contains("top-secret") && !shown.contains("bmFtZTp0"), "{shown}");
}

/// The server closes each connection after one response without announcing it, so that every second request finds a closed connection.
#[test]
fn a_kept_connection_that_was_closed_costs_no_retry() {
    let server =
        Scripted::start(|_, _| Reply::AnswerAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()));
    let report = fetch(&server.url, 50, &["--retries", "0"]);
    assert_eq!((count(&report, "ended.ok"), count(&report, "retries")), (50, 0));
    assert_eq!(server.heard().len(), 50, "no request was carried out twice");
}

/// A server that reads the second request of each connection and then closes the connection without a response.
fn closes_at_the_second_request() -> Scripted {
    let counts = std::sync::Mutex::new(std::collections::HashMap::<usize, usize>::new());
    Scripted::start(move |_, heard| {
        let mut counts = counts.lock().unwrap();
        let count = counts.entry(heard.connection).or_default();
        *count += 1;
        if *count == 2 { Reply::Close } else { answer("200 OK", "", "") }
    })
}

/// The server may have carried out the request. A GET is sent again, but a POST only with `--repeat any`.
#[test]
fn a_request_that_was_read_is_sent_again_only_if_that_is_safe() {
    let server = closes_at_the_second_request();
    let report = fetch(&server.url, 6, &["--retries", "0"]);
    assert_eq!(count(&report, "ended.ok"), 6);
    let server = closes_at_the_second_request();
    let report = fetch(&server.url, 6, &["--data", "pay"]);
    assert_eq!((count(&report, "ended.closed"), count(&report, "retries")), (3, 0));
    assert_eq!(server.heard().len(), 6, "each request was sent once");
    let report = fetch(&closes_at_the_second_request().url, 6, &["--data", "pay", "--repeat", "any", "--backoff", "0"]);
    assert_eq!(count(&report, "ended.ok"), 6);
}

#[test]
fn a_proxy_in_the_environment_is_used_or_turned_off() {
    let proxy = Scripted::start(|_, _| answer("200 OK", "", "from the proxy"));
    let direct = Scripted::start(|_, _| answer("200 OK", "", "direct"));
    let host = proxy.url.strip_prefix("http://").unwrap();
    let run = |url: &str, more: &[&str], variables: &[(&str, &str)]| {
        let args = [&["fetch", url, "--requests", "2", "--concurrency", "1", "--full"], more].concat();
        let done = finish(command(&args).envs(variables.iter().copied()).spawn().unwrap());
        let shown = String::from_utf8([done.stdout.clone(), done.stderr.clone()].concat()).unwrap();
        assert!(!shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        done
    };
    let variable = format!("http://me:p%40ss@{host}/");
    // Only the proxy resolves this name.
    assert!(run("http://no.such.host.example/x?y", &[], &[("http_proxy", &variable)]).status.success());
    let heard = proxy.heard();
    assert_eq!(proxy.what(), ["GET http://no.such.host.example/x?y"; 2]);
    assert_eq!((heard[0].header("host"), heard[1].connection), (vec!["no.such.host.example"], 0));
    assert_eq!(heard[0].header("proxy-authorization"), ["Basic bWU6cEBzcw=="]);
    assert!(run(&direct.url, &["--proxy", "none"], &[("http_proxy", &variable)]).status.success());
    assert!(run(&direct.url, &[], &[("http_proxy", &variable), ("no_proxy", "127.0.0.1")]).status.success());
    assert!(run(&direct.url, &[], &[("HTTP_PROXY", &variable)]).status.success());
    assert_eq!((direct.what(), proxy.heard().len()), (vec!["GET /".to_owned(); 6], 2));
    assert!(direct.heard().iter().all(|heard| heard.header("proxy-authorization").is_empty()));
    let socks = run(&direct.url, &[], &[("all_proxy", "socks5://me:p@ss@127.0.0.1:1")]);
    assert!(one_line(&socks, 2).contains("--proxy none"));
}

/// Only the proxy would resolve the name, so that no name server is needed.
#[test]
fn a_host_name_in_hangul_is_sent_in_ascii_or_refused_with_the_feature_that_it_needs() {
    let proxy = Scripted::start(|_, heard| match heard.what() {
        "GET http://xn--3e0b707e.kr/" => answer("302 Found", "Location: http://새.한국:8080/길\r\n", ""),
        _ => answer("200 OK", "", ""),
    });
    let args = ["fetch", "http://한국.kr/", "--requests", "1"];
    let done = finish(command(&args).env("http_proxy", &proxy.url).spawn().unwrap());
    if !address::IDNA {
        let line = one_line(&done, 2);
        assert!(line.contains("xn--") && line.contains("--features idna"), "{line}");
        assert!(proxy.heard().is_empty());
        return;
    }
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        proxy.what(),
        ["GET http://xn--3e0b707e.kr/", "GET http://xn--og4b.xn--3e0b707e:8080/%EA%B8%B8"],
        "the redirect too"
    );
    assert_eq!(proxy.heard()[1].header("host"), ["xn--og4b.xn--3e0b707e:8080"]);
}

#[test]
fn ipv6_addresses_work() {
    let address = (std::net::Ipv6Addr::LOCALHOST, 0).into();
    let Ok(server) = web::Server::start(web::Options { address, ..web::Options::default() }) else {
        println!("not measured: this machine has no IPv6");
        return;
    };
    assert!(server.url().starts_with("http://[::1]:"));
    assert_eq!(count(&fetch(&format!("{}?q", server.url()), 3, &[]), "ended.ok"), 3);
}

#[test]
fn the_exit_code_depends_on_how_many_calls_succeeded() {
    let server = Scripted::start(|n, _| answer(if n % 2 == 0 { "200 OK" } else { "404 Not Found" }, "", ""));
    let args = |more: &'static [&'static str]| {
        let all = [&["fetch", &server.url, "--requests", "4", "--concurrency", "1"][..], more].concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let code = |args: Vec<String>| asyncio(&args.iter().map(String::as_str).collect::<Vec<_>>()).status.code();
    assert_eq!(code(args(&[])), Some(0));
    assert_eq!(code(args(&["--fail-on", "any"])), Some(1));
    let missing = Scripted::start(|_, _| answer("404 Not Found", "", ""));
    let report = report_with(&["fetch", &missing.url, "--requests", "4"], 1);
    assert_eq!(count(&report, "status.404"), 4);
}

/// Known wrong: failed calls that count as waiting, so that the claim "they wait together" would hold without a single success.
#[test]
fn failed_calls_do_not_count_as_waiting() {
    let missing = Scripted::start(|_, _| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        answer("404 Not Found", "", "")
    });
    for url in [&gone(), &missing.url] {
        let report = report_with(&["fetch", url, "--requests", "5", "--retries", "0"], 1);
        assert!(matches!(report.verdicts[0].outcome, lab::claims::Outcome::NotMeasured(_)), "{:?}", report.verdicts);
        assert_eq!(count(&report, "peak"), 0);
        let waits = |lane: &lab::trace::Lane| lane.time_in(lab::trace::State::WaitingForIo);
        assert!(report.traces[0].lanes.iter().all(|lane| waits(lane) == 0), "{:?}", report.traces);
        let spans = report.traces[0].lanes.iter().flat_map(|lane| &lane.spans);
        let marks = spans.filter(|span| span.state == lab::trace::State::Failed).count();
        assert_eq!(marks, 5, "one mark for each failed attempt");
    }
}
