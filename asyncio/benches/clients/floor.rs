//! The least that a client on tokio needs for this job: sockets, a constant request, and reading until the known response is complete.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// The first argument of the process that runs it: `FLOOR URL CALLS CONCURRENCY`.
pub const FLOOR: &str = "__floor";

/// The end of each response of `serve` to `/`.
const BODY: &[u8] = b"\r\n\r\nok\n";

pub fn run(args: &[String]) {
    let address = args[0].trim_start_matches("http://").to_owned();
    let [calls, concurrency] = [1, 2].map(|at: usize| args[at].parse::<usize>().expect("a number"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let request: Rc<str> = format!("GET / HTTP/1.1\r\nhost: {address}\r\n\r\n").into();
    let (left, ok) = (Rc::new(Cell::new(calls)), Rc::new(Cell::new(0)));
    let start = Instant::now();
    let workers = LocalSet::new();
    for _ in 0..concurrency {
        workers.spawn_local(work(address.clone(), Rc::clone(&request), Rc::clone(&left), Rc::clone(&ok)));
    }
    runtime.block_on(workers);
    println!("{}", serde_json::json!({ "seconds": start.elapsed().as_secs_f64(), "ok": ok.get() }));
}

async fn work(address: String, request: Rc<str>, left: Rc<Cell<usize>>, ok: Rc<Cell<usize>>) {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("the option is known");
    let mut buffer = [0; 1024];
    while left.get() > 0 {
        left.set(left.get() - 1);
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut length = 0;
        while !buffer[..length].ends_with(BODY) {
            match stream.read(&mut buffer[length..]).await {
                Ok(read @ 1..) => length += read,
                end => panic!("no complete response: {end:?}"),
            }
        }
        ok.set(ok.get() + usize::from(buffer.starts_with(b"HTTP/1.1 200 ")));
    }
}
