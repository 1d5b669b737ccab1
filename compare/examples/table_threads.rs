//! Counts the bytes of a page fetched N times: in threads. Run: `table_threads HOST:PORT N`. Twin: `python/table/threads.py`.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::thread;
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
    let total = Mutex::new(0);
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..n {
            threads.push(scope.spawn(|| -> io::Result<()> {
                let size = fetch(&args[1])?;
                *total.lock().expect("nobody panics") += size;
                Ok(())
            }));
        }
        for thread in threads {
            thread.join().expect("no thread panics")?;
        }
        io::Result::Ok(())
    })?;
    println!("{}", total.into_inner().expect("nobody panicked"));
    Ok(())
}
