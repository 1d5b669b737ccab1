//! Lists of URLs, one per line. They are read as needed, so a list may be larger than memory.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::mem;
use std::path::Path;
use std::thread;

use lab::lang::Text;
use lab::{Error, Result, text};
use tokio::sync::mpsc;

use super::target::{self, Target};

/// Maximum length of a line.
const LONGEST_LINE: u64 = 64 * 1024;
/// The most lines that are passed to the workers at once. Lines one by one would wake the thread that reads them for every call.
const BATCH: usize = 64;
/// Capacity of the queue of batches for the workers.
const QUEUE: usize = 16;

/// A line with a URL: its number, from 1, the text, and the parsed URL or the reason why it is not valid.
pub struct Listed {
    pub line: usize,
    pub url: String,
    pub target: Result<Target, Text>,
}

/// Calls `each` for the URLs of a list, in order, until it returns `false`, and with `None` whenever the next line may have to be awaited.
/// Empty lines and lines that begin with `#` are ignored.
fn lines<R: Read>(mut list: BufReader<R>, mut each: impl FnMut(Option<Listed>) -> bool) -> Result<(), Text> {
    let start = list.fill_buf().map_err(|e| Text::same(e.to_string()))?;
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(text!("UTF-16입니다. UTF-8로 저장해 주십시오.", "this is UTF-16. Save it as UTF-8."));
    }
    // Some editors write a byte order mark before UTF-8.
    let mark = if start.starts_with("\u{feff}".as_bytes()) { 3 } else { 0 };
    list.consume(mark);
    let mut bytes = Vec::new();
    for line in 1.. {
        if !list.buffer().contains(&b'\n') && !each(None) {
            break;
        }
        bytes.clear();
        let read = (&mut list).take(LONGEST_LINE).read_until(b'\n', &mut bytes);
        if read.map_err(|e| Text::same(e.to_string()))? == 0 {
            break;
        }
        if bytes.len() as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
            return Err(text!("{line}번째 줄이 64 KiB보다 깁니다.", "line {line} is longer than 64 KiB."));
        }
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() || bytes.starts_with(b"#") {
            continue;
        }
        let listed = match std::str::from_utf8(bytes) {
            Ok(url) => Listed { line, url: url.to_owned(), target: Target::read(url) },
            Err(_) => {
                let url = String::from_utf8_lossy(bytes).into_owned();
                Listed { line, url, target: Err(text!("UTF-8이 아닙니다.", "it is not UTF-8.")) }
            }
        };
        if !each(Some(listed)) {
            break;
        }
    }
    Ok(())
}

/// Whether the list can be read only once.
pub fn is_stream(path: &Path) -> bool {
    path == Path::new("-") || path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Reads a list before anything is sent, and returns the number of URLs. An invalid one is an error.
pub fn check(path: &Path, mut each: impl FnMut(usize, &str) -> Result<()>) -> Result<usize> {
    let shown = path.display();
    let file = File::open(path).map_err(|e| cannot_read(path, &Text::same(e.to_string())))?;
    let (mut calls, mut wrong) = (0, None);
    lines(BufReader::new(file), |listed| {
        let Some(listed) = listed else { return true };
        let place = format!("--urls {shown}:{}:", listed.line);
        let good = listed.target.map_err(|why| target::refuse(&place, &listed.url, &why));
        wrong = good.and_then(|target| each(calls, &target.url)).err();
        calls += 1;
        wrong.is_none()
    })
    .map_err(|why| cannot_read(path, &why))?;
    match wrong {
        Some(error) => Err(error),
        None if calls == 0 => {
            Err(cannot_read(path, &text!("파일에 주소가 없습니다.", "the file contains no address.")))
        }
        None => Ok(calls),
    }
}

/// Starts to read a list. The receiver gets the URLs, and an error as the last item if the list could not be read to its end.
pub fn open(path: &Path) -> Result<mpsc::Receiver<Result<Vec<Listed>>>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let path = path.to_owned();
    let list: Box<dyn Read + Send> = match path == Path::new("-") {
        true => Box::new(io::stdin()),
        false => Box::new(File::open(&path).map_err(|e| cannot_read(&path, &Text::same(e.to_string())))?),
    };
    // A thread, because reading may block.
    let read = move || {
        let mut batch = Vec::new();
        let read = lines(BufReader::new(list), |listed| {
            // Lines are not kept back while the next one is awaited, for example from a program that writes them slowly.
            let is_due = listed.is_none() || batch.len() + 1 == BATCH;
            batch.extend(listed);
            !is_due || batch.is_empty() || sender.blocking_send(Ok(mem::take(&mut batch))).is_ok()
        });
        if !batch.is_empty() {
            let _ = sender.blocking_send(Ok(batch));
        }
        if let Err(why) = read {
            let _ = sender.blocking_send(Err(cannot_read(&path, &why)));
        }
    };
    thread::Builder::new().name("list".into()).spawn(read).map_err(|e| Error::no_thread(&e))?;
    Ok(receiver)
}

fn cannot_read(path: &Path, why: &Text) -> Error {
    let (path, ko, en) = (path.display(), &why.ko, &why.en);
    Error::usage(text!("--urls {path}: 읽을 수 없습니다: {ko}", "--urls {path}: cannot be read: {en}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(list: &[u8]) -> Vec<String> {
        let mut urls = Vec::new();
        lines(BufReader::new(list), |listed| {
            let Some(listed) = listed else { return true };
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
        assert!(lines(BufReader::new(&*utf16), |_| true).unwrap_err().en.contains("UTF-16"));
        assert!(lines(BufReader::new(&*vec![b'a'; 100_000]), |_| true).unwrap_err().en.contains("line 1 "));
    }
}
