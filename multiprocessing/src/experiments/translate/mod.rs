//! Inference of a small translation model, the reason why the article was written: with threads, with processes that each have a
//! copy of the weights, and with processes that share one mapping of them.
//!
//! Article: 멀티프로세싱, 사용 사례. Run: `cargo run -p multiprocessing -- translate`. Python twin: `python/translate.py`.

mod report;

use std::path::Path;
use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::{self, Text};
use lab::python::{self, Interpreter};
use lab::report::Report;
use lab::{Error, Result, atomic_write, text, twin_script};

use crate::translate::modes::{MODES, PROCESS_TRANSLATE};
use crate::translate::translator::{FOLDER, Translator, UNTRANSLATABLE};
use crate::translate::{Loading, MAX_TOKENS, sentences};
use crate::work_queue;

/// The claim's id in the ledger. The last trace is that of processes, here and in the twin.
const INFERENCE: &str = "processes-inference";

pub fn command() -> Experiment {
    let mut options = Options::new();
    let file = options.positional_path(
        "file",
        text!(
            "한 줄에 한 문장인 중국어 텍스트 파일 (기본: 함께 제공되는 문장)",
            "a text file, one Chinese sentence per line (default: those that come with it)"
        ),
    );
    let out = options.output("out", text!("번역을 쓸 파일", "a file to write the translations to"));
    let workers = options.size(
        "workers",
        1..=64,
        4,
        text!("작업을 나눌 스레드나 프로세스의 수", "threads or processes that share the work"),
    );
    let rounds = options.rounds(3);
    Experiment::new(
        "translate",
        text!("번역 모델의 추론: 순차 실행, 스레드, 프로세스", "a translation model: in sequence, threads, processes"),
        options,
        move |a| {
            let file = a.get(file).unwrap_or_else(|| sentences::SHIPPED.into());
            run(&file, a.get(out).as_deref(), a.get(workers), a.get(rounds), a.pythons())
        },
    )
}

/// Translates the sentences of a file in every mode, `rounds` times in turn; the translations go to `out`, if there is one.
pub fn run(file: &Path, out: Option<&Path>, workers: usize, rounds: usize, pythons: &[Interpreter]) -> Result<Report> {
    out.map_or(Ok(()), atomic_write::can_be_written)?;
    let file = sentences::real_path(file)?;
    let sentences = sentences::read(&file)?;
    let translator = Translator::open(Path::new(FOLDER), Loading::Mapped)?;
    let mut all = MODES.map(|_| Vec::new());
    let bar = progress::steps(MODES.len() * rounds);
    for _ in 0..rounds {
        for (mode, reports) in MODES.into_iter().zip(&mut all) {
            bar.set_message(mode);
            let report = child(mode, &file, workers, &sentences)?;
            reports.push(report);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let translations = require_same(&all)?;
    let mut report = report::measured(&all, workers);
    report.verdicts.push(work_queue::judge(INFERENCE, "Rust", workers, report.traces.last()));
    report.tables.push(report::shown(&sentences, &translations));
    if let Some(out) = out {
        atomic_write::write(out, (translations.join("\n") + "\n").as_bytes())?;
    }
    let unknown = sentences.iter().map(|sentence| translator.unknown(sentence)).sum();
    let count = sentences.iter().filter(|sentence| !sentence.is_empty()).count();
    let untranslatable = translations.iter().filter(|words| *words == UNTRANSLATABLE).count();
    report::describe(&mut report, count, workers, unknown, untranslatable);
    report.lines = translations;
    join_twin(&mut report, &file, workers, rounds, pythons);
    Ok(report)
}

/// Runs one mode in a process of its own: this program once more.
fn child(mode: &str, file: &Path, workers: usize, sentences: &[String]) -> Result<Report> {
    // Only a hang takes as long, even on a very slow machine.
    let work: usize = sentences.iter().map(|sentence| sentence.chars().count() + MAX_TOKENS).sum();
    let limit = Duration::from_secs(60) + Duration::from_millis(50 * work as u64);
    let (file, workers, lang) = (sentences::path_to_json(file), workers.to_string(), lang::current().code());
    let args = [PROCESS_TRANSLATE, "--mode", mode, "--file", &file, "--workers", &workers, "--lang", lang];
    python::own(&args.map(str::to_owned), limit).map_err(|why| {
        Error::failed(Text {
            ko: format!("번역({mode}): {}", why.ko), en: format!("translating ({mode}): {}", why.en)
        })
    })
}

/// The translations, if they are the same in every mode and every round.
fn require_same(all: &[Vec<Report>; 4]) -> Result<Vec<String>> {
    let first = &all[0].first().expect("there is a round").lines;
    for (mode, reports) in MODES.into_iter().zip(all) {
        if reports.iter().any(|report| report.lines != *first) {
            return Err(Error::failed(text!(
                "{mode}: 번역이 다릅니다. 실행 중에 파일이 바뀌었습니까?",
                "{mode}: the translations differ. Did a file change meanwhile?"
            )));
        }
    }
    Ok(first.clone())
}

/// The same on CPython with numpy, whose translations must be ours.
fn join_twin(report: &mut Report, file: &Path, workers: usize, rounds: usize, pythons: &[Interpreter]) {
    let Some(file) = file.to_str() else {
        let why = text!(
            "CPython: 측정하지 않음: 파일 이름이 UTF-8이 아닙니다.",
            "CPython: not measured: the name of the file is not UTF-8."
        );
        return report.notes.push(why);
    };
    let args = [FOLDER.to_owned(), file.to_owned(), workers.to_string(), rounds.min(3).to_string()];
    let (ours, mut notes) = (report.lines.clone(), Vec::new());
    python::join(report, pythons, twin_script!("translate"), &args, &[INFERENCE], |python, twin| {
        let differing = ours.iter().zip(&twin.lines).filter(|(ours, twins)| ours != twins).count();
        notes.extend(match twin.lines.len() {
            0 => None, // it has no numpy, and its note says so
            n if n == ours.len() && differing == 0 => {
                Some(text!("{python}: 번역이 모두 같습니다.", "{python}: the same translations."))
            }
            n => Some(text!(
                "{python}: 번역 {n}개 가운데 {differing}개가 다릅니다.",
                "{python}: {differing} of {n} translations differ."
            )),
        });
        vec![work_queue::judge(INFERENCE, &python.to_string(), workers, twin.traces.last())]
    });
    report.notes.extend(notes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_translation_is_noticed() {
        let of = |words: &str| Report { lines: vec![words.to_owned()], ..Report::default() };
        let mut all = MODES.map(|_| vec![of("the same"), of("the same")]);
        assert_eq!(require_same(&all).unwrap(), ["the same"]);
        all[3][1] = of("another");
        assert!(require_same(&all).unwrap_err().text().en.starts_with("mapped"));
    }
}
