//! The lanes of a trace as paths of SVG: one for each state of each lane, so that a browser has few elements to draw.

use std::fmt::Write as _;

use lab::lang::{Lang, Text};
use lab::render::state_style;
use lab::report::unit;
use lab::trace::{Clock, Lane, Span, State, Trace};

/// A lane with more spans than this is drawn in as many equal pieces: a piece has the state that takes most of it.
const MOST_SPANS: usize = 4000;

/// The height of a lane in units of its picture; its width is the duration in ns.
pub const HEIGHT: u64 = 10;

pub struct TraceView {
    pub title: Text,
    pub duration: String,
    /// The width of all lanes of the experiment in ns, so that lengths can be compared.
    pub width: u64,
    pub is_virtual: bool,
    pub lanes: Vec<LaneView>,
    pub ticks: Vec<Tick>,
    pub legend: Vec<StateView>,
    /// Whether a lane had too many spans to draw each.
    pub reduced: bool,
}

pub struct LaneView {
    pub name: Text,
    pub paths: Vec<PathView>,
    /// Time in each state of the legend.
    pub times: Vec<String>,
}

pub struct PathView {
    pub state: StateView,
    /// Rectangles from the lane's top to its bottom: `M<start> 0h<length>v10h-<length>z`; a mark has the length 0.
    pub path: String,
}

#[derive(Clone)]
pub struct StateView {
    pub id: String,
    pub name: Text,
    pub fill: &'static str,
    pub is_mark: bool,
}

pub struct Tick {
    /// The position in per cent.
    pub at: String,
    pub label: String,
}

pub fn view(trace: &Trace, width: u64) -> TraceView {
    let width = width.max(1);
    let start = trace.start();
    let occurs = |state: &State| trace.lanes.iter().any(|lane| lane.spans.iter().any(|span| span.state == *state));
    let states: Vec<State> = State::ALL.into_iter().filter(occurs).collect();
    let lanes = trace.lanes.iter().map(|lane| {
        let spans = drawn(lane, start, width);
        let path = |state: &State| PathView { state: state_view(*state), path: path(&spans, *state, start) };
        LaneView {
            name: lane.name.clone(),
            paths: states.iter().map(path).filter(|path| !path.path.is_empty()).collect(),
            times: states.iter().map(|state| time(lane, *state)).collect(),
        }
    });
    TraceView {
        title: trace.title.clone(),
        duration: unit::duration(trace.duration() as f64),
        width,
        is_virtual: trace.clock == Clock::Virtual,
        lanes: lanes.collect(),
        ticks: ticks(width),
        legend: states.iter().map(|state| state_view(*state)).collect(),
        reduced: trace.lanes.iter().any(|lane| lane.spans.len() > MOST_SPANS),
    }
}

fn state_view(state: State) -> StateView {
    let name = |lang| state_style::name(state, lang).to_owned();
    StateView {
        id: format!("{state:?}").to_lowercase(),
        name: Text { ko: name(Lang::Ko), en: name(Lang::En) },
        fill: state_style::fill(state),
        is_mark: state.is_mark(),
    }
}

/// Time in a state; for a mark, how often.
fn time(lane: &Lane, state: State) -> String {
    let count = lane.spans.iter().filter(|span| span.state == state).count();
    match (count, state.is_mark()) {
        (0, _) => "–".to_owned(),
        (_, true) => format!("{count}×"),
        (_, false) => unit::duration(lane.time_in(state) as f64),
    }
}

fn path(spans: &[Span], state: State, start: u64) -> String {
    let mut path = String::new();
    for span in spans.iter().filter(|span| span.state == state) {
        let (from, length) = (span.start - start, span.end - span.start);
        let _ = match length {
            0 => write!(path, "M{from} 0v{HEIGHT}"),
            _ => write!(path, "M{from} 0h{length}v{HEIGHT}h-{length}z"),
        };
    }
    path
}

/// The spans to draw: all, or one for each piece of a lane that has too many. Marks are kept.
fn drawn(lane: &Lane, start: u64, width: u64) -> Vec<Span> {
    if lane.spans.len() <= MOST_SPANS {
        return lane.spans.clone();
    }
    let piece = (width / MOST_SPANS as u64).max(1);
    let mut pieces: Vec<Vec<(State, u64)>> = vec![Vec::new(); (width / piece + 1) as usize];
    for span in lane.spans.iter().filter(|span| !span.state.is_mark()) {
        let mut from = span.start - start;
        while from < span.end - start {
            let n = from / piece;
            let to = ((n + 1) * piece).min(span.end - start);
            let times = &mut pieces[n as usize];
            match times.iter_mut().find(|(state, _)| *state == span.state) {
                Some((_, time)) => *time += to - from,
                None => times.push((span.state, to - from)),
            }
            from = to;
        }
    }
    let most = |times: &Vec<(State, u64)>| times.iter().max_by_key(|(_, time)| *time).map(|(state, _)| *state);
    let mut spans: Vec<Span> = Vec::new();
    for (n, state) in pieces.iter().enumerate().filter_map(|(n, times)| Some((n as u64, most(times)?))) {
        let (from, to) = (start + n * piece, start + (n + 1) * piece);
        match spans.last_mut() {
            Some(last) if last.state == state && last.end == from => last.end = to,
            _ => spans.push(Span { state, start: from, end: to }),
        }
    }
    spans.extend(lane.spans.iter().filter(|span| span.state.is_mark()).cloned());
    spans
}

/// Round times, four to eight of them.
fn ticks(width: u64) -> Vec<Tick> {
    let power = 10u64.pow(width.max(1).ilog10());
    let step = [power, power / 2, power / 5].into_iter().find(|step| *step > 0 && width / step >= 4).unwrap_or(1);
    let tick = |n: u64| Tick {
        at: format!("{:.3}", 100.0 * (n * step) as f64 / width as f64),
        label: if n == 0 { "0".to_owned() } else { unit::duration((n * step) as f64) },
    };
    (0..=width / step.max(1)).take(12).map(tick).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(state: State, start: u64, end: u64) -> Span {
        Span { state, start, end }
    }

    #[test]
    fn a_span_is_a_rectangle_from_the_start_of_its_trace() {
        let spans = vec![span(State::Running, 1000, 1500), span(State::Killed, 1500, 1500)];
        let trace = Trace::new(Text::same("x"), vec![Lane { name: Text::same("a"), spans }]);
        let view = view(&trace, 2000);
        let paths: Vec<&str> = view.lanes[0].paths.iter().map(|path| path.path.as_str()).collect();
        assert_eq!(paths, ["M0 0h500v10h-500z", "M500 0v10"]);
        assert_eq!(view.lanes[0].times, ["500 ns", "1×"]);
    }

    #[test]
    fn a_lane_of_too_many_spans_keeps_its_length_and_its_marks() {
        let n = 3 * MOST_SPANS as u64;
        let state = |n: u64| if n.is_multiple_of(3) { State::WaitingForLock } else { State::Running };
        let mut spans: Vec<Span> = (0..n).map(|i| span(state(i), 100 * i, 100 * (i + 1))).collect();
        spans.push(span(State::Failed, 100 * n, 100 * n));
        let lane = Lane { name: Text::same("a"), spans };
        let drawn = drawn(&lane, 0, 100 * n);
        assert!(drawn.len() <= MOST_SPANS + 2, "{}", drawn.len());
        assert_eq!((drawn[0].start, drawn[0].state), (0, State::Running), "what took most of a piece");
        assert_eq!(drawn.last().unwrap().state, State::Failed);
        assert!(drawn[drawn.len() - 2].end >= 100 * n);
    }

    #[test]
    fn ticks_are_round_and_few() {
        for width in [1, 7, 99, 1_000, 1_234_567, 4_999_999_999] {
            let ticks = ticks(width);
            assert!((1..=12).contains(&ticks.len()), "{width}: {}", ticks.len());
            assert!(ticks.iter().all(|tick| tick.at.parse::<f64>().unwrap() <= 100.0));
        }
        assert_eq!(
            ticks(2_000_000_000).iter().map(|tick| &*tick.label).collect::<Vec<_>>(),
            ["0", "500 ms", "1.00 s", "1.50 s", "2.00 s"]
        );
    }
}
