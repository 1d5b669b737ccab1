//! The CSV files: every sample of every measurement, and every verdict.

use csv_core::{WriteResult, Writer};
use lab::claims::Outcome;

use crate::survey::Survey;

/// `measures.csv` and `verdicts.csv`. They begin with a byte order mark: without it Excel reads Korean as another encoding.
pub fn csv(survey: &Survey) -> [Vec<u8>; 2] {
    let mut measures = vec![words(["experiment", "id", "name_ko", "name_en", "unit", "sample", "value"])];
    for (_, report) in survey.reports() {
        for measure in &report.measures {
            let unit = format!("{:?}", measure.unit).to_lowercase();
            for (n, sample) in (1..).zip(&measure.samples) {
                let (number, value) = (n.to_string(), sample.to_string());
                let row = [&report.experiment, &measure.id, &measure.name.ko, &measure.name.en, &unit, &number, &value];
                measures.push(row.map(String::clone).to_vec());
            }
        }
    }
    let mut verdicts = vec![words(["claim", "on", "outcome", "evidence_ko", "evidence_en"])];
    for verdict in survey.all_verdicts() {
        let (outcome, said) = match verdict.outcome {
            Outcome::Holds => ("holds", verdict.evidence),
            Outcome::DoesNotHold => ("does_not_hold", verdict.evidence),
            Outcome::NotMeasured(why) => ("not_measured", why),
        };
        verdicts.push(vec![verdict.claim, verdict.on.en, outcome.to_owned(), said.ko, said.en]);
    }
    [written(&measures), written(&verdicts)]
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).to_vec()
}

fn written(rows: &[Vec<String>]) -> Vec<u8> {
    let mut out = "\u{feff}".as_bytes().to_vec();
    let mut writer = Writer::new();
    let put = |out: &mut Vec<u8>, most: usize, write: &mut dyn FnMut(&mut [u8]) -> (WriteResult, usize)| {
        let mut buffer = vec![0; most];
        let (result, n) = write(&mut buffer);
        assert_eq!(result, WriteResult::InputEmpty, "the buffer has room for a field of quotes only");
        out.extend_from_slice(&buffer[..n]);
    };
    for row in rows {
        for (n, field) in row.iter().enumerate() {
            if n > 0 {
                put(&mut out, 2, &mut |buffer| writer.delimiter(buffer));
            }
            put(&mut out, 2 * field.len() + 4, &mut |buffer| {
                let (result, _, n) = writer.field(field.as_bytes(), buffer);
                (result, n)
            });
        }
        put(&mut out, 4, &mut |buffer| writer.terminator(buffer));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_quotes_and_lines_stay_in_their_field() {
        let rows = [words(["a,b", "say \"x\"", "two\nlines", "한글", ""])];
        let text = String::from_utf8(written(&rows)).unwrap();
        assert_eq!(text, "\u{feff}\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",한글,\n");
    }
}
