//! What this program does when it has started itself again. Who calls our experiments from another program must be able to
//! do the same.

use std::io::{self, Read, Write};

use lab::cli::{Declared, Kind, Section, opt};
use lab::lang::Text;
use lab::terminal;

use crate::article;
use crate::translate::{modes, sentences};
use crate::work;

/// A process of the article's listing.
pub const TASK: &str = "process-task";
/// A process that does one share of `cpu`.
pub const COUNT: &str = "process-count";
/// A process that sends back what it is sent, until its input ends.
pub const ECHO: &str = "process-echo";
/// A process that translates in one mode and prints a report.
pub const TRANSLATE: &str = "process-translate";
/// The largest message that is sent back, in bytes.
const MOST_BYTES: u64 = 1 << 30;
/// The most turns that a process is given; the sum of so many numbers fits well into 128 bits.
pub const MOST_TURNS: u64 = 1_000_000_000_000;

/// Adds the work of our child processes to a program.
#[must_use]
pub fn join(section: Section) -> Section {
    let turns = || opt("turns", Kind::Count(1, MOST_TURNS), "1", Text::default());
    let name = opt("name", Kind::Count(0, 4), "0", Text::default());
    section
        .child(TASK, vec![name, turns()], |a| {
            article::process_task(a.count("name"), a.count("turns"));
            Ok(())
        })
        .child(COUNT, vec![turns()], |a| {
            terminal::print(&work::count(a.count("turns")).to_lines());
            Ok(())
        })
        .child(TRANSLATE, translate_options(), |a| {
            let word = |name| a.word(name).unwrap_or_default();
            let sentences = sentences::read(&sentences::unspell(word("file"))?)?;
            terminal::print(&modes::run(word("mode"), &sentences, a.size("workers"))?.to_json());
            Ok(())
        })
        .child_on_pipes(ECHO, vec![opt("size", Kind::Count(1, MOST_BYTES), "1", Text::default())], |a| {
            // A parent that stopped listening is no error of ours: there is nobody left to tell.
            let _ = echo(a.size("size"));
            Ok(())
        })
}

fn translate_options() -> Vec<Declared> {
    let option = |name, kind, default| opt(name, kind, default, Text::default());
    vec![
        option("mode", Kind::Choice(&modes::MODES), modes::MODES[0]),
        option("file", Kind::Word, "?"),
        option("workers", Kind::Count(1, 64), "1"),
    ]
}

/// Reads messages of `size` bytes from standard input and writes them back, until the input ends.
fn echo(size: usize) -> io::Result<()> {
    let mut message = vec![0; size];
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while input.read_exact(&mut message).is_ok() {
        output.write_all(&message).and_then(|()| output.flush())?;
    }
    Ok(())
}
