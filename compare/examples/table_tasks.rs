//! Counts the bytes of a page fetched N times: in tasks of tokio. Run: `table_tasks HOST:PORT N`. Twin: `python/table/tasks.py`.

use std::time::Duration;
use std::{env, io};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n";

async fn fetch(server: String) -> io::Result<usize> {
    let mut connection = TcpStream::connect(server).await?;
    connection.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    timeout(Duration::from_secs(30), connection.read_to_end(&mut answer)).await??;
    Ok(answer.len())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    let n: usize = args[2].parse().expect("a number");
    let mut tasks = Vec::new();
    for _ in 0..n {
        tasks.push(tokio::spawn(fetch(args[1].clone())));
    }
    let mut total = 0;
    for task in tasks {
        total += task.await??;
    }
    println!("{total}");
    Ok(())
}
