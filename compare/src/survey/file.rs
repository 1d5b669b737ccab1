//! Reads what was saved: a survey (`report.json`), or the report of one program (`--json`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use lab::lang::Text;
use lab::report::Report;
use lab::{Error, Result, text};

use super::{Run, Survey};

/// A larger file, in bytes, is none of ours.
const MOST: u64 = 256 << 20;

/// Reads a file. The error names it, and says in a line what is wrong with it.
pub fn read(path: &Path) -> Result<Survey> {
    let shown = path.display();
    let mut bytes = Vec::new();
    let unreadable = |e: &dyn std::fmt::Display| {
        Error::failed(text!("{shown}: 읽을 수 없습니다: {e}", "{shown}: cannot be read: {e}"))
    };
    File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes)).map_err(|e| unreadable(&e))?;
    if bytes.len() as u64 > MOST {
        return Err(unreadable(&text!("너무 큽니다", "it is too large")));
    }
    parse(&bytes)
        .map_err(|why| Error::failed(Text { ko: format!("{shown}: {}", why.ko), en: format!("{shown}: {}", why.en) }))
}

fn parse(bytes: &[u8]) -> Result<Survey, Text> {
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| text!("JSON이 아닙니다: {e}", "is not JSON: {e}"))?;
    if value.get("runs").is_some() {
        return serde_json::from_value(value).map_err(|e| other_version(&e));
    }
    if value.get("experiment").is_none() {
        return Err(text!(
            "이 프로젝트의 보고서가 아닙니다. 'compare report DIR'의 report.json이나 --json 출력을 주십시오.",
            "is not a report of this project; give the report.json of 'compare report DIR', or the output of --json."
        ));
    }
    let report: Report = serde_json::from_value(value).map_err(|e| other_version(&e))?;
    Ok(of_report(report))
}

/// An older or newer version of this project had other fields.
fn other_version(e: &serde_json::Error) -> Text {
    text!(
        "이 버전의 형식과 다른 보고서입니다: {e}. 같은 버전으로 다시 측정하십시오.",
        "is a report of another version: {e}; measure again with this one."
    )
}

/// A report alone does not say where it was measured.
fn of_report(report: Report) -> Survey {
    let command = match report.experiment.split_once('/') {
        Some((package, experiment)) => format!("cargo run -p {package} -- {experiment}"),
        None => report.experiment.clone(),
    };
    Survey {
        version: String::new(),
        build: String::new(),
        machine: Text::default(),
        pythons: Vec::new(),
        at: 0,
        interrupted: false,
        runs: vec![Run { command, report: Some(report), missing: None }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_and_a_report_are_read_and_nothing_else() {
        let survey = Survey::here(&[]);
        assert_eq!(parse(&serde_json::to_vec(&survey).unwrap()).unwrap(), survey);
        let report = Report::new("mutex/counter");
        assert_eq!(parse(report.to_json().as_bytes()).unwrap().runs[0].command, "cargo run -p mutex -- counter");
        let mut older = serde_json::to_value(&survey).unwrap();
        older["colour"] = "blue".into();
        for (bytes, why) in [
            (b"".to_vec(), "is not JSON"),
            (b"{\"runs\": [".to_vec(), "is not JSON"),
            (b"[1, 2]".to_vec(), "is not a report"),
            (b"{\"name\": \"package.json\"}".to_vec(), "is not a report"),
            (b"{\"experiment\": \"a/b\", \"surprise\": 1}".to_vec(), "of another version"),
            (serde_json::to_vec(&older).unwrap(), "of another version"),
        ] {
            let said = parse(&bytes).unwrap_err();
            assert!(said.en.contains(why) && said.en.lines().count() == 1, "{said}");
        }
    }
}
