//! https, with a server whose certificate is signed by the tests' own CA.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::out_in;
use super::scripted::{Scripted, answer};
use crate::common::{asyncio, count, one_line, report, report_with, results};

fn data(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls").join(name).to_str().unwrap().to_owned()
}

/// Starts a server that answers every request with `answer`. Its certificate is for 127.0.0.1 and localhost. It runs until the test's
/// process ends.
fn serve(answer: String) -> u16 {
    let chain = CertificateDer::pem_file_iter(data("server.pem")).unwrap().map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(data("server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(chain, key).unwrap());
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in socket.incoming().flatten() {
            let (config, answer) = (Arc::clone(&config), answer.clone());
            thread::spawn(move || {
                let mut secret = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
                while let Ok(n @ 1..) = secret.read(&mut piece) {
                    heard.extend_from_slice(&piece[..n]);
                    if heard.ends_with(b"\r\n\r\n") {
                        heard.clear();
                        let _ = secret.write_all(answer.as_bytes());
                    }
                }
            });
        }
    });
    port
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";

#[test]
fn a_server_is_trusted_if_its_ca_is() {
    let ca = data("ca.pem");
    let port = serve(OK.to_owned());
    let home = tempfile::tempdir().unwrap();
    let out = out_in(&home);
    let (by_number, by_name) = (format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/"));
    let args = ["--requests", "6", "--concurrency", "2", "--timeout", "60", "--out", &out];
    let good = [&["fetch", &by_number, &by_name, "--cacert", &ca][..], &args].concat();
    assert_eq!(count(&report(&good), "ended.ok"), 6);
    assert!(results(Path::new(&out)).values().all(|line| line["bytes"] == 6));
    // Known wrong: a client that verifies nothing. The system does not trust this CA, and the certificate is not for 127.0.0.2.
    let unknown = report_with(&[&["fetch", &by_number][..], &args].concat(), 1);
    assert_eq!((count(&unknown, "ended.tls"), count(&unknown, "retries")), (6, 0));
    let other = format!("https://127.0.0.2:{port}/");
    if std::net::TcpStream::connect(("127.0.0.2", port)).is_ok() {
        let other = report_with(&[&["fetch", &other, "--cacert", &ca][..], &args].concat(), 1);
        assert_eq!(count(&other, "ended.tls"), 6);
    }
}

#[test]
fn insecure_prints_a_warning() {
    let ca = data("ca.pem");
    let port = serve(OK.to_owned());
    let url = format!("https://127.0.0.1:{port}/");
    let done = asyncio(&["fetch", &url, "--requests", "2", "--timeout", "60", "--insecure", "--full"]);
    assert!(done.status.success(), "{done:?}");
    let [out, err] = [done.stdout, done.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!([&out, &err].iter().all(|shown| shown.contains("certificate is not verified")), "{out}{err}");
    let key = data("server.key");
    for wrong in [
        &["fetch", &url, "--cacert", "no/such/file"][..],
        &["fetch", &url, "--cacert", &key],
        &["fetch", &url, "--cacert", &ca, "--insecure"],
        &["fetch", "http://127.0.0.1:1/", "--insecure"],
        &["fetch", "--cacert", &ca],
    ] {
        one_line(&asyncio(wrong), 2);
    }
}

#[test]
fn credentials_are_not_sent_from_https_to_http() {
    let ca = data("ca.pem");
    let plain = Scripted::start(|_, _| answer("200 OK", "", ""));
    let location = format!("HTTP/1.1 302 Found\r\nLocation: {}/\r\nContent-Length: 0\r\n\r\n", plain.url);
    let port = serve(location);
    let home = tempfile::tempdir().unwrap();
    let user = home.path().join("user");
    std::fs::write(&user, "name:secret").unwrap();
    let (url, user) = (format!("https://127.0.0.1:{port}/"), format!("@{}", user.display()));
    let args = ["--requests", "1", "--timeout", "60", "--cacert", &ca, "--user", &user];
    report(&[&["fetch", &url][..], &args].concat());
    assert!(plain.heard()[0].header("authorization").is_empty());
}

/// A server without TLS is a named failure, and not taken for one that closed the connection.
#[test]
fn a_server_without_tls_is_a_named_failure() {
    let plain = Scripted::start(|_, _| answer("200 OK", "", ""));
    let url = plain.url.replace("http:", "https:");
    let report = report_with(&["fetch", &url, "--requests", "1", "--timeout", "60"], 1);
    assert_eq!(count(&report, "ended.tls") + count(&report, "ended.timed-out"), 1);
}

/// The proxy passes on encrypted data, which it cannot read.
#[test]
fn a_proxy_opens_a_tunnel() {
    let ca = data("ca.pem");
    let port = serve(OK.to_owned());
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let variable = format!("http://me:secret@{}", proxy.local_addr().unwrap());
    let heard = thread::spawn(move || {
        let (mut client, _) = proxy.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        let mut server = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n").unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
        let mut passed = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(n @ 1..) = server.read(&mut piece) {
            passed.extend_from_slice(&piece[..n]);
            let _ = client.write_all(&piece[..n]);
        }
        (String::from_utf8(head).unwrap(), passed)
    });
    let url = format!("https://localhost:{port}/");
    let args = ["fetch", &url, "--requests", "3", "--concurrency", "1", "--timeout", "60", "--cacert", &ca];
    let done = crate::common::finish(crate::common::command(&args).env("https_proxy", &variable).spawn().unwrap());
    assert!(done.status.success(), "{done:?}");
    // The relay's reader ends with the connection.
    let (head, passed) = heard.join().unwrap();
    assert!(head.starts_with(&format!("CONNECT localhost:{port} HTTP/1.1\r\nHost: localhost:{port}\r\n")), "{head}");
    assert!(head.contains("Proxy-Authorization: Basic bWU6c2VjcmV0"), "{head}");
    assert!(
        !passed.is_empty() && !passed.windows(6).any(|six| six == b"secret"),
        "the proxy passes on encrypted data only"
    );
    // A proxy that refuses the tunnel.
    let refuses = Scripted::start(|_, _| answer("403 Forbidden", "", ""));
    let done = crate::common::finish(crate::common::command(&args).env("https_proxy", &refuses.url).spawn().unwrap());
    assert_eq!((done.status.code(), refuses.what()[0].clone()), (Some(1), format!("CONNECT localhost:{port}")));
}
