//! A problem in the terminal.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use lab::ask::{self, Question};
use lab::lang::{self, Text};
use lab::render::wrap;
use lab::report::asked::letter;
use lab::report::{Front, Report, Table};
use lab::trace::Trace;
use lab::{Result, say, terminal, text};

use super::problem::Problem;
use super::scenario::name;

/// A problem: asked on standard input, or with its answers.
pub fn of_problem(problem: &Problem, reveal: bool) -> Result<Report> {
    let mut report = Report::new("exercises/predict");
    print(problem);
    let questions: Vec<Question> = problem.items.iter().map(|item| item.question()).collect();
    let is_terminal = io::stdin().is_terminal();
    if !is_terminal || reveal {
        print_questions(problem);
    }
    report.lines = say::words(&say::take());
    let (level, seed) = (problem.level, problem.seed);
    let again = text!("시드 {seed}, 난이도 {level}.", "Seed {seed}, level {level}.");
    if reveal {
        report.traces = vec![Trace { title: problem.scenario.described(), ..problem.outcome.trace.clone() }];
        report.tables = vec![key(problem)];
        report.front = vec![Front::Table(0), Front::Trace(0)];
        report.shows = again;
        return Ok(report);
    }
    let mut prompt = is_terminal.then(io::stderr);
    let prompt = prompt.as_mut().map(|out| out as &mut dyn Write);
    let Some(answers) = ask::ask(&questions, &mut io::stdin().lock(), prompt, terminal::canvas())? else {
        let (ko, en) = (again.ko, again.en);
        report.shows = text!(
            "{ko} 답은 표준 입력으로 질문마다 글자 하나를 주십시오. `--answer`는 답과 그림을 보여 줍니다.",
            "{en} Answer with a letter for each question on standard input. `--answer` shows the answers and the lanes."
        );
        return Ok(report);
    };
    report.asked = questions
        .iter()
        .zip(answers)
        .map(|(question, answer)| question.with_answer(answer, question.seen(&report, &report)))
        .collect();
    let right = report.asked.iter().filter(|asked| asked.is_right() == Some(true)).count();
    let (all, ko, en) = (questions.len(), again.ko, again.en);
    report.shows = text!(
        "{ko} {all}개 가운데 {right}개를 맞혔습니다. `--seed {seed} --level {level} --answer`는 그림을 보여 줍니다.",
        "{en} {right} of {all} are right. `--seed {seed} --level {level} --answer` shows the lanes."
    );
    Ok(report)
}

/// The scenario, in lines.
fn print(problem: &Problem) {
    let (scenario, lang) = (&problem.scenario, lang::current());
    paragraph("", scenario.described().get(lang));
    say::line(Text::default());
    for thread in 0..scenario.threads.len() {
        paragraph(&format!("  {}  ", name(thread)), scenario.does(thread).get(lang));
    }
    say::line(Text::default());
    paragraph("", scenario.rules().get(lang));
}

fn print_questions(problem: &Problem) {
    let lang = lang::current();
    for (n, item) in problem.items.iter().enumerate() {
        say::line(Text::default());
        paragraph(&format!("{}. ", n + 1), item.words.get(lang));
        for (option, words) in item.options.iter().enumerate() {
            paragraph(&format!("   {}) ", letter(option)), words.get(lang));
        }
    }
}

fn paragraph(head: &str, words: &str) {
    wrap(head, words, terminal::width()).lines().for_each(|line| say::line(Text::same(line)));
}

/// The right answers.
fn key(problem: &Problem) -> Table {
    let row = |(n, item): (usize, &super::problem::Item)| {
        let (answer, option) = (letter(item.answer), &item.options[item.answer]);
        let (ko, en) = (&option.ko, &option.en);
        vec![Text::same((n + 1).to_string()), text!("{answer}) {ko}", "{answer}) {en}"), item.evidence.clone()]
    };
    Table {
        title: text!("답", "The answers"),
        head: vec![text!("질문", "question"), text!("답", "answer"), text!("시뮬레이터", "simulator")],
        rows: problem.items.iter().enumerate().map(row).collect(),
    }
}

/// What was written.
pub fn of_sheet(problems: &[Problem], path: &Path) -> Report {
    let mut report = Report::new("exercises/predict");
    let (n, path) = (problems.len(), path.display());
    report.shows = text!(
        "문제 {n}개와 답을 {path}에 썼습니다. 브라우저에서 열어 인쇄하십시오. 답은 문제 뒤의 새 쪽에서 시작합니다.",
        "{n} problems and their key are in {path}. Print it from a browser: the key begins on a new page behind the problems."
    );
    report
}
