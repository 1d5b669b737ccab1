//! A server that sends the bytes that a test gives it and records every request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// A request as it was received: the lines of the head, an empty line, and the body.
#[derive(Clone, Debug)]
pub struct Heard {
    pub words: String,
    pub at: Instant,
    /// The number of the connection, from 0.
    pub connection: usize,
}

impl Heard {
    /// The values of a header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.words.lines().skip(1).take_while(|line| !line.is_empty());
        let fields = lines.filter_map(|line| line.split_once(": "));
        fields.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    /// Method and path.
    pub fn what(&self) -> &str {
        self.words.split(" HTTP/").next().unwrap_or_default()
    }
}

/// The server's reaction to a request.
pub enum Reply {
    Answer(Vec<u8>),
    /// Answers and closes the connection without announcing it.
    AnswerAndClose(Vec<u8>),
    Close,
}

pub fn answer(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Answer(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").into_bytes())
}

pub struct Scripted {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Scripted {
    /// Starts the server, which runs until the test's process ends. `reply` gets the number of the request, from 0, and the request.
    pub fn start(reply: impl Fn(usize, &Heard) -> Reply + Send + Sync + 'static) -> Scripted {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let (all, reply) = (Arc::clone(&heard), Arc::new(reply));
        thread::spawn(move || {
            for (connection, stream) in socket.incoming().flatten().enumerate() {
                let (all, reply) = (Arc::clone(&all), Arc::clone(&reply));
                thread::spawn(move || drop(serve(&stream, connection, &all, &*reply)));
            }
        });
        Scripted { url, heard }
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Method and path of each request.
    pub fn what(&self) -> Vec<String> {
        self.heard().iter().map(|heard| heard.what().to_owned()).collect()
    }
}

fn serve(
    stream: &TcpStream,
    connection: usize,
    all: &Mutex<Vec<Heard>>,
    reply: &dyn Fn(usize, &Heard) -> Reply,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut words, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            words.push_str(line.trim_end());
            words.push('\n');
            if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = n.trim().parse().unwrap();
            }
            if line.trim_end().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        words.push_str(&String::from_utf8_lossy(&body));
        let heard = Heard { words, at: Instant::now(), connection };
        let n = {
            let mut all = all.lock().unwrap();
            all.push(heard.clone());
            all.len() - 1
        };
        match reply(n, &heard) {
            Reply::Answer(bytes) => (&*stream).write_all(&bytes)?,
            Reply::AnswerAndClose(bytes) => return (&*stream).write_all(&bytes),
            Reply::Close => return Ok(()),
        }
    }
}
