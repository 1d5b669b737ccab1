//! A schedule as a short string: who went on, one turn after another.
//!
//! A turn is a thread's letter, `a` to `z` and `A` to `Z`, in the order in which the threads were made, peers last. `!` before
//! it: its timed wait ended by its time. `*` behind it: in this turn it signalled, and the newest waiter, still on the way to
//! sleep, took the signal from the longest.

use std::fmt;

use lab::lang::Text;
use lab::text;

use super::ids::Tid;

/// Turns that are kept.
const MOST: usize = 100_000;
/// Threads that have a letter.
const LETTERS: usize = 52;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who goes on.
    pub thread: Tid,
    /// Because its wait was over.
    pub by_time: bool,
    /// Its signal goes to the newest waiter.
    pub overtakes: bool,
}

/// The turns of a run, from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule(Vec<Turn>);

impl Schedule {
    /// Writes down that a turn begins.
    pub fn begin(&mut self, turn: Turn) {
        if self.0.len() < MOST {
            self.0.push(turn);
        }
    }

    /// Writes down that the newest waiter took this turn's signal.
    pub fn overtakes(&mut self) {
        if self.0.len() < MOST
            && let Some(last) = self.0.last_mut()
        {
            last.overtakes = true;
        }
    }

    pub fn turns(&self) -> &[Turn] {
        &self.0
    }

    /// Reads one; blanks are skipped. What is wrong, and at which turn, if it is none.
    pub fn read(words: &str) -> Result<Schedule, Text> {
        let mut turns: Vec<Turn> = Vec::new();
        let mut by_time = false;
        for c in words.chars().filter(|c| !c.is_whitespace()) {
            let number = turns.len() + 1;
            match c {
                '!' if !by_time => by_time = true,
                '*' if !by_time && turns.last().is_some_and(|turn| !turn.overtakes) => {
                    turns.last_mut().expect("looked at above").overtakes = true;
                }
                'a'..='z' | 'A'..='Z' => {
                    turns.push(Turn { thread: thread_of(c), by_time, overtakes: false });
                    by_time = false;
                }
                _ => {
                    return Err(text!(
                        "{number}번째 차례: '{c}'는 여기 올 수 없습니다. a–z, A–Z, 앞에 !, 뒤에 *만 씁니다",
                        "turn {number}: '{c}' cannot stand here. Use a–z, A–Z, ! before, * behind"
                    ));
                }
            }
        }
        if by_time {
            let number = turns.len() + 1;
            return Err(text!("{number}번째 차례: ! 뒤에 글자가 없습니다", "turn {number}: no letter after !"));
        }
        Ok(Schedule(turns))
    }
}

fn thread_of(letter: char) -> Tid {
    let letter = letter as u8;
    usize::from(if letter >= b'a' { letter - b'a' } else { letter - b'A' + 26 })
}

/// The letter of a thread; None beyond the last.
pub fn letter(thread: Tid) -> Option<char> {
    let n = u8::try_from(thread).ok().filter(|n| usize::from(*n) < LETTERS)?;
    Some(char::from(if n < 26 { b'a' + n } else { b'A' + n - 26 }))
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, behind) = (if self.by_time { "!" } else { "" }, if self.overtakes { "*" } else { "" });
        write!(f, "{before}{}{behind}", letter(self.thread).unwrap_or('?'))
    }
}

/// Nothing where a thread has no letter.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.iter().any(|turn| letter(turn.thread).is_none()) {
            return Ok(());
        }
        self.0.iter().try_for_each(|turn| turn.fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let words = "ab!c*aZ!Z";
        let schedule = Schedule::read(words).unwrap();
        assert_eq!(schedule.to_string(), words);
        assert_eq!(schedule.turns()[2], Turn { thread: 2, by_time: true, overtakes: true });
        assert_eq!(schedule.turns()[4].thread, 51);
        assert_eq!(Schedule::read(" a b\n").unwrap().to_string(), "ab");
        assert_eq!(letter(52), None);
    }

    #[test]
    fn what_is_none_says_where() {
        for (bad, turn) in [
            ("ab1", "turn 3"),
            ("*a", "turn 1"),
            ("a**", "turn 2"),
            ("a!", "turn 2"),
            ("a!!b", "turn 2"),
            ("a!*", "turn 2"),
        ] {
            let wrong = Schedule::read(bad).unwrap_err();
            assert!(wrong.en.starts_with(turn), "{bad}: {wrong:?}");
        }
    }
}
