//! `--ask`: the questions are those of the book's page, and the report has the answers beside what was seen.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use harness::{Done, finish, start};
use lab::lang::{Text, has_hangul};
use lab::report::{Report, Seen};
use tests::run::{SECTIONS, command, run};
use tests::workspace::workspace;
use unicode_width::UnicodeWidthStr;

/// A program with options that keep it short, its page, and the words that stand before the questions in both languages.
type Asking = (&'static str, &'static [&'static str], &'static str, (&'static str, &'static str));

const HEADING: (&str, &str) = ("## 실행하기 전에 답할 질문 셋", "## Three questions to answer before you run it");
const KITCHENS: (&str, &str) = ("먼저 질문 셋에 답해 보십시오.", "Three questions first:");

const ASKING: [Asking; 8] = [
    ("kitchen", &["--seconds", "0.001"], "difference", KITCHENS),
    ("native", &["--iterations", "1000"], "native", HEADING),
    ("threading", &["--seconds", "0.2"], "threading", HEADING),
    ("asyncio", &["--seconds", "0.2"], "asyncio", HEADING),
    ("multiprocessing", &["--iterations", "100000"], "multiprocessing", HEADING),
    ("mutex", &["--iterations", "1000", "--rounds", "100"], "mutex", HEADING),
    ("gil-sim", &["--iterations", "20000000"], "gil", HEADING),
    (
        "compare",
        &["--rounds", "1", "--waiting", "3", "--jobs", "2", "--iterations", "100000", "--calls", "5", "--reads", "1"],
        "compare",
        HEADING,
    ),
];

fn answered(program: &str, args: &[&str], answers: &str) -> Done {
    let mut child = start(command(program, args).stdin(Stdio::piped()));
    // The program may refuse a wrong answer before it has read all of them.
    let _ = child.stdin.take().unwrap().write_all(answers.as_bytes());
    finish(child)
}

/// The numbered list behind these words, each item on one line, without emphasis.
fn list_behind(page: &str, words: &str) -> Vec<String> {
    let behind = page.split_once(words).unwrap_or_else(|| panic!("no {words}")).1;
    let mut items: Vec<String> = Vec::new();
    for line in behind.lines().skip_while(|line| !line.starts_with("1. ")) {
        match line.split_once(". ").filter(|(number, _)| number.parse::<usize>().is_ok()) {
            Some((_, item)) => items.push(item.to_owned()),
            None if line.is_empty() => break,
            None => items.last_mut().unwrap().push_str(&format!(" {}", line.trim())),
        }
    }
    items.into_iter().map(|item| item.replace("**", "")).collect()
}

#[test]
fn the_program_asks_what_its_page_asks() {
    // The reader's own program has no known questions, and on a page nobody is asked in the terminal.
    let asks = |program: &&str| !["choose", "workbench"].contains(program);
    assert_eq!(
        ASKING.map(|(program, ..)| program),
        *SECTIONS.iter().copied().filter(|program| asks(program)).collect::<Vec<_>>()
    );
    for (program, args, page, (ko, en)) in ASKING {
        let done = answered(program, &[args, &["--ask", "--json", "--no-python"]].concat(), "a\nb\na\n").ends_with(0);
        assert_eq!(done.err, "", "{program}: without a terminal nobody is prompted");
        let report: Report = serde_json::from_str(&done.out).unwrap();
        let asked = |of: fn(&Text) -> &str| report.asked.iter().map(|one| of(&one.question)).collect::<Vec<_>>();
        let on_page = |lang: &str, words| {
            let path = workspace().join(format!("docs/src/{lang}/{page}.md"));
            list_behind(&fs::read_to_string(path).unwrap(), words)
        };
        assert_eq!(asked(|text| &text.ko), on_page("ko", ko), "{program}");
        assert_eq!(asked(|text| &text.en), on_page("en", en), "{program}");
        assert_eq!(report.asked.iter().map(|one| one.answer).collect::<Vec<_>>(), [0, 1, 0], "{program}");
        for one in &report.asked {
            assert!(one.options.len() >= 2, "{program}: {one:?}");
            assert!(one.options.iter().all(|option| !has_hangul(&option.en)), "{program}: {one:?}");
            let seen = match &one.seen {
                Seen::Option { option, evidence } => {
                    assert!(*option < one.options.len(), "{program}: {one:?}");
                    evidence
                }
                Seen::NotMeasured(why) => why,
            };
            assert!(!seen.ko.is_empty() && !seen.en.is_empty(), "{program}: {one:?}");
        }
    }
    assert_eq!(list_behind("x\n1. a\n   b\n2. **c**\n\n3. d", "x"), ["a b", "c"]);
}

#[test]
fn the_outcome_is_that_of_the_run() {
    let asked = |program, args: &[&str], answers| -> Vec<Option<bool>> {
        let done = answered(program, &[args, &["--ask", "--json", "--no-python"]].concat(), answers).ends_with(0);
        let report: Report = serde_json::from_str(&done.out).unwrap();
        report.asked.iter().map(|one| one.is_right()).collect()
    };
    // The further run of `fetch` measures the third; without a Python nothing can be said about the first.
    let threads = asked("threading", &["--seconds", "0.1"], "a b b");
    assert_eq!(threads[0], None);
    assert!(threads[2].is_some(), "{threads:?}");
    // On any machine: more bars than one core can compute at once, and a thread whose work is shorter than the interval.
    assert_eq!(asked("gil-sim", &["--iterations", "20000000", "--interval", "10"], "b c a")[1], Some(true));
    assert_eq!(asked("gil-sim", &["--iterations", "20000000", "--interval", "10"], "b a a")[1], Some(false));
    assert!(asked("threading", &["fetch", "--delay", "0.01"], "b")[0].is_some(), "fetch asks its own question");
}

#[test]
fn the_page_has_the_answers_and_fits() {
    for lang in ["ko", "en"] {
        for (columns, answers) in [("20", "a b b"), ("20", "b a a"), ("80", "a b b")] {
            let args = ["--seconds", "0.05", "--no-python", "--ask", "--lang", lang];
            let mut child = start(command("threading", &args).env("COLUMNS", columns).stdin(Stdio::piped()));
            // With both answers to a question one of them is not as predicted, which has the widest mark.
            child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
            let page = finish(child).ends_with(0).out;
            let most: usize = columns.parse().unwrap();
            assert!(page.lines().all(|line| line.width() <= most), "{page}");
            let not_measured = if lang == "ko" { "[측정하지 않음]" } else { "[not measured]" };
            assert!(page.contains("\n1. ") && page.contains("\n3. ") && page.contains(not_measured), "{page}");
        }
    }
}

#[test]
fn wrong_answers_are_one_line() {
    for (answers, about) in
        [("", "question 1 has no answer"), ("a\n", "question 2"), ("a b d9\n", "a b d9"), ("x y z", "'x'")]
    {
        let done = answered("threading", &["--ask", "--lang", "en", "--no-python"], answers).ends_with(2);
        assert!(done.out.is_empty() && done.err.lines().count() == 1 && done.err.contains(about), "{done:?}");
    }
    assert!(run("threading", &["stack", "--ask", "--lang", "en"]).ends_with(2).err.contains("no option '--ask'"));
}
