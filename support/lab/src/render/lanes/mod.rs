//! Draws lanes in the terminal: a row is a lane, a column is a moment.

mod cells;

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::layout::{Canvas, fit, shown, wrap};
use super::state_style::{glyph, name, style};
use crate::lang::Lang;
use crate::report::unit;
use crate::text;
use crate::trace::{Lane, Span, State, Trace};
use cells::{Cell, Scale, all_cells};

/// The most lanes that are drawn; the others are only counted.
pub const MOST_LANES: usize = 32;

/// Where the time axis and the legend are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foot {
    /// Under each trace.
    Each,
    /// Once, under the last trace.
    Last,
}

/// Draws each trace: its title, and a row for each lane. Every line fits the canvas. All traces have the same time scale and their
/// bars begin in the same column, so that lengths can be compared.
///
/// A column shows what each lane did at one and the same instant: lanes that never run together never show it in one column,
/// however fast they take turns.
pub fn draw(traces: &[&Trace], most_lanes: usize, foot: Foot, canvas: Canvas) -> Vec<String> {
    let drawn = |trace: &Trace| trace.lanes.len().min(most_lanes);
    let lanes = || traces.iter().flat_map(|trace| &trace.lanes[..drawn(trace)]);
    let widest = lanes().map(|lane| shown(&lane.name, canvas.lang).width()).max().unwrap_or(0);
    let label = widest.clamp(1, (canvas.width / 3).max(8));
    let scale = Scale {
        duration: traces.iter().map(|trace| trace.duration()).max().unwrap_or(0),
        columns: canvas.width.saturating_sub(label + 3).max(6),
    };
    let margin = " ".repeat(label + 1);
    let foot_of = |lanes: &[&Lane]| {
        let (ticks, numbers) = axis(scale);
        // In a narrow terminal the legend needs all of the width.
        let indent = if canvas.width < 50 { String::new() } else { format!("{margin} ") };
        let legend = legend(lanes, canvas.width - indent.len(), canvas);
        let legend: String = legend.iter().map(|line| format!("{indent}{line}\n")).collect();
        format!("{margin}└{ticks}┘\n{margin} {}\n{legend}", numbers.trim_end())
    };
    let mut pictures: Vec<String> = Vec::with_capacity(traces.len());
    for (n, trace) in traces.iter().enumerate() {
        let mut out = rows(trace, drawn(trace), label, scale, canvas);
        match foot {
            Foot::Each => out.push_str(&foot_of(&trace.lanes[..drawn(trace)].iter().collect::<Vec<_>>())),
            Foot::Last if n + 1 == traces.len() => out.push_str(&foot_of(&lanes().collect::<Vec<_>>())),
            Foot::Last => {}
        }
        pictures.push(out);
    }
    pictures
}

/// The title, the first lanes, how many more there are, and the option that shows them.
fn rows(trace: &Trace, drawn: usize, label: usize, scale: Scale, canvas: Canvas) -> String {
    let mut out = String::new();
    let title = shown(&trace.title, canvas.lang);
    if !title.is_empty() {
        let _ = writeln!(out, "{}", fit(&title, canvas.width).trim_end());
    }
    for (lane, row) in trace.lanes.iter().zip(all_cells(&trace.lanes[..drawn], trace.start(), scale)) {
        let row = paint(&row, canvas.colour);
        let _ = writeln!(out, "{} │{row}│", fit(&shown(&lane.name, canvas.lang), label));
    }
    let left = trace.lanes.len() - drawn;
    if left > 0 {
        let whole = if drawn < MOST_LANES { "--full" } else { "--json" };
        let more = text!("… 외 {left}개: {whole}", "… and {left} more: {whole}");
        out.push_str(&wrap("", more.get(canvas.lang), canvas.width));
    }
    out
}

fn paint(row: &[Cell], colour: bool) -> String {
    let mut out = String::new();
    for run in row.chunk_by(|a, b| a.state == b.state) {
        let state = run[0].state;
        let glyphs: String = run.iter().map(|cell| cell.glyph).collect();
        if colour && state != State::Idle {
            let _ = write!(out, "{}{glyphs}{:#}", style(state), style(state));
        } else {
            out.push_str(&glyphs);
        }
    }
    out
}

/// The line of ticks, and the numbers under it.
fn axis(Scale { duration, columns }: Scale) -> (String, String) {
    let step = tick_step(duration, columns);
    let mut ticks = vec!['─'; columns];
    let mut numbers = String::from("0");
    let mut t = step;
    while t <= duration && duration > 0 {
        let column = (u128::from(t) * columns as u128 / u128::from(duration)) as usize;
        let number = unit::duration(t as f64);
        if column < columns {
            ticks[column] = '┴';
        }
        // The last number must not go past the end of the bar.
        let start = column.saturating_sub(number.width() / 2).min((columns + 1).saturating_sub(number.width()));
        let used = numbers.width();
        if start > used {
            let _ = write!(numbers, "{}{number}", " ".repeat(start - used));
        }
        t += step;
    }
    (ticks.into_iter().collect(), numbers)
}

/// 1, 2 or 5 times a power of ten, so that a tick has at least twelve columns.
pub(super) fn tick_step(duration: u64, columns: usize) -> u64 {
    let most = (columns / 12).max(1) as u64;
    let mut power = 1;
    loop {
        for step in [power, 2 * power, 5 * power] {
            if duration / step <= most {
                return step;
            }
        }
        power *= 10;
    }
}

/// The states that occur, broken into lines that fit.
fn legend(lanes: &[&Lane], width: usize, canvas: Canvas) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut columns = 0;
    for (state, name) in entries(lanes, canvas.lang) {
        // Two columns of a stretch, one of a moment.
        let sample = if state.is_mark() { &[Cell::of(state); 2][..1] } else { &[Cell::of(state); 2][..] };
        let name = fit(&name, name.width().min(width.saturating_sub(sample.len() + 1)));
        let entry = format!("{} {name}", paint(sample, canvas.colour));
        let wide = sample.len() + 1 + name.width();
        match lines.last_mut() {
            Some(line) if columns + 3 + wide <= width => {
                line.push_str("   ");
                line.push_str(&entry);
                columns += 3 + wide;
            }
            _ => {
                lines.push(entry);
                columns = wide;
            }
        }
    }
    lines
}

/// The states that occur and their names; marks that look the same are one entry.
pub(super) fn entries<'a, L: std::borrow::Borrow<Lane> + 'a>(lanes: &'a [L], lang: Lang) -> Vec<(State, String)> {
    let occurs =
        |state: &State| lanes.iter().any(|lane| lane.borrow().spans.iter().any(|span: &Span| span.state == *state));
    let mut entries: Vec<(State, String)> = Vec::new();
    for state in State::ALL.into_iter().filter(|state| *state != State::Idle && occurs(state)) {
        match entries.last_mut() {
            Some((last, names)) if last.is_mark() && glyph(*last) == glyph(state) => {
                names.push_str(", ");
                names.push_str(name(state, lang));
            }
            _ => entries.push((state, name(state, lang).to_owned())),
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::super::state_style::BORDER;
    use super::*;
    use crate::lang::{Lang, Text};

    const SECOND: u64 = 1_000_000_000;

    fn canvas(width: usize) -> Canvas {
        Canvas { width, colour: false, lang: Lang::Ko }
    }

    /// One trace with its foot.
    fn alone(trace: &Trace, canvas: Canvas) -> String {
        draw(&[trace], MOST_LANES, Foot::Each, canvas).concat()
    }

    fn two_lanes() -> Trace {
        let lanes = vec![
            Lane::of(text!("스레드 0", "thread 0"), State::WaitingForIo, 5 * SECOND, 7 * SECOND),
            Lane::of(
                text!("길고 긴 이름의 스레드 하나", "a thread of long name"),
                State::Running,
                6 * SECOND,
                7 * SECOND,
            ),
        ];
        Trace::new(Text::default(), lanes)
    }

    #[test]
    fn every_line_fits_and_the_bars_are_aligned() {
        for width in [40, 80, 160] {
            let picture = alone(&two_lanes(), canvas(width));
            assert!(picture.lines().all(|line| line.width() <= width), "{picture}");
            let bars: Vec<usize> = picture
                .lines()
                .filter(|line| line.ends_with('│'))
                .map(|line| line[..line.find('│').unwrap()].width())
                .collect();
            assert_eq!(bars.len(), 2, "{picture}");
            assert_eq!(bars[0], bars[1], "{picture}");
        }
    }

    #[test]
    fn a_bar_shows_when() {
        let picture = alone(&two_lanes(), canvas(80));
        let bar = |n: usize| picture.lines().nth(n).unwrap().split('│').nth(1).unwrap().to_owned();
        assert!(bar(0).chars().all(|c| c == '╌'), "the whole time");
        let second = bar(1);
        let blank = second.chars().take_while(|c| *c == ' ').count();
        assert!(blank.abs_diff(second.chars().count() / 2) <= 1, "from the middle on: {second:?}");
        assert!(second.chars().skip(blank).all(|c| c == '█'));
    }

    #[test]
    fn a_very_short_lane_is_still_drawn() {
        let mut trace = two_lanes();
        trace.lanes.push(Lane::of(Text::same("blink"), State::Native, 5 * SECOND + 10, 5 * SECOND + 11));
        assert!(alone(&trace, canvas(80)).lines().nth(2).unwrap().contains('▚'));
    }

    #[test]
    fn a_lane_that_ran_for_a_moment_shows_it_once() {
        let span = |state, start, end| Span { state, start, end };
        let at = |ran: u64| {
            let (before, after) = (span(State::WaitingForIo, 0, ran), span(State::WaitingForIo, ran + 10, SECOND));
            let spans = vec![before, span(State::Running, ran, ran + 10), after];
            Lane { name: Text::same("x"), spans: spans.into_iter().filter(|span| span.start < span.end).collect() }
        };
        let shown = |lanes: Vec<Lane>| {
            let picture = alone(&Trace::new(Text::default(), lanes.clone()), canvas(80));
            let bars: Vec<String> =
                picture.lines().take(lanes.len()).map(|line| line.split('│').nth(1).unwrap().to_owned()).collect();
            bars.iter().map(|bar| bar.chars().position(|c| c == '█')).collect::<Vec<_>>()
        };
        assert_eq!(shown(vec![at(0)]), [Some(0)]);
        let waits = Lane::of(Text::same("x"), State::WaitingForIo, 0, SECOND);
        assert_eq!(shown(vec![waits.clone(), at(0), waits]), [None, Some(0), None], "who only waited never ran");
        assert_eq!(shown(vec![at(100), at(200)]), [Some(0), None], "turns within a column must not look parallel");
    }

    #[test]
    fn colour_is_only_added() {
        let coloured = alone(&two_lanes(), Canvas { colour: true, ..canvas(80) });
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
        }
        assert_eq!(plain + rest, alone(&two_lanes(), canvas(80)));
        assert_ne!(coloured, alone(&two_lanes(), canvas(80)));
    }

    #[test]
    fn traces_have_one_scale_and_aligned_bars() {
        let lane = |name: &str, end| Lane::of(Text::same(name), State::Running, 100, 100 + end);
        let slow = Trace::new(text!("느림", "slow"), vec![lane("a long name", 4 * SECOND)]);
        let fast = Trace::new(text!("빠름", "fast"), vec![lane("x", SECOND)]);
        for foot in [Foot::Each, Foot::Last] {
            let pictures = draw(&[&slow, &fast], MOST_LANES, foot, canvas(80));
            let bar = |n: usize| pictures[n].lines().nth(1).unwrap().split_once('│').unwrap();
            assert_eq!(bar(0).0.width(), bar(1).0.width());
            let long = |n: usize| bar(n).1.matches('█').count();
            assert!((long(0) / 4).abs_diff(long(1)) <= 1, "{pictures:?}");
            assert_eq!(pictures.concat().matches('└').count(), if foot == Foot::Each { 2 } else { 1 });
        }
    }

    /// The cells of one lane, without its name and frame.
    fn bar(spans: &[(State, u64, u64)], canvas: Canvas) -> String {
        let spans = spans.iter().map(|&(state, start, end)| Span { state, start, end }).collect();
        let trace = Trace::new(Text::default(), vec![Lane { name: Text::same("x"), spans }]);
        alone(&trace, canvas).lines().next().unwrap().split('│').nth(1).unwrap().to_owned()
    }

    #[test]
    fn waits_that_follow_each_other_are_told_apart() {
        let waits = |count: u64| -> Vec<(State, u64, u64)> {
            (0..count).map(|n| (State::WaitingForIo, n * SECOND, (n + 1) * SECOND - 1000)).collect()
        };
        assert_eq!(bar(&waits(12), canvas(80)).matches(BORDER).count(), 11);
        // One wait as long as twelve is the known-wrong twin.
        assert_eq!(bar(&[(State::WaitingForIo, 0, 12 * SECOND)], canvas(80)).matches(BORDER).count(), 0);
        assert!(!bar(&waits(60), canvas(80)).contains(BORDER), "a border would hide waits that are as narrow as it");
        let computes = [(State::Running, 0, SECOND), (State::Running, SECOND, 2 * SECOND)];
        assert!(!bar(&computes, canvas(80)).contains(BORDER), "who was interrupted goes on with the same");
    }

    #[test]
    fn what_failed_was_cancelled_or_killed_has_its_mark() {
        let until = |mark: Option<State>| -> Vec<(State, u64, u64)> {
            let ended = mark.map(|mark| (mark, SECOND, SECOND));
            [(State::WaitingForIo, 0, SECOND)]
                .into_iter()
                .chain(ended)
                .chain([(State::Running, SECOND, 3 * SECOND)])
                .collect()
        };
        for lang in [Lang::Ko, Lang::En] {
            for (state, mark) in [(State::Failed, '✗'), (State::Cancelled, '✗'), (State::Killed, '†')] {
                let canvas = Canvas { lang, ..canvas(80) };
                let bar = bar(&until(Some(state)), canvas);
                assert_eq!((bar.matches(mark).count(), bar.width()), (1, canvas.width - 4), "{bar}");
                let at = bar.chars().position(|c| c == mark).unwrap();
                assert!(at.abs_diff(bar.chars().count() / 3) <= 1, "where the wait ended: {bar}");
            }
        }
        assert!(!bar(&until(None), canvas(80)).contains(['✗', '†']), "what ended well has no mark");
        let failed = Lane::of(Text::same("x"), State::Running, 0, 9).ended(State::Failed, 9);
        let given_up = Lane::of(Text::same("y"), State::Running, 0, 5).ended(State::Cancelled, 5);
        let page = alone(&Trace::new(Text::default(), vec![failed, given_up]), Canvas { lang: Lang::En, ..canvas(80) });
        assert!(page.ends_with("██ running   ✗ failed, cancelled\n"), "{page}");
    }

    #[test]
    fn many_lanes_are_counted() {
        let lane = Lane::of(Text::same("x"), State::Running, 0, 1);
        let trace = Trace::new(Text::default(), vec![lane; MOST_LANES + 3]);
        assert!(alone(&trace, canvas(80)).contains("외 3개: --json"));
        let few = draw(&[&trace], 2, Foot::Last, canvas(80)).concat();
        assert!(few.contains("외 33개: --full"), "{few}");
    }

    #[test]
    fn an_empty_trace_fits() {
        let empty = alone(&Trace::default(), canvas(80));
        assert!(empty.lines().all(|line| line.width() <= 80), "{empty}");
    }

    #[test]
    fn ticks_are_round_numbers_and_not_too_many() {
        assert_eq!(tick_step(2 * SECOND, 60), SECOND / 2);
        for duration in [1, 7, 999, 123_456_789, u64::MAX / 100] {
            assert!(duration / tick_step(duration, 60) <= 5);
        }
    }
}
