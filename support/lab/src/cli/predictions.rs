//! `--ask`: the questions before the run, and after it the answers beside what was seen.

use std::io::{self, IsTerminal, Write};

use crate::ask::{self, Question};
use crate::error::Result;
use crate::report::{Asked, Report, Seen};
use crate::terminal;
use crate::text;

/// The questions of an experiment, and the reader's answers.
pub(super) struct Predictions {
    questions: Vec<Question>,
    answers: Vec<usize>,
}

impl Predictions {
    /// Asks on standard input.
    pub(super) fn ask(questions: Vec<Question>) -> Result<Predictions> {
        let mut prompt = io::stdin().is_terminal().then(io::stderr);
        let prompt = prompt.as_mut().map(|out| out as &mut dyn Write);
        let answers = ask::ask(&questions, &mut io::stdin().lock(), prompt, terminal::canvas())?;
        Ok(Predictions { questions, answers: answers.ok_or_else(|| ask::missing(1))? })
    }

    /// What `report` and the further runs that the questions take show. Questions with the same run share it.
    pub(super) fn compare(
        self,
        report: &Report,
        mut run: impl FnMut(&'static [&'static str]) -> Result<Report>,
    ) -> Vec<Asked> {
        let mut runs: Vec<(&[&str], Result<Report>)> = Vec::new();
        let mut compare = |(question, answer): (&Question, usize)| {
            let Some(words) = question.also() else {
                return question.with_answer(answer, question.seen(report, report));
            };
            if runs.iter().all(|(known, _)| *known != words) {
                announce(words);
                runs.push((words, run(words)));
            }
            let also = runs.iter().find(|(known, _)| *known == words).map(|(_, run)| run);
            let seen = match also.expect("it ran above") {
                Ok(also) => question.seen(report, also),
                Err(error) => Seen::NotMeasured(error.text().clone()),
            };
            question.with_answer(answer, seen)
        };
        self.questions.iter().zip(self.answers).map(&mut compare).collect()
    }
}

/// A reader who waits is told for what.
fn announce(words: &[&str]) {
    let words = words.join(" ");
    if io::stdin().is_terminal() {
        terminal::complain(&text!(
            "질문에 답하기 위해 '{words}'도 실행합니다.",
            "Running '{words}' too, to answer a question."
        ));
    }
}
