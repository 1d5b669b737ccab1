//! Tells what became of a submission as a teacher would: what was promised, what was seen, where in the run, which hint fits.

mod interleaving;
mod lanes;

use lab::escape::escape_controls;
use lab::lang::Text;
use lab::render::{Canvas, wrap};
use lab::text;

use crate::assess::{Assessment, Kept};
use crate::labs::Lab;
use crate::manifest::Promise;
use crate::promise::Broken;

/// The whole page of a check. All broken promises are told in full, or only the first one.
pub fn page(lab: &Lab, assessment: &Assessment, all: bool, canvas: Canvas) -> String {
    let mut out = String::new();
    if let Some(why) = &assessment.not_compiled {
        out.push_str(&wrap("✗ ", why.why.get(canvas.lang), canvas.width));
        // The compiler's own lines, as it laid them out.
        out.extend(why.said.lines().map(|line| format!("  {}\n", escape_controls(line))));
        return out;
    }
    let broken = || {
        assessment.promises.iter().filter_map(|(promise, kept)| match kept {
            Kept::No(broken) => Some((promise, broken)),
            Kept::Yes | Kept::NotAsked(_) => None,
        })
    };
    for (promise, broken) in broken().take(if all { usize::MAX } else { 1 }) {
        out.push_str(&told(lab, assessment, promise, broken, canvas));
        out.push('\n');
    }
    for (promise, kept) in &assessment.promises {
        out.push_str(&line(promise, kept, canvas));
    }
    if !all && broken().count() > 1 {
        let more = text!("(깨진 약속을 모두 자세히 보려면 --all)", "(--all tells each broken promise in full)");
        out.push_str(&wrap("", more.get(canvas.lang), canvas.width));
    }
    out
}

/// One broken promise, in full.
fn told(lab: &Lab, assessment: &Assessment, promise: &Promise, broken: &Broken, canvas: Canvas) -> String {
    let lang = canvas.lang;
    let mut out = String::new();
    let points = promise.points;
    let head = text!("{points}점", "{points} points");
    out.push_str(&wrap("✗ ", &format!("{} ({})", promise.id, head.get(lang)), canvas.width));
    let (promised, seen) = (text!("약속: ", "promised: "), text!("관찰: ", "seen:     "));
    out.push_str(&wrap(&format!("  {}", promised.get(lang)), promise.text().get(lang), canvas.width));
    out.push_str(&wrap(&format!("  {}", seen.get(lang)), &escape_controls(broken.seen.get(lang)), canvas.width));
    if let Some(recorded) = assessment.runs.get(&promise.scenario).and_then(|run| run.recorded.as_ref()) {
        if recorded.trace.lanes.iter().any(|lane| !lane.spans.is_empty()) {
            out.push('\n');
            out.push_str(&lanes::draw(&recorded.trace, broken.place.as_ref(), canvas));
        }
        if !recorded.interleaving.is_empty() {
            out.push('\n');
            out.push_str(&interleaving::table(&recorded.interleaving, canvas));
        }
    }
    let (number, hint) = (lab.number, promise.hint);
    let fits = text!("알맞은 힌트: hint {number} --step {hint}", "the hint that fits: hint {number} --step {hint}");
    out.push_str(&wrap("  ", fits.get(lang), canvas.width));
    out
}

fn line(promise: &Promise, kept: &Kept, canvas: Canvas) -> String {
    let (mark, said) = match kept {
        Kept::Yes => ("✓", promise.text()),
        Kept::No(broken) => ("✗", broken.seen.clone()),
        Kept::NotAsked(why) => ("–", why.clone()),
    };
    wrap(&format!("{mark} {}: ", promise.id), &escape_controls(said.get(canvas.lang)), canvas.width)
}

/// The last line: how many promises and points.
pub fn sum(assessment: &Assessment) -> Text {
    let asked = assessment.promises.iter().filter(|(_, kept)| !matches!(kept, Kept::NotAsked(_))).count();
    let kept = asked - assessment.broken().len();
    let (points, all) = assessment.points();
    text!(
        "약속 {asked}개 가운데 {kept}개 지킴, {all}점 가운데 {points}점",
        "{kept} of {asked} promises kept, {points} of {all} points"
    )
}
