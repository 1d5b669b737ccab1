//! Counts the bytes of a page fetched N times: one after another. Run: `table_sequence HOST:PORT N`. Twin: `python/table/sequence.py`.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: loopback\r\nConnection: close\r\n\r\n";

fn fetch(server: &str) -> io::Result<usize> {
    let mut connection = TcpStream::connect(server)?;
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    connection.write_all(REQUEST)?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    Ok(answer.len())
}

fn main() -> io::Result<()> {
    let args: Vec<String> = env::args().collect();
    let n: usize = args[2].parse().expect("a number");
    let mut total = 0;
    for _ in 0..n {
        total += fetch(&args[1])?;
    }
    println!("{total}");
    Ok(())
}
