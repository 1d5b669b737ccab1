use lab::text;
use serde_json::Value;

use super::super::sheet::{Grade, Mark, Sheet};
use super::*;

/// Two submissions of one lab. The name and the texts of the second are an attack on each format.
fn sheet() -> Sheet {
    let mark = |promise: &str, points, seen| Mark {
        promise: promise.into(),
        title: text!("약속", "a promise"),
        points,
        most: 2,
        seen,
    };
    let grade = |submission: &str, marks, refused| Grade {
        submission: submission.into(),
        lab: "01-five-waits".into(),
        file: format!("{submission}/01.rs"),
        with: "rust".into(),
        marks,
        refused,
        notes: Vec::new(),
        seconds: 1.25,
    };
    let evil = text!("나쁨\n::error::가짜,\"따옴표\"|<script>", "bad\n::error::forged,\"quoted\"|<script>\u{1b}[2J");
    Sheet {
        grades: vec![
            grade("alice", vec![mark("all", 2, None), mark("once", 0, Some(text!("두 번", "seen twice")))], None),
            grade(
                "=evil|,::%",
                vec![mark("all", 0, Some(evil.clone())), mark("once", 0, Some(evil.clone()))],
                Some(evil),
            ),
        ],
        missing: 0,
        unguarded: Vec::new(),
    }
}

#[test]
fn the_table_has_a_row_for_each_submission_and_nothing_that_moves_the_cursor() {
    let table = document(&sheet(), Format::Table).unwrap();
    let row = table.lines().find(|line| line.starts_with("alice ")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["alice", "rust", "2", "–", "2/4"]);
    assert!(!table.contains('\u{1b}'), "{table}");
    assert!(!table.lines().any(|line| line.starts_with("::")), "{table}");
}

#[test]
fn no_cell_of_the_csv_is_a_formula_or_leaves_its_column() {
    let csv = document(&sheet(), Format::Csv).unwrap();
    assert!(csv.starts_with("submission,lab,with,promise,points,most,seen\r\n"));
    assert!(csv.contains("\r\nalice,01-five-waits,rust,once,0,2,"), "{csv}");
    assert!(csv.contains("\r\nalice,01-five-waits,rust,total,2,4,\r\n"), "{csv}");
    assert!(csv.contains("\r\n\"'=evil|,::%\","), "{csv}");
    assert!(csv.contains("\"\"") && !csv.contains("\r\n="), "{csv}");
}

#[test]
fn gradescope_gets_a_test_for_each_promise_and_a_document_for_each_submission() {
    let documents = results(&sheet());
    assert_eq!(documents.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["alice", "=evil|,::%"]);
    let alice: Value = serde_json::from_str(&documents[0].1).unwrap();
    assert_eq!(alice["score"], 2);
    let tests = alice["tests"].as_array().unwrap();
    let of = |key: &str| tests.iter().map(|test| test[key].clone()).collect::<Vec<_>>();
    assert_eq!(of("score"), [2, 0]);
    assert_eq!(of("max_score"), [2, 2]);
    assert_eq!(of("status"), ["passed", "failed"]);
    assert_eq!(of("number"), ["1.1", "1.2"]);
    assert!(tests.iter().all(|test| test["name"].as_str().unwrap().starts_with("01-five-waits ")));
    assert_eq!(document(&sheet(), Format::Gradescope).unwrap_err().code(), 2);
}

#[test]
fn no_submission_writes_a_workflow_command_of_its_own() {
    let commands = document(&sheet(), Format::Github).unwrap();
    let lines: Vec<&str> = commands.lines().collect();
    // One broken promise of the first; of the second, which was refused, one line; and the points of each.
    assert_eq!(lines.len(), 4, "{commands}");
    assert!(lines.iter().all(|line| line.starts_with("::error file=") || line.starts_with("::notice title=")));
    assert!(
        lines[2].contains("%0A::error::") && lines[2].contains("file==evil|%2C%3A%3A%25/01.rs,title="),
        "{commands}"
    );
    let summary = github::summary(&sheet());
    assert!(summary.contains("| alice | 2/2 | 0/2 | **2/4** |"), "{summary}");
    assert!(!summary.contains("<script>") && !summary.contains("evil|"), "{summary}");
}

#[test]
fn the_reporter_of_github_classroom_finds_its_fields() {
    let document = github::classroom_document(&sheet());
    assert_eq!((document["max_score"].as_u64(), document["status"].as_str()), (Some(8), Some("error")));
    let scores: Vec<u64> = document["tests"].as_array().unwrap().iter().map(|t| t["score"].as_u64().unwrap()).collect();
    assert_eq!(scores, [2, 0, 0, 0]);
}
