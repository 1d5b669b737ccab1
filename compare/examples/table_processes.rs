//! Counts the bytes of a page fetched N times: in processes. Run: `table_processes HOST:PORT N`. Twin: `python/table/processes.py`.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
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
    if args[2] == "child" {
        let size = fetch(&args[1])?;
        io::stdout().write_all(size.to_string().as_bytes())?;
        return Ok(());
    }
    let n: usize = args[2].parse().expect("a number");
    let mut processes = Vec::new();
    for _ in 0..n {
        let mut command = Command::new(env::current_exe()?);
        command.args([&args[1], "child"]);
        command.stdout(Stdio::piped());
        processes.push(command.spawn()?);
    }
    let mut total = 0;
    for process in processes {
        let output = process.wait_with_output()?;
        let size: usize = String::from_utf8_lossy(&output.stdout).parse().expect("the child prints a number");
        total += size;
    }
    println!("{total}");
    Ok(())
}
