//! A sheet to hand out: problems, and their key on pages of its own.

use askama::Template;
use lab::lang;
use lab::lang::{Lang, Text};
use lab::render::svg::svg;
use lab::report::asked::letter;
use lab::text;
use lab::trace::Trace;

use super::problem::{Problem, QUESTIONS};
use super::scenario::name;

#[derive(Template)]
#[template(path = "sheet.html")]
struct Sheet {
    lang: &'static str,
    title: String,
    who: String,
    key: String,
    problems: Vec<Sheeted>,
}

/// A problem in words.
struct Sheeted {
    title: String,
    described: String,
    threads: Vec<(String, String)>,
    rules: String,
    questions: Vec<(String, Vec<(char, String)>)>,
    answers: Vec<(char, String, String)>,
    lanes: String,
}

/// The sheet in the reader's language.
pub fn html(problems: &[Problem]) -> String {
    let lang = lang::current();
    let own = |text: &Text| text.get(lang).to_owned();
    let level = problems.first().map_or(1, |problem| problem.level);
    let sheet = Sheet {
        lang: lang.code(),
        title: own(&text!("예측 문제, 난이도 {level}", "Problems to predict, level {level}")),
        who: own(&text!("이름:", "Name:")),
        key: own(&text!("답", "The key")),
        problems: problems.iter().enumerate().map(|(n, problem)| sheeted(n + 1, problem, lang)).collect(),
    };
    sheet.render().expect("a template without fallible filters")
}

fn sheeted(number: usize, problem: &Problem, lang: Lang) -> Sheeted {
    let own = |text: &Text| text.get(lang).to_owned();
    let (scenario, seed) = (&problem.scenario, problem.seed);
    let trace = Trace { title: Text::default(), ..problem.outcome.trace.clone() };
    let options = |n: usize| -> Vec<(char, String)> {
        problem.items[n].options.iter().enumerate().map(|(option, words)| (letter(option), own(words))).collect()
    };
    let answer = |n: usize| {
        let item = &problem.items[n];
        (letter(item.answer), own(&item.options[item.answer]), own(&item.evidence))
    };
    Sheeted {
        title: own(&text!("문제 {number} (시드 {seed})", "Problem {number} (seed {seed})")),
        described: own(&scenario.described()),
        threads: (0..scenario.threads.len()).map(|n| (name(n), own(&scenario.does(n)))).collect(),
        rules: own(&scenario.rules()),
        questions: (0..QUESTIONS).map(|n| (own(&problem.items[n].words), options(n))).collect(),
        answers: (0..QUESTIONS).map(answer).collect(),
        lanes: svg(&[&trace], &[], lang).to_string(),
    }
}
