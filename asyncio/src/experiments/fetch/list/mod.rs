//! Lists of calls: URLs, or rows for a template. They are read as needed, so a list may be larger than memory.

mod csv;
mod json_lines;
mod lines;
pub mod listed;
pub mod rows;
mod urls;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::thread;

use lab::lang::Text;
use lab::{Error, Result, text};
use tokio::sync::mpsc;

use super::target;
use listed::{Listed, Unusable};
use rows::Rows;

/// The most calls that are passed to the workers at once. One by one, they would wake the thread that reads them for every call.
const BATCH: usize = 64;
/// The same for rows, which may be much longer than URLs.
const BATCH_OF_ROWS: usize = 8;
/// Capacity of the queue of batches for the workers.
const QUEUE: usize = 8;

#[derive(Clone, Debug)]
pub enum List {
    /// One URL per line.
    Urls(PathBuf),
    Rows(Rows),
}

impl List {
    /// Whether the list can be read only once.
    pub fn is_stream(&self) -> bool {
        let path = self.path();
        path == Path::new("-") || path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
    }

    /// Reads a list before anything is sent, and returns the number of calls. One that cannot be made is an error.
    pub fn check(&self, mut each: impl FnMut(usize, &Listed) -> Result<()>) -> Result<usize> {
        let file = File::open(self.path()).map_err(|e| self.cannot_read(&Text::same(e.to_string())))?;
        let (mut calls, mut wrong) = (0, None);
        let read = self.read(BufReader::new(file), |listed| {
            wrong = match &listed.target {
                Ok(_) => each(calls, &listed).err(),
                Err(why) => Some(self.refuse(&listed, why)),
            };
            calls += 1;
            wrong.is_none()
        });
        read.map_err(|why| self.cannot_read(&why))?;
        match wrong {
            Some(error) => Err(error),
            None if calls == 0 => Err(self.cannot_read(&self.is_empty())),
            None => Ok(calls),
        }
    }

    /// Starts to read a list. The receiver gets the calls, and an error as the last item if the list could not be read to its end.
    pub fn open(&self) -> Result<mpsc::Receiver<Result<Vec<Listed>>>> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let most = if matches!(self, List::Rows(_)) { BATCH_OF_ROWS } else { BATCH };
        let from: Box<dyn Read + Send> = match self.path() == Path::new("-") {
            true => Box::new(io::stdin()),
            false => Box::new(File::open(self.path()).map_err(|e| self.cannot_read(&Text::same(e.to_string())))?),
        };
        let list = self.clone();
        // A thread, because reading may block.
        let read = move || {
            let batch = RefCell::new(Batch { calls: Vec::new(), sender: &sender });
            let from = BufReader::new(SendFirst { from, batch: &batch });
            let read = list.read(from, |listed| {
                let mut batch = batch.borrow_mut();
                batch.calls.push(listed);
                batch.calls.len() < most || batch.send()
            });
            batch.borrow_mut().send();
            if let Err(why) = read {
                let _ = sender.blocking_send(Err(list.cannot_read(&why)));
            }
        };
        thread::Builder::new().name("list".into()).spawn(read).map_err(|e| Error::no_thread(&e))?;
        Ok(receiver)
    }

    fn path(&self) -> &Path {
        match self {
            List::Urls(path) | List::Rows(Rows { path, .. }) => path,
        }
    }

    fn option(&self) -> &'static str {
        match self {
            List::Urls(_) => "--urls",
            List::Rows(_) => "--rows",
        }
    }

    /// Calls `each` for the calls of a list, in order, until it returns `false`.
    fn read(&self, mut list: impl BufRead, each: impl FnMut(Listed) -> bool) -> Result<(), Text> {
        let start = list.fill_buf().map_err(|e| Text::same(e.to_string()))?;
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
            return Err(text!("UTF-16입니다. UTF-8로 저장해 주십시오.", "this is UTF-16. Save it as UTF-8."));
        }
        // Some editors write a byte order mark before UTF-8.
        let mark = if start.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
        list.consume(mark);
        match self {
            List::Urls(_) => urls::read(list, each),
            List::Rows(rows) => rows.read(list, each),
        }
    }

    fn refuse(&self, listed: &Listed, why: &Unusable) -> Error {
        let place = format!("{} {}:{}:", self.option(), self.path().display(), listed.line);
        match why {
            Unusable::Address(why) => target::refuse(&place, &listed.url, why),
            Unusable::Row(Text { ko, en }) => Error::usage(text!("{place} {ko}", "{place} {en}")),
        }
    }

    fn is_empty(&self) -> Text {
        match self {
            List::Urls(_) => text!("파일에 주소가 없습니다.", "the file contains no address."),
            List::Rows(_) => text!("파일에 행이 없습니다.", "the file contains no row."),
        }
    }

    fn cannot_read(&self, why: &Text) -> Error {
        let (option, path, ko, en) = (self.option(), self.path().display(), &why.ko, &why.en);
        Error::usage(text!("{option} {path}: 읽을 수 없습니다: {ko}", "{option} {path}: cannot be read: {en}"))
    }
}

/// Calls on their way to the workers.
struct Batch<'s> {
    calls: Vec<Listed>,
    sender: &'s mpsc::Sender<Result<Vec<Listed>>>,
}

impl Batch<'_> {
    /// Sends them. False if nobody wants them.
    fn send(&mut self) -> bool {
        self.calls.is_empty() || self.sender.blocking_send(Ok(mem::take(&mut self.calls))).is_ok()
    }
}

/// Sends the calls that have been read before it reads on: the program that writes the list may be slow, and they must not wait for it.
struct SendFirst<'b, 's, R> {
    from: R,
    batch: &'b RefCell<Batch<'s>>,
}

impl<R: Read> Read for SendFirst<'_, '_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.batch.borrow_mut().send();
        self.from.read(into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &[u8], each: impl FnMut(Listed) -> bool) -> Result<(), Text> {
        List::Urls(PathBuf::new()).read(list, each)
    }

    fn urls(list: &[u8]) -> Vec<String> {
        let mut urls = Vec::new();
        read(list, |listed| {
            urls.push(format!("{}:{}", listed.line, listed.target.map_or_else(|_| "?".into(), |t| t.url.to_string())));
            true
        })
        .unwrap();
        urls
    }

    #[test]
    fn a_list_may_come_from_any_editor() {
        let list = "\u{feff}# what\r\nhttp://a/\r\n\r\n  http://b/한\t\nnonsense\n\nhttp://c";
        assert_eq!(urls(list.as_bytes()), ["2:http://a/", "4:http://b/한", "5:?", "7:http://c"]);
        assert_eq!(urls(b"http://\xff/\n#\xff\n"), ["1:?"]);
        assert!(urls(b"").is_empty());
        let utf16: Vec<u8> = "\u{feff}http://a/".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(read(&utf16, |_| true).unwrap_err().en.contains("UTF-16"));
        assert!(read(&vec![b'a'; 100_000], |_| true).unwrap_err().en.contains("line 1 "));
    }
}
