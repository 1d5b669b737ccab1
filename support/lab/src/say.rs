//! The lines that the article's programs print, and the lanes that are drawn from them.
//!
//! A line of the article says *who* and then, in its last word, *what*: "스레드 0 시작". The first line of a thread, task or process
//! opens a span, the next one closes it, so that the timeline of a listing needs nothing but its output.

use std::io::{self, BufRead, BufReader, PipeWriter, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::escape::escape_controls;
use crate::lang::{self, Text};
use crate::terminal;
use crate::trace::{Lane, Span, State};

/// A line that was printed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Its time on [`clock::now`], in ns.
    pub at: u64,
    /// CPU time of the process that printed it, up to this line, in ns; `None` if it is not known.
    pub cpu: Option<u64>,
    /// The line, without its line end.
    pub text: Text,
}

/// Where lines go.
const TO_SCREEN: u8 = 0;
const TO_NOBODY: u8 = 1;
const TO_PARENT: u8 = 2;

static MODE: AtomicU8 = AtomicU8::new(TO_SCREEN);
static LOG: Mutex<Vec<Line>> = Mutex::new(Vec::new());
static RELAY: Mutex<Option<(PipeWriter, JoinHandle<()>)>> = Mutex::new(None);

/// Stops printing lines (`--json`); they are still recorded.
pub fn quietly() {
    MODE.store(TO_NOBODY, Ordering::Relaxed);
}

/// Sends lines to the parent process, which gave us [`end`] as standard output.
pub fn to_parent() {
    MODE.store(TO_PARENT, Ordering::Relaxed);
}

/// Prints a line and records it with its time. Use [`say!`](crate::say!).
pub fn line(text: Text) {
    let line = Line { at: clock::now(), cpu: clock::cpu(), text };
    match MODE.load(Ordering::Relaxed) {
        TO_PARENT => {
            let mut json = serde_json::to_string(&line).expect("strings and numbers");
            json.push('\n');
            // A single write, so that lines of several children do not mix. If the parent is gone, the lifeline ends us.
            let _ = io::stdout().write_all(json.as_bytes());
        }
        _ => print_and_record(line),
    }
}

fn print_and_record(line: Line) {
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    if MODE.load(Ordering::Relaxed) == TO_SCREEN {
        // Under the lock of the log, so that the screen and the log agree on the order.
        terminal::print(&format!("{}\n", escape_controls(&line.text.to_string())));
    }
    log.push(line);
}

/// Standard output for a child process: its lines are printed and recorded here, with the child's times.
pub fn end() -> io::Result<Stdio> {
    let mut relay = RELAY.lock().unwrap_or_else(PoisonError::into_inner);
    if relay.is_none() {
        let (reader, writer) = io::pipe()?;
        let listener = thread::spawn(move || {
            for said in BufReader::new(reader).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&said);
                print_and_record(line.unwrap_or_else(|_| Line { at: clock::now(), cpu: None, text: Text::same(said) }));
            }
        });
        *relay = Some((writer, listener));
    }
    let (writer, _) = relay.as_ref().expect("made above");
    Ok(Stdio::from(writer.try_clone()?))
}

/// All lines since the last call, in order of time. Children that were given [`end`] must have ended.
pub fn take() -> Vec<Line> {
    let relay = RELAY.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((writer, listener)) = relay {
        drop(writer); // the last writer: the listener reaches the end of the pipe
        let _ = listener.join();
    }
    let mut lines = std::mem::take(&mut *LOG.lock().unwrap_or_else(PoisonError::into_inner));
    lines.sort_by_key(|line| line.at);
    lines
}

/// The lines in the language of this process.
pub fn words(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line.text.get(lang::current()).to_owned()).collect()
}

/// The lanes that are drawn from the lines: the first line of a name opens a span in this state, the next closes it, and so on.
/// A name whose span is never closed has no lane.
pub fn lanes(lines: &[Line], state: State) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    let mut open: Vec<Option<u64>> = Vec::new();
    for line in lines {
        let who = Text { ko: all_but_last_word(&line.text.ko), en: all_but_last_word(&line.text.en) };
        let n = lanes.iter().position(|lane| lane.name == who).unwrap_or_else(|| {
            lanes.push(Lane { name: who, spans: Vec::new() });
            open.push(None);
            lanes.len() - 1
        });
        match open[n].take() {
            None => open[n] = Some(line.at),
            Some(start) => lanes[n].spans.push(Span { state, start, end: line.at }),
        }
    }
    lanes.retain(|lane| !lane.spans.is_empty());
    lanes.sort_by(|a, b| a.name.en.cmp(&b.name.en));
    lanes
}

/// The CPU time, in ns, that child processes took between their first and their last line; `None` if a line has no CPU time.
pub fn cpu_of_children(lines: &[Line]) -> Option<u64> {
    let mut spent: Vec<(String, u64, u64)> = Vec::new();
    for line in lines {
        let (who, cpu) = (all_but_last_word(&line.text.en), line.cpu?);
        match spent.iter_mut().find(|(known, ..)| *known == who) {
            Some((_, _, last)) => *last = cpu,
            None => spent.push((who, cpu, cpu)),
        }
    }
    Some(spent.iter().map(|(_, first, last)| last - first).sum())
}

fn all_but_last_word(line: &str) -> String {
    line.rsplit_once(' ').map_or(line, |(who, _)| who).to_owned()
}

/// `print` in two languages: prints the line in the reader's language, and records its time.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => { $crate::say::line($crate::text!($($words)*)) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    fn said(at: u64, n: u64, end: bool) -> Line {
        let text = if end {
            text!("스레드 {n} 완료", "Thread {n} done")
        } else {
            text!("스레드 {n} 시작", "Thread {n} started")
        };
        Line { at, cpu: None, text }
    }

    #[test]
    fn pairs_of_lines_become_lanes() {
        let lines = [said(0, 1, false), said(1, 0, false), said(5, 0, true), said(9, 1, true)];
        let lanes = lanes(&lines, State::WaitingForIo);
        let seen: Vec<(&str, u64, u64)> =
            lanes.iter().map(|l| (l.name.ko.as_str(), l.spans[0].start, l.spans[0].end)).collect();
        assert_eq!(seen, [("스레드 0", 1, 5), ("스레드 1", 0, 9)]);
    }

    #[test]
    fn cpu_time_of_children_is_added_up() {
        let mut lines = [said(0, 1, false), said(1, 0, false), said(5, 0, true), said(9, 1, true)];
        assert_eq!(cpu_of_children(&lines), None);
        for (line, cpu) in lines.iter_mut().zip([10, 20, 24, 18]) {
            line.cpu = Some(cpu);
        }
        assert_eq!(cpu_of_children(&lines), Some(4 + 8));
    }

    #[test]
    fn a_start_without_an_end_has_no_lane() {
        let lines = [said(0, 1, false), said(1, 0, false), said(5, 0, true)];
        assert_eq!(lanes(&lines, State::Running).len(), 1);
    }
}
