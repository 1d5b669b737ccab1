//! Gradescope's results.json, as "Autograder Specifications" describes it under "Output format":
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/>. Gradescope runs an autograder once for each submission, so
//! a document holds one: all its labs, a test for each promise.

use lab::{Error, Result, text};
use serde_json::{Value, json};

use super::super::sheet::{Grade, Sheet};

/// For a sheet with one submission.
pub fn document(sheet: &Sheet) -> Result<String> {
    match &results(sheet)[..] {
        [(_, document)] => Ok(document.clone()),
        several => {
            let n = several.len();
            Err(Error::usage(text!(
                "gradescope 형식의 문서 하나에는 제출물이 하나만 들어갑니다(여기는 {n}개). --out FOLDER 를 주면 제출물마다 파일을 씁니다",
                "a document of the format gradescope holds one submission, and there are {n}: with --out FOLDER there is a file for each"
            )))
        }
    }
}

/// A document for each submission, with its name.
pub fn results(sheet: &Sheet) -> Vec<(String, String)> {
    let mut submissions: Vec<(&str, Vec<&Grade>)> = Vec::new();
    for grade in &sheet.grades {
        match submissions.iter_mut().find(|(name, _)| *name == grade.submission) {
            Some((_, grades)) => grades.push(grade),
            None => submissions.push((&grade.submission, vec![grade])),
        }
    }
    submissions.into_iter().map(|(name, grades)| (name.to_owned(), format!("{:#}\n", result(&grades)))).collect()
}

fn result(grades: &[&Grade]) -> Value {
    let tests: Vec<Value> = grades.iter().flat_map(|grade| tests(grade)).collect();
    let remarks = grades.iter().flat_map(|grade| grade.refused.iter().chain(&grade.notes));
    let output: Vec<String> = remarks.map(ToString::to_string).collect();
    json!({
        "score": grades.iter().map(|grade| grade.points()).sum::<u32>(),
        // Whole seconds, as in the specification's example.
        "execution_time": grades.iter().map(|grade| grade.seconds).sum::<f64>().round(),
        "output": output.join("\n"),
        "output_format": "text",
        "test_output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    })
}

fn tests(grade: &Grade) -> Vec<Value> {
    let number = grade.lab.split('-').next().unwrap_or_default().trim_start_matches('0');
    let test = |(index, mark): (usize, &super::super::sheet::Mark)| {
        let title = mark.title.to_string();
        json!({
            "score": mark.points,
            "max_score": mark.most,
            "status": if mark.is_kept() { "passed" } else { "failed" },
            "name": format!("{} {}: {title}", grade.lab, mark.promise),
            "number": format!("{number}.{}", index + 1),
            "output": mark.seen.as_ref().map(ToString::to_string).unwrap_or_default(),
            "visibility": "visible",
        })
    };
    grade.marks.iter().enumerate().map(test).collect()
}
