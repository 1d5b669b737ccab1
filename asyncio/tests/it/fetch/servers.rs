//! What `fetch` sends, as servers of the field understand it: h11 (uvicorn's parser), hyper and nginx.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{self, HeaderName};
use hyper::service::service_fn;
use hyper::{Request, Response, server};
use hyper_util::rt::TokioIo;
use serde::Deserialize;

use super::out_in;
use crate::common::{command, finish, results, until};

/// A request as a server has parsed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Seen {
    method: String,
    target: String,
    host: String,
    /// `Content-Type`.
    kind: String,
    authorization: String,
    /// The header `X`.
    x: String,
    body: String,
}

struct Running {
    /// `127.0.0.1:PORT`.
    address: String,
    /// A line for each request: JSON for [`Seen`], or an error.
    lines: Box<dyn Fn() -> Vec<String>>,
    process: Option<Child>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Sends each kind of request, and compares what the server understood with what was meant. `absolute` is whether the server shows the
/// whole URL of a request for a proxy.
fn check(server: &Running, absolute: bool) {
    let home = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = home.path().join(name).to_str().unwrap().to_owned();
        fs::write(&path, content).unwrap();
        path
    };
    let json = format!("{{\"긴 글\":\"{}\"}}", "가".repeat(30_000));
    let (body, rows) = (format!("@{}", file("body", &json)), file("rows.csv", "v\na/b?한\n"));
    let (put, from_rows) = (["-X", "PUT", "--data-json", &*body], ["--rows", &*rows]);
    let (address, out) = (&*server.address, out_in(&home));
    let seen = |method: &str, target: &str| {
        let (method, target, host) = (method.to_owned(), target.to_owned(), address.to_owned());
        Seen { method, target, host, ..Seen::default() }
    };
    let form = "application/x-www-form-urlencoded".to_owned();
    let mut cases: Vec<(&str, &[&str], Seen)> = vec![
        ("/한글?q=글", &[], seen("GET", "/%ED%95%9C%EA%B8%80?q=%EA%B8%80")),
        ("?q=1", &[], seen("GET", "/?q=1")),
        ("#part", &[], seen("GET", "/")),
        ("/head", &["-X", "HEAD"], seen("HEAD", "/head")),
        ("/form", &["-d", "a=1&b=한"], Seen { kind: form, body: "a=1&b=한".to_owned(), ..seen("POST", "/form") }),
        ("/json", &put, Seen { kind: "application/json".to_owned(), body: json.clone(), ..seen("PUT", "/json") }),
        ("/none", &["-X", "POST", "-H", "X: 한 글"], Seen { x: "한 글".to_owned(), ..seen("POST", "/none") }),
        ("/user", &["--user", "me"], Seen { authorization: "Basic bWU6cA==".to_owned(), ..seen("GET", "/user") }),
        ("/{v}", &from_rows, seen("GET", "/a%2Fb%3F%ED%95%9C")),
    ];
    // The client uses the server as its proxy, so that the name need not be resolved.
    let proxied = Seen { host: "xn--3e0b707e.kr".to_owned(), ..seen("GET", "/%EA%B8%B8") };
    let target = if absolute { format!("http://{}{}", proxied.host, proxied.target) } else { proxied.target.clone() };
    if address::IDNA {
        cases.push(("http://한국.kr/길", &[], Seen { target, ..proxied }));
    }
    for (n, (url, more, meant)) in cases.into_iter().enumerate() {
        let is_proxied = url.starts_with("http");
        let url = if is_proxied { url.to_owned() } else { format!("http://{address}{url}") };
        let once: &[&str] = if more.contains(&"--rows") { &[] } else { &["--requests", "1"] };
        let args = [&["fetch", &url, "--out", &out, "--timeout", "60", "--retries", "0"], once, more].concat();
        let mut command = command(&args);
        command.env("FETCH_PASSWORD", "p");
        if is_proxied {
            command.env("http_proxy", format!("http://{address}"));
        }
        let done = finish(command.spawn().unwrap());
        // nginx writes its line after it has answered.
        until("the server has seen the request", || (server.lines)().len() > n || !done.status.success());
        let lines = (server.lines)();
        assert!(done.status.success(), "{url}: {done:?} {lines:?}");
        let understood: Seen = serde_json::from_str(&lines[n]).unwrap_or_else(|e| panic!("{url}: {e}: {}", lines[n]));
        assert!(understood == meant, "{url}: {understood:?}, but meant was {meant:?}");
        let bytes = if meant.method == "HEAD" { 0 } else { 4 };
        let result = &results(Path::new(&out))[&0];
        assert!(result["status"] == 200 && result["bytes"] == bytes, "{result}: the answer is chunked");
    }
}

#[test]
fn h11_understands_what_is_sent() {
    let import = Command::new("python3").args(["-c", "import h11"]).output();
    let is_there = import.is_ok_and(|out| out.status.success());
    assert!(is_there || env::var_os("CI").is_none(), "CI has no h11");
    if !is_there {
        println!("not measured: python3 has no h11 (python3 -m pip install h11)");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/h11_server.py");
    let mut process = Command::new("python3").arg(script).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut port = String::new();
    stdout.read_line(&mut port).unwrap();
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let all = Arc::clone(&lines);
    thread::spawn(move || stdout.lines().map_while(Result::ok).for_each(|line| all.lock().unwrap().push(line)));
    let lines = Box::new(move || lines.lock().unwrap().clone());
    check(&Running { address: format!("127.0.0.1:{}", port.trim()), lines, process: Some(process) }, true);
}

#[test]
fn hyper_understands_what_is_sent() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap().to_string();
    socket.set_nonblocking(true).unwrap();
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let all = Arc::clone(&lines);
    // It runs until the test's process ends.
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = tokio::net::TcpListener::from_std(socket).unwrap();
            while let Ok((stream, _)) = socket.accept().await {
                let all = Arc::clone(&all);
                tokio::spawn(async move {
                    let answer = service_fn(|request| answer(request, &all));
                    let served = server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer);
                    if let Err(e) = served.await {
                        all.lock().unwrap().push(e.to_string());
                    }
                });
            }
        });
    });
    check(&Running { address, lines: Box::new(move || lines.lock().unwrap().clone()), process: None }, true);
}

async fn answer(request: Request<Incoming>, all: &Mutex<Vec<String>>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let header = |name: HeaderName| {
        head.headers.get(name).map_or(String::new(), |value| String::from_utf8(value.as_bytes().to_vec()).unwrap())
    };
    let seen = serde_json::json!({
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "host": header(header::HOST),
        "kind": header(header::CONTENT_TYPE),
        "authorization": header(header::AUTHORIZATION),
        "x": header(HeaderName::from_static("x")),
        "body": String::from_utf8(body.to_vec()).unwrap(),
    });
    all.lock().unwrap().push(seen.to_string());
    Ok(Response::builder().header(header::TRANSFER_ENCODING, "chunked").body("seen".into()).expect("a valid response"))
}

/// nginx reads a body only to pass it on, so that a second server of the same process answers.
const NGINX: &str = r#"
daemon off;
master_process off;
pid HOME/pid;
error_log HOME/error;
events {}
http {
    client_body_temp_path HOME/temp1;
    proxy_temp_path HOME/temp2;
    fastcgi_temp_path HOME/temp3;
    uwsgi_temp_path HOME/temp4;
    scgi_temp_path HOME/temp5;
    log_format seen escape=json '{"method":"$request_method","target":"$request_uri","host":"$http_host",'
        '"kind":"$http_content_type","authorization":"$http_authorization","x":"$http_x","body":"$request_body"}';
    client_body_buffer_size 1m;
    client_body_in_single_buffer on;
    default_type text/html;
    access_log off;
    server {
        listen 127.0.0.1:PORT;
        location / {
            access_log HOME/seen seen;
            # The length is then not known beforehand: the answer is chunked.
            ssi on;
            proxy_pass http://unix:HOME/socket:;
        }
    }
    server {
        listen unix:HOME/socket;
        location / { return 200 seen; }
    }
}
"#;

/// The nginx that `NGINX` names, else the installed one.
fn nginx() -> Option<PathBuf> {
    let named = env::var_os("NGINX").map(PathBuf::from);
    let known = ["nginx", "/usr/sbin/nginx"].map(PathBuf::from);
    let runs = |path: &PathBuf| Command::new(path).arg("-v").output().is_ok_and(|out| out.status.success());
    if let Some(named) = &named {
        assert!(runs(named), "NGINX={} does not run", named.display());
    }
    named.into_iter().chain(known).find(runs)
}

#[test]
fn nginx_understands_what_is_sent() {
    let Some(nginx) = nginx() else {
        println!("not measured: nginx is not installed");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    // Another process may take a free port before nginx does.
    let started = (0..10).find_map(|_| {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let configuration = NGINX.replace("HOME", home.path().to_str().unwrap()).replace("PORT", &port.to_string());
        fs::write(at("conf"), configuration).unwrap();
        let _ = fs::remove_file(at("socket"));
        let mut command = Command::new(&nginx);
        command.arg("-c").arg(at("conf")).arg("-e").arg(at("error")).stdin(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut runs = false;
        until("nginx listens or has ended", || {
            runs = at("pid").exists() && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            runs || process.try_wait().unwrap().is_some()
        });
        let log = at("seen");
        let lines = move || fs::read_to_string(&log).unwrap_or_default().lines().map(str::to_owned).collect();
        let running = Running { address: format!("127.0.0.1:{port}"), lines: Box::new(lines), process: Some(process) };
        runs.then_some(running)
    });
    let running = started.unwrap_or_else(|| panic!("{}", fs::read_to_string(at("error")).unwrap_or_default()));
    check(&running, false);
}
