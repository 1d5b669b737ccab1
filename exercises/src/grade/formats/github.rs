//! GitHub Actions and GitHub Classroom.
//!
//! - Annotations are workflow commands on standard output, and the summary is Markdown in the file `GITHUB_STEP_SUMMARY`:
//!   <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>. The escapes are those of
//!   `@actions/core`. GitHub shows ten annotations of a kind per step, so the summary has them all.
//! - The reporter of GitHub Classroom reads the step's output `result`, base64 of a JSON document with `max_score` and `tests`
//!   (`status`, `score`, `name`, `message`): <https://github.com/classroom-resources/autograding-grading-reporter>.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lab::{Error, Result, text};
use serde_json::{Value, json};

use super::super::sheet::{Grade, Sheet};

/// A line for each broken promise, and one for each submission's points.
pub fn commands(sheet: &Sheet) -> String {
    sheet.grades.iter().map(commands_of).collect()
}

fn commands_of(grade: &Grade) -> String {
    let file = property(&grade.file);
    let broken = grade.remarks().map(|(mark, seen)| {
        let title = mark.map_or_else(
            || text!("채점하지 못했습니다", "not run").to_string(),
            |mark| format!("{}: {}", mark.promise, mark.title),
        );
        let title = property(&format!("{}: {title}", grade.lab));
        format!("::error file={file},title={title}::{}\n", data(&seen.to_string()))
    });
    let title = property(&format!("{}: {}", grade.submission, grade.lab));
    let sum = format!("::notice title={title}::{}/{}\n", grade.points(), grade.most());
    broken.chain([sum]).collect()
}

/// The message of a command ends with the line.
fn data(words: &str) -> String {
    words.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property ends with a comma, and all of them with two colons.
fn property(words: &str) -> String {
    data(words).replace(':', "%3A").replace(',', "%2C")
}

/// Adds the summary and the result to the files that the runner names; outside of GitHub Actions there are none.
pub fn hand_over(sheet: &Sheet) -> Result<()> {
    let documents =
        [("GITHUB_STEP_SUMMARY", summary(sheet)), ("GITHUB_OUTPUT", format!("result={}\n", classroom(sheet)))];
    for (variable, document) in documents {
        let Some(path) = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from) else { continue };
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| file.write_all(document.as_bytes())).map_err(|e| {
            let name = path.display();
            Error::failed(text!("{name}: 쓸 수 없습니다: {e}", "{name}: cannot be written: {e}"))
        })?;
    }
    Ok(())
}

/// A Markdown table for each lab, and what was seen.
pub(super) fn summary(sheet: &Sheet) -> String {
    let mut page = String::new();
    for (lab, grades) in sheet.by_lab() {
        let Some(first) = grades.first() else { continue };
        let submission = text!("제출물", "submission").to_string();
        let points = text!("점수", "points").to_string();
        let ids = first.marks.iter().map(|mark| cell(&mark.promise));
        let head: Vec<String> = [submission].into_iter().chain(ids).chain([points]).collect();
        page += &format!("## {}\n\n| {} |\n|{}\n", cell(lab), head.join(" | "), "---|".repeat(head.len()));
        for grade in &grades {
            let marks = grade.marks.iter().map(|mark| format!("{}/{}", mark.points, mark.most)).collect::<Vec<_>>();
            let sum = format!("**{}/{}**", grade.points(), grade.most());
            page += &format!("| {} | {} | {sum} |\n", cell(&grade.submission), marks.join(" | "));
        }
        page += "\n";
        for grade in grades {
            for (mark, seen) in grade.remarks() {
                let of = mark.map_or("", |mark| &mark.promise);
                page += &format!("- {} {}: {}\n", cell(&grade.submission), cell(of), cell(&seen.to_string()));
            }
        }
        page += "\n";
    }
    page
}

/// Words of others as plain text in a cell: no Markdown, no HTML, no new line.
fn cell(words: &str) -> String {
    let mut shown = String::new();
    for c in words.trim().chars() {
        match c {
            '\n' => shown += "<br>",
            c if c.is_control() => {}
            '&' => shown += "&amp;",
            '<' => shown += "&lt;",
            '>' => shown += "&gt;",
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '#' | '~' | '@' | '$' => {
                shown += &format!("&#{};", c as u32)
            }
            c => shown.push(c),
        }
    }
    shown
}

/// What the reporter reads, in base64. `status` is `pass`, `fail` or, if something was refused, `error`.
fn classroom(sheet: &Sheet) -> String {
    STANDARD.encode(classroom_document(sheet).to_string())
}

pub(super) fn classroom_document(sheet: &Sheet) -> Value {
    let test = |grade: &Grade, mark: &super::super::sheet::Mark| {
        json!({
            "name": format!("{} {}: {}", grade.submission, grade.lab, mark.promise),
            "status": if mark.is_kept() { "pass" } else { "fail" },
            "score": mark.points,
            "max_score": mark.most,
            "message": mark.seen.as_ref().map(ToString::to_string).unwrap_or_default(),
            "test_code": mark.title.to_string(),
            "filename": grade.file,
            "line_no": 0,
            "execution_time": 0,
        })
    };
    let tests: Vec<Value> =
        sheet.grades.iter().flat_map(|grade| grade.marks.iter().map(move |mark| test(grade, mark))).collect();
    let refused = sheet.grades.iter().any(|grade| grade.refused.is_some());
    let kept = sheet.grades.iter().all(|grade| grade.points() == grade.most());
    json!({
        "version": 1,
        "status": if refused { "error" } else if kept { "pass" } else { "fail" },
        "max_score": sheet.grades.iter().map(Grade::most).sum::<u32>(),
        "tests": tests,
    })
}
