//! `--ask`: the reader predicts before the program measures.
//!
//! An experiment declares its questions beside its options ([`Experiment::asks`](crate::cli::Experiment::asks)). No question knows its
//! right answer: it is read from the report of the run, or the run could not decide, and says why.

use std::collections::VecDeque;
use std::io::{BufRead, Read, Write};

use crate::claims::{self, Verdict};
use crate::error::{Error, Result};
use crate::lang::Text;
use crate::render::{Canvas, wrap};
use crate::report::asked::{Asked, Seen, letter};
use crate::report::{Measure, Report};
use crate::text;

/// The longest line that is read at once, in bytes.
const LONGEST: u64 = 1 << 12;

/// The option that came true and what was measured, or why the run could not decide.
pub type Outcome = std::result::Result<(usize, Text), Text>;

/// Reads it from the report of the run and that of the further run.
type FromReports = Box<dyn Fn(&Report, &Report) -> Outcome>;

/// A question with a few options, one of which a run shows to be true.
pub struct Question {
    words: Text,
    options: Vec<Text>,
    also: Option<&'static [&'static str]>,
    outcome: FromReports,
}

impl Question {
    /// A question that the experiment's own report answers.
    pub fn new(words: Text, options: Vec<Text>, outcome: impl Fn(&Report) -> Outcome + 'static) -> Question {
        Question { words, options, also: None, outcome: Box::new(move |report, _| outcome(report)) }
    }

    /// A question that takes a further run of the same program to answer, with these words on its command line. `outcome` is given both
    /// reports, that of the further run second.
    pub fn with_run(
        words: Text,
        options: Vec<Text>,
        also: &'static [&'static str],
        outcome: impl Fn(&Report, &Report) -> Outcome + 'static,
    ) -> Question {
        Question { words, options, also: Some(also), outcome: Box::new(outcome) }
    }

    /// The question itself.
    pub fn words(&self) -> &Text {
        &self.words
    }

    /// What can be answered.
    pub fn options(&self) -> &[Text] {
        &self.options
    }

    /// The further run that it takes.
    pub fn also(&self) -> Option<&'static [&'static str]> {
        self.also
    }

    /// What the run showed. `also`: the report of the further run, or the same report if the question takes none.
    pub fn seen(&self, report: &Report, also: &Report) -> Seen {
        match (self.outcome)(report, also) {
            Ok((option, evidence)) => Seen::Option { option, evidence },
            Err(why) => Seen::NotMeasured(why),
        }
    }

    /// The answer beside what was seen.
    pub fn with_answer(&self, answer: usize, seen: Seen) -> Asked {
        Asked { question: self.words.clone(), options: self.options.clone(), answer, seen }
    }
}

/// The first verdict on a claim, of whoever `on` accepts by English name: whether it holds, and the evidence. `Err` says why there is none.
pub fn verdict(report: &Report, claim: &str, on: impl Fn(&str) -> bool) -> Result<(bool, Text), Text> {
    let verdicts = || report.verdicts.iter().filter(|verdict| verdict.claim == claim && on(&verdict.on.en));
    let decided = |verdict: &Verdict| match &verdict.outcome {
        claims::Outcome::Holds => Some((true, verdict.evidence.clone())),
        claims::Outcome::DoesNotHold => Some((false, verdict.evidence.clone())),
        claims::Outcome::NotMeasured(_) => None,
    };
    let reason = |verdict: &Verdict| match &verdict.outcome {
        claims::Outcome::NotMeasured(why) => Some(why.clone()),
        _ => None,
    };
    let undecided = || verdicts().find_map(reason).unwrap_or_else(|| not_in_this_run(claim));
    verdicts().find_map(decided).ok_or_else(undecided)
}

/// A measurement of the report; `Err` says that there is none.
pub fn measure<'r>(report: &'r Report, id: &str) -> Result<&'r Measure, Text> {
    report.measure(id).filter(|measure| !measure.samples.is_empty()).ok_or_else(|| not_in_this_run(id))
}

/// Nothing by this name was measured.
pub fn not_in_this_run(what: &str) -> Text {
    text!("이번 실행에서는 측정하지 않았습니다: {what}", "this run did not measure it: {what}")
}

/// The questions on standard input: shown one after another if it is a terminal, else read without a word.
///
/// `None` if the input ended before the first answer. A terminal gets another try after a wrong answer; a wrong line in a file ends the
/// program, as a wrong option does.
pub fn ask(
    questions: &[Question],
    input: &mut impl BufRead,
    mut prompt: Option<&mut dyn Write>,
    canvas: Canvas,
) -> Result<Option<Vec<usize>>> {
    let (mut answers, mut words) = (Vec::new(), VecDeque::new());
    for (n, question) in questions.iter().enumerate() {
        show(question, n + 1, &mut prompt, canvas);
        loop {
            let Some(word) = next_word(input, &mut words)? else {
                if n == 0 {
                    return Ok(None);
                }
                return Err(missing(n + 1));
            };
            match (chosen(question, &word), &mut prompt) {
                (Some(option), _) => {
                    answers.push(option);
                    break;
                }
                // Without standard error there are no prompts, but answers still count.
                (None, Some(out)) => drop(writeln!(out, "{}", wrong(question, n + 1, &word))),
                (None, None) => return Err(Error::usage(wrong(question, n + 1, &word))),
            }
        }
    }
    Ok(Some(answers))
}

/// The error for a question without an answer.
pub fn missing(number: usize) -> Error {
    Error::usage(text!(
        "질문 {number}의 답이 없습니다. 표준 입력으로 질문마다 글자 하나를 주십시오.",
        "question {number} has no answer. Give a letter for each question on standard input."
    ))
}

fn wrong(question: &Question, number: usize, word: &str) -> Text {
    let last = letter(question.options.len() - 1);
    text!(
        "질문 {number}의 답 '{word}': a부터 {last}까지의 글자 하나를 주십시오.",
        "answer '{word}' to question {number}: give one letter from a to {last}."
    )
}

fn show(question: &Question, number: usize, prompt: &mut Option<&mut dyn Write>, canvas: Canvas) {
    let Some(out) = prompt else { return };
    let mut page = wrap(&format!("{number}. "), question.words.get(canvas.lang), canvas.width);
    for (option, words) in question.options.iter().enumerate() {
        page.push_str(&wrap(&format!("   {}) ", letter(option)), words.get(canvas.lang), canvas.width));
    }
    let _ = write!(out, "\n{page}? ").and_then(|()| out.flush());
}

/// The next answer. A line may hold one, or several letters with blanks between them.
fn next_word(input: &mut impl BufRead, words: &mut VecDeque<String>) -> Result<Option<String>> {
    while words.is_empty() {
        let mut line = Vec::new();
        input.take(LONGEST).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        let parts: Vec<&str> = line.split_whitespace().collect();
        if parts.iter().all(|part| part.chars().count() == 1) {
            words.extend(parts.into_iter().map(str::to_owned));
        } else {
            words.push_back(line);
        }
    }
    Ok(words.pop_front())
}

/// The option that an answer means: by its letter, or by its first word if only one option begins with it ("15" for "15 ms").
fn chosen(question: &Question, word: &str) -> Option<usize> {
    let word = word.trim_end_matches([')', '.']).to_lowercase();
    let by_letter = (0..question.options.len()).find(|option| letter(*option).to_string() == word);
    let begins = |text: &str| {
        let text = text.to_lowercase();
        text == word || text.split_whitespace().next() == Some(&*word)
    };
    let mut by_words = (0..question.options.len())
        .filter(|n| !word.is_empty() && (begins(&question.options[*n].ko) || begins(&question.options[*n].en)));
    by_letter.or_else(|| by_words.next().filter(|_| by_words.next().is_none()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Lang;

    const CANVAS: Canvas = Canvas { width: 40, colour: false, lang: Lang::En };

    fn questions() -> Vec<Question> {
        let options = || vec![Text::same("15 ms"), Text::same("20 ms"), text!("스레드 b", "thread b")];
        let by_shows = |report: &Report| Ok((report.shows.en.len(), Text::default()));
        vec![
            Question::new(text!("언제 끝납니까?", "When is it done?"), options(), by_shows),
            Question::new(text!("누가 쥡니까?", "Who holds it?"), options(), by_shows),
        ]
    }

    fn piped(input: &str) -> Result<Option<Vec<usize>>> {
        ask(&questions(), &mut input.as_bytes(), None, CANVAS)
    }

    #[test]
    fn answers_are_letters_or_the_beginning_of_an_option() {
        for input in ["a\nc\n", "a c\n", "A)\nC.", "15 ms\nthread b\n", "\n15\n\nc"] {
            assert_eq!(piped(input).unwrap(), Some(vec![0, 2]), "{input}");
        }
        assert_eq!(piped("").unwrap(), None);
        for (input, about) in [
            ("a\n", "question 2 has no answer"),
            ("a\nd\n", "'d' to question 2"),
            ("ms\n", "a to c"),
            ("\u{1b}[2J", "'"),
        ] {
            let error = piped(input).unwrap_err();
            assert!(error.code() == 2 && error.text().en.contains(about), "{input}: {error:?}");
        }
    }

    #[test]
    fn a_terminal_shows_the_questions_and_gets_another_try() {
        let mut shown = Vec::new();
        let answers = ask(&questions(), &mut "x\nb\na\n".as_bytes(), Some(&mut shown), CANVAS).unwrap();
        let shown = String::from_utf8(shown).unwrap();
        assert_eq!(answers, Some(vec![1, 0]));
        assert!(shown.contains("1. When is it done?\n   a) 15 ms\n") && shown.contains("2. Who holds it?"), "{shown}");
        assert_eq!(shown.matches("'x'").count(), 1, "{shown}");
    }

    #[test]
    fn what_came_true_is_read_from_the_report() {
        let report = Report { shows: Text::same("12"), ..Report::default() };
        let question = &questions()[0];
        let right = |answer| question.with_answer(answer, question.seen(&report, &report)).is_right();
        assert_eq!((right(2), right(0)), (Some(true), Some(false)));
        assert_eq!(question.with_answer(0, Seen::NotMeasured(Text::default())).is_right(), None);
    }
}
