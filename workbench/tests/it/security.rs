//! Whom the program answers: a page of its own and nobody else, in small portions.

use serde_json::json;

use crate::client::{Program, program, quick};

const JSON: &str = "Content-Type: application/json\r\n";

/// The status of a question to `meta` with these header lines; `HOST` stands for the server's own.
fn status(program: &Program, headers: &str) -> u16 {
    let headers = headers.replace("HOST", &program.host());
    program.send(&program.question("meta", &headers, b"{}")).expect("an answer").status
}

#[test]
fn another_host_or_origin_is_refused() {
    let program = quick();
    let port = program.address.port();
    for own in [
        format!("Host: HOST\r\n{JSON}"),
        format!("Host: localhost:{port}\r\n{JSON}"),
        format!("Host: HOST\r\nOrigin: http://HOST\r\n{JSON}"),
        format!("Host: HOST\r\nOrigin: http://HOST\r\nSec-Fetch-Site: same-origin\r\n{JSON}"),
        format!("Host: HOST\r\nSec-Fetch-Site: none\r\n{JSON}"),
    ] {
        assert_eq!(status(&program, &own), 200, "{own}");
    }
    for other in [
        "Host: example.org\r\n".to_owned(),
        format!("Host: example.org:{port}\r\n"),
        "Host: 127.0.0.1\r\n".into(),
        format!("Host: 127.0.0.1:{}\r\n", port ^ 1),
        format!("Host: 127.0.0.1.example.org:{port}\r\n"),
        "Host: HOST\r\nOrigin: http://example.org\r\n".into(),
        "Host: HOST\r\nOrigin: null\r\n".into(),
        "Host: HOST\r\nOrigin: https://HOST\r\n".into(),
        "Host: HOST\r\nOrigin: http://HOST.example.org\r\n".into(),
        "Host: HOST\r\nOrigin: \r\n".into(),
        "Host: HOST\r\nOrigin: http://HOST\r\nOrigin: http://example.org\r\n".into(),
        "Host: HOST\r\nSec-Fetch-Site: cross-site\r\n".into(),
        "Host: HOST\r\nSec-Fetch-Site: same-site\r\n".into(),
    ] {
        assert_eq!(status(&program, &format!("{other}{JSON}")), 403, "{other}");
    }
    assert_eq!(status(&program, &format!("Host: HOST\r\nHost: HOST\r\n{JSON}")), 400, "two hosts");
    assert_eq!(status(&program, JSON), 400, "no host");
}

#[test]
fn files_are_refused_to_others_too() {
    let program = quick();
    let request = format!("GET /{}/ HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n", program.token);
    assert_eq!(program.send(request.as_bytes()).unwrap().status, 403);
    assert_eq!(program.get("").status, 200);
}

#[test]
fn without_the_token_there_is_nothing() {
    let program = quick();
    let host = program.host();
    let wrong = format!("{}0", &program.token[..31]);
    assert_ne!(wrong, quick().token, "a new token for each run");
    for path in ["/", "/api/meta", "/index.html", &format!("/{wrong}x/"), &format!("//{}/", program.token), "/../"] {
        for method in ["GET", "POST"] {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            let response = program.send(request.as_bytes()).unwrap();
            assert_eq!(response.status, 404, "{method} {path}");
            assert!(!String::from_utf8_lossy(&response.body).contains(&program.token));
        }
    }
    assert_eq!(program.token.len(), 32);
}

#[test]
fn a_form_of_another_page_is_no_question() {
    let program = quick();
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        assert_eq!(status(&program, &format!("Host: HOST\r\n{kind}")), 415, "{kind}");
    }
    let get = program.get("api/meta");
    assert_eq!((get.status, get.header("allow")), (405, Some("POST")));
}

#[test]
fn every_response_has_the_policy() {
    let program = quick();
    let responses = [program.get(""), program.get("app.js"), program.get("none.js"), program.ask("meta", &json!({}))];
    for response in responses {
        let policy = response.header("content-security-policy").unwrap();
        for part in
            ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let expected = [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-resource-policy", "same-origin"),
        ];
        expected.iter().for_each(|(name, value)| assert_eq!(response.header(name), Some(*value), "{name}"));
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
}

#[test]
fn too_large_and_too_long_are_refused_and_the_server_goes_on() {
    let program = quick();
    let large = format!("{{\"level\": \"break-1\", \"schedule\": \"{}\"}}", "a".repeat(70_000));
    assert_eq!(program.ask_bytes("play", large.as_bytes()).status, 413);
    let long = json!({"level": "break-1", "schedule": "a".repeat(5000)});
    assert_eq!(program.ask("play", &long).json()["error"]["code"], "schedule");
    let endless = json!({"scenario": {"seconds": 10, "cores": 2, "gil": {"version": "3.12"}, "threads": [{"does": ["native-held 1ns"]}]}});
    let response = program.ask("simulate", &endless).json();
    assert!(response["lasted"].as_u64() < Some(10_000_000_000), "{}", response["lasted"]);
    assert_eq!(response["notes"].as_array().map(Vec::len), Some(1), "that it was cut short is said");
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(program.ask_bytes("simulate", deep.as_bytes()).status, 400);
    let path = "a".repeat(9000);
    assert_eq!(program.get(&path).status, 414);
    assert_eq!(program.ask("meta", &json!({})).status, 200);
}

#[test]
fn it_listens_on_loopback_and_a_taken_port_is_one_line() {
    let first = quick();
    assert!(first.address.ip().is_loopback());
    let port = first.address.port().to_string();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_workbench"));
    let pipe = std::process::Stdio::piped;
    command.args(["--no-open", "--no-python", "--lang", "en", "--port", &port]).stdout(pipe()).stderr(pipe());
    let done = harness::finish(harness::start(&mut command)).ends_with(1);
    assert!(done.out.is_empty() && done.err.lines().count() == 1 && done.err.contains(&port), "{done:?}");
    drop(first);
    assert_eq!(program(&["--no-python", "--port", &port]).address.port().to_string(), port, "free again");
}
