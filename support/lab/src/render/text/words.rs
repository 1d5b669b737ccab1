//! What a report says in words: the sentence, the failures, the verdicts.

use std::collections::HashSet;

use crate::claims::{Outcome, Verdict};
use crate::lang::{Lang, Text};
use crate::render::layout::{Canvas, shown, wrap};
use crate::report::Report;
use crate::report::asked::{Asked, Seen, letter};
use crate::text;

/// The sentence, the verdicts and the failures.
pub(super) fn said(
    report: &Report,
    most: usize,
    canvas: Canvas,
    tell: fn(&[Verdict], Canvas) -> String,
    verdicts: &[Verdict],
) -> Vec<String> {
    let mut parts = Vec::new();
    let sentence = shown(&report.shows, canvas.lang);
    if !sentence.is_empty() {
        let advice = report.advice.iter().map(|line| advised(line, canvas));
        parts.push(wrap("⇒ ", &sentence, canvas.width) + &advice.collect::<String>());
    }
    if !report.failures.is_empty() {
        parts.push(failures(&report.failures, most, canvas));
    }
    if !verdicts.is_empty() {
        parts.push(tell(verdicts, canvas));
    }
    if !report.asked.is_empty() {
        parts.push(asked(&report.asked, canvas));
    }
    parts
}

/// A line of advice, below the sentence. Code keeps its indent.
fn advised(line: &Text, canvas: Canvas) -> String {
    let line = shown(line, canvas.lang);
    let words = line.trim_start_matches(' ');
    wrap(&" ".repeat(2 + line.len() - words.len()), words, canvas.width)
}

/// The first failures, and how many more there are.
fn failures(failures: &[Text], most: usize, canvas: Canvas) -> String {
    let more = failures.len().saturating_sub(most);
    let rest =
        (more > 0).then(|| text!("그 밖에 실패 {more}건. 전체 목록: --json", "{more} more failed; --json lists all"));
    let lines = failures.iter().take(most).chain(&rest);
    lines.map(|line| wrap("✗ ", &shown(line, canvas.lang), canvas.width)).collect()
}

/// Each question with the answer and what was seen.
fn asked(all: &[Asked], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let one = |(n, asked): (usize, &Asked)| {
        let head = format!("{}. ", n + 1);
        let option = |n: usize| {
            let words = asked.options.get(n).map_or_else(String::new, |option| shown(option, lang));
            format!("{}) {words}", letter(n))
        };
        let answer = option(asked.answer);
        let (mark, words) = match &asked.seen {
            Seen::Option { option: seen, evidence } if *seen == asked.answer => {
                let evidence = shown(evidence, lang);
                (text!("[예상대로]", "[as predicted]"), Text::same(format!("{answer} ({evidence})")))
            }
            Seen::Option { option: seen, evidence } => {
                let (seen, evidence) = (option(*seen), shown(evidence, lang));
                let words =
                    text!("결과 {seen} ({evidence}), 예상 {answer}", "seen {seen} ({evidence}), predicted {answer}");
                (text!("[예상과 다름]", "[not as predicted]"), words)
            }
            Seen::NotMeasured(why) => {
                let why = shown(why, lang);
                let words = text!("예상 {answer} ({why})", "predicted {answer} ({why})");
                (text!("[측정하지 않음]", "[not measured]"), words)
            }
        };
        let question = wrap(&head, &shown(&asked.question, lang), canvas.width);
        question + &wrap(&format!("   {} ", mark.get(lang)), words.get(lang), canvas.width)
    };
    all.iter().enumerate().map(one).collect()
}

fn mark(outcome: &Outcome, lang: Lang) -> &'static str {
    match (outcome, lang) {
        (Outcome::Holds, Lang::Ko) => "[맞음]",
        (Outcome::Holds, Lang::En) => "[holds]",
        (Outcome::DoesNotHold, Lang::Ko) => "[맞지 않음]",
        (Outcome::DoesNotHold, Lang::En) => "[does not hold]",
        (Outcome::NotMeasured(_), Lang::Ko) => "[측정하지 않음]",
        (Outcome::NotMeasured(_), Lang::En) => "[not measured]",
    }
}

fn claim(verdict: &Verdict, lang: Lang) -> &str {
    verdict.about().map_or(verdict.claim.as_str(), |claim| match lang {
        Lang::Ko => &claim.ko,
        Lang::En => &claim.en,
    })
}

/// Each verdict with what was seen.
pub(super) fn verdict(verdicts: &[Verdict], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let line = |verdict: &Verdict| {
        let because = match &verdict.outcome {
            Outcome::NotMeasured(why) => why,
            _ => &verdict.evidence,
        };
        let (on, claim) = (shown(&verdict.on, lang), claim(verdict, lang));
        wrap(
            &format!("{} ", mark(&verdict.outcome, lang)),
            &format!("{on}: {claim} ({})", shown(because, lang)),
            canvas.width,
        )
    };
    verdicts.iter().map(line).collect()
}

/// Each claim once for each outcome, and on what it was tried. Only a missing measurement keeps its reason.
pub(super) fn verdicts_together(verdicts: &[Verdict], canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mut out = String::new();
    for (n, verdict) in verdicts.iter().enumerate() {
        let alike = |other: &&Verdict| other.claim == verdict.claim && other.outcome == verdict.outcome;
        if verdicts[..n].iter().any(|earlier| alike(&earlier)) {
            continue;
        }
        let mut on: Vec<String> = verdicts.iter().filter(alike).map(|verdict| shown(&verdict.on, lang)).collect();
        let mut seen = HashSet::new();
        on.retain(|name| seen.insert(name.clone()));
        let why = match &verdict.outcome {
            Outcome::NotMeasured(why) => format!(" ({})", shown(why, lang)),
            _ => String::new(),
        };
        let words = format!("{}: {}{why}", on.join("; "), claim(verdict, lang));
        out.push_str(&wrap(&format!("{} ", mark(&verdict.outcome, lang)), &words, canvas.width));
    }
    out
}
