//! Asks the reader for one turn after another on standard input.

use std::io::{self, BufRead, Read, Write};

use lab::lang::Text;
use lab::{Result, terminal, text};

use super::session::{Session, words};
use crate::sim::{Schedule, letter};

/// The longest line that is read at once, in bytes: input without an end is taken in pieces.
const LONGEST: u64 = 1 << 16;

impl Session {
    /// Asks on standard input until its end.
    pub(super) fn ask(&mut self) -> Result<()> {
        tell(&text!(
            "다음 차례를 고르십시오. 글자: 그 스레드를 한 단계 실행, !글자: 그 스레드의 대기 시간 만료,\nu: 되돌리기, q: 끝내기",
            "Choose the next turn. A letter: that thread runs; ! and a letter: its timed wait ends;\nu: undo; q: quit"
        ));
        self.show();
        let mut input = io::stdin().lock();
        while let Some(line) = line_of(&mut input)? {
            let word = line.trim();
            match word {
                "q" if !self.is_choice(word) => break,
                "u" if !self.is_choice(word) => {
                    if !self.stepper.undo() {
                        tell(&text!("되돌릴 차례가 없습니다.", "There is no turn to undo."));
                    }
                }
                "" => {}
                _ => self.turns_of(word),
            }
            self.show();
        }
        Ok(())
    }

    /// Whether a word is a possible turn: a thread may be called u or q.
    fn is_choice(&self, word: &str) -> bool {
        self.stepper.choices().iter().any(|turn| turn.to_string() == word)
    }

    fn turns_of(&mut self, word: &str) {
        match Schedule::read(word) {
            Err(what) => terminal::complain(&what),
            Ok(schedule) => {
                for turn in schedule.turns() {
                    if !self.go(*turn) {
                        return terminal::complain(&self.why_not(*turn));
                    }
                }
            }
        }
    }

    /// One line a thread, and what can be chosen.
    fn show(&self) {
        let mut page = String::new();
        for (thread, name) in self.names.iter().enumerate() {
            let asked = if self.stepper.requested(thread) {
                text!(" · GIL 요청을 받음", " · asked for the GIL")
            } else {
                Text::default()
            };
            let letter = letter(thread).unwrap_or('?');
            page.push_str(&format!("  {letter}  {name}: {}{asked}\n", words(self.stepper.phase(thread))));
        }
        let (number, choices) = (self.stepper.turns().len() + 1, self.choices());
        page.push_str(&format!("{number}. {choices} ?"));
        tell(&Text::same(page));
    }
}

/// The next line; None at the end. Bytes that are not UTF-8 are no turn and are refused as one.
fn line_of(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    input.take(LONGEST).read_until(b'\n', &mut line)?;
    Ok((!line.is_empty()).then(|| String::from_utf8_lossy(&line).into_owned()))
}

/// To standard error: standard output is for the report.
fn tell(words: &Text) {
    // Without standard error there are no prompts, but input still counts.
    let _ = writeln!(io::stderr(), "{words}");
}
