//! The promises of lab 13: each is a prediction, compared with what the program did in this run.

use kit::compute::TOGETHER;
use kit::{Recorded, State};
use lab::text;
use lab::trace::Span;

use crate::promise::{Broken, ensure, fact};

/// From the cheapest to the most expensive.
const TECHNIQUES: [&str; 3] = ["tasks", "threads", "processes"];

pub fn judge(promise: &str, run: &Recorded) -> Result<(), Broken> {
    if run.scenario != promise {
        return Err(Broken::without(promise));
    }
    let state = if ["pages", "old_client", "chain"].contains(&promise) { State::WaitingForIo } else { State::Running };
    if state == State::Running && (fact::<usize>(run, "cores")? < 2 || !fact::<bool>(run, "clock_fine")?) {
        return Ok(()); // one core computes one thing at a time, and a coarse clock cannot tell
    }
    let mut peaks = Vec::new();
    for technique in TECHNIQUES {
        let lanes: Vec<usize> = fact(run, technique)?;
        peaks.push((technique, together(run, &lanes, state)));
    }
    let measured = peaks.iter().find(|(_, peak)| *peak > 1).map_or("nothing", |(technique, _)| technique);
    let predicted: Option<String> = fact(run, "predicted")?;
    let predicted = predicted.unwrap_or_else(|| "–".to_owned());
    ensure(predicted == measured, || {
        let (ko, en): (Vec<_>, Vec<_>) =
            peaks.iter().map(|(t, peak)| (format!("{t} {peak}개"), format!("{t}: {peak}"))).unzip();
        let (ko, en) = (ko.join(", "), en.join(", "));
        let seen = text!(
            "예측은 {predicted}, 실제는 {measured}입니다. 동시에 진행된 작업: {ko}.",
            "predicted {predicted}, measured {measured}. Jobs at the same time: {en}."
        );
        place(run, &predicted, measured, seen)
    })
}

/// Where to look: the technique that was predicted, or else the one that does it.
fn place(run: &Recorded, predicted: &str, measured: &str, seen: lab::lang::Text) -> Broken {
    let lanes = [predicted, measured].iter().find_map(|technique| run.fact::<Vec<usize>>(technique));
    match lanes.and_then(|lanes| lanes.first().copied()) {
        Some(lane) => Broken::in_lane(seen, run, lane),
        None => Broken::seen(seen),
    }
}

/// How many of the lanes were in the state at the same time, at most.
fn together(run: &Recorded, lanes: &[usize], state: State) -> usize {
    // Spans that have less in common than what a slice may have lost at its ends do not count as together.
    let shrink = if state == State::Running { TOGETHER } else { 0 };
    let spans = lanes.iter().filter_map(|lane| run.trace.lanes.get(*lane)).flat_map(|lane| &lane.spans);
    let spans: Vec<Span> = spans
        .filter(|span| span.state == state && span.start + shrink < span.end)
        .map(|span| Span { state, start: span.start + shrink, end: span.end })
        .collect();
    spans
        .iter()
        .map(|one| spans.iter().filter(|s| s.start <= one.start && one.start < s.end).count())
        .max()
        .unwrap_or(0)
}
