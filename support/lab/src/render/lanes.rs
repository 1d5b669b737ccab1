//! Swim-lanes in the terminal: a row a lane, a column a moment.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::state_style::{glyph, name, style};
use super::{Canvas, fit, shown};
use crate::report::unit;
use crate::text;
use crate::trace::{Lane, State, Trace};

/// More lanes than this are counted, not drawn.
pub const MOST_LANES: usize = 32;

/// Draws a trace: its title, a row a lane, the time axis and the legend. Every line fits the canvas.
///
/// A column shows what each lane did at one and the same instant: lanes that never run together never show it in one column,
/// however fast they take turns.
pub fn draw(trace: &Trace, canvas: Canvas) -> String {
    let drawn = &trace.lanes[..trace.lanes.len().min(MOST_LANES)];
    let lang = canvas.lang;
    let names: Vec<String> = drawn.iter().map(|lane| shown(&lane.name, lang)).collect();
    let widest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let label = widest.clamp(1, (canvas.width / 3).max(8));
    let bar = canvas.width.saturating_sub(label + 4).max(10);

    let mut out = String::new();
    let title = shown(&trace.title, lang);
    if !title.is_empty() {
        let _ = writeln!(out, "{}", fit(&title, canvas.width).trim_end());
    }
    for (lane, name) in drawn.iter().zip(&names) {
        let row = cells(lane, trace, bar);
        let _ = writeln!(out, "{} │{}│", fit(name, label), paint(&row, canvas.colour));
    }
    let left = trace.lanes.len() - drawn.len();
    if left > 0 {
        let more = text!("… 외 {left}개", "… and {left} more");
        let _ = writeln!(out, "{}", more.get(lang));
    }
    let (ticks, numbers) = axis(trace.duration(), bar);
    let margin = " ".repeat(label + 1);
    let _ = writeln!(out, "{margin}└{ticks}┘\n{margin} {}", numbers.trim_end());
    let _ = writeln!(out, "{margin} {}", legend(drawn, canvas));
    out
}

/// The instant that a column shows, in ns from the start; the same for all lanes.
///
/// Not the middle of each column: turns that are about as long as a column would then show as a slow beat that nobody played,
/// as wheels seem to stand still on film. The golden ratio spreads the instants over the columns without a period.
fn instant(column: usize, columns: usize, duration: u64) -> u64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let within = (column as f64 * GOLDEN).fract();
    ((column as f64 + within) / columns as f64 * duration as f64) as u64
}

/// The state of a lane at the instant of each column.
fn cells(lane: &Lane, trace: &Trace, columns: usize) -> Vec<Option<State>> {
    let duration = trace.duration().max(1);
    let mut row: Vec<Option<State>> = (0..columns)
        .map(|column| {
            let t = trace.start() + instant(column, columns, duration);
            let next = lane.spans.partition_point(|span| span.end <= t);
            lane.spans.get(next).filter(|span| span.start <= t).map(|span| span.state)
        })
        .collect();
    // A lane that lived between two columns is still shown to have lived.
    if row.iter().all(Option::is_none)
        && let Some(first) = lane.spans.first()
    {
        let offset = u128::from(first.start - trace.start());
        row[((offset * columns as u128 / u128::from(duration)) as usize).min(columns - 1)] = Some(first.state);
    }
    row
}

fn paint(row: &[Option<State>], colour: bool) -> String {
    let mut out = String::new();
    for run in row.chunk_by(|a, b| a == b) {
        let state = run[0].unwrap_or(State::Idle);
        let glyphs: String = std::iter::repeat_n(glyph(state), run.len()).collect();
        if colour && state != State::Idle {
            let _ = write!(out, "{}{glyphs}{:#}", style(state), style(state));
        } else {
            out.push_str(&glyphs);
        }
    }
    out
}

/// The line of ticks, and the numbers under it.
fn axis(duration: u64, columns: usize) -> (String, String) {
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
        // The last number may not stand past the end of the bar.
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
fn tick_step(duration: u64, columns: usize) -> u64 {
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

fn legend(lanes: &[Lane], canvas: Canvas) -> String {
    let used = State::ALL.into_iter().filter(|state| {
        *state != State::Idle && lanes.iter().any(|lane| lane.spans.iter().any(|span| span.state == *state))
    });
    let entries: Vec<String> =
        used.map(|state| format!("{} {}", paint(&[Some(state); 2], canvas.colour), name(state, canvas.lang))).collect();
    entries.join("   ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Lang, Text};
    use crate::trace::Span;

    const SECOND: u64 = 1_000_000_000;

    fn canvas(width: usize) -> Canvas {
        Canvas { width, colour: false, lang: Lang::Ko }
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
            let picture = draw(&two_lanes(), canvas(width));
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
        let picture = draw(&two_lanes(), canvas(80));
        let bar = |n: usize| picture.lines().nth(n).unwrap().split('│').nth(1).unwrap().to_owned();
        assert!(bar(0).chars().all(|c| c == '╌'), "the whole time");
        let second = bar(1);
        let blank = second.chars().take_while(|c| *c == ' ').count();
        assert!(blank.abs_diff(second.chars().count() / 2) <= 1, "from the middle on: {second:?}");
        assert!(second.chars().skip(blank).all(|c| c == '█'));
    }

    #[test]
    fn turns_never_look_parallel() {
        // 2,000 turns of 1 ms each in 80 columns: any rule that paints "most of the column" paints both.
        let turns = |offset: u64| {
            (0..1000u64).map(move |i| Span { state: State::Running, start: 2 * i + offset, end: 2 * i + 1 + offset })
        };
        let lanes = [0, 1].map(|i| Lane { name: Text::same("x"), spans: turns(i).collect() });
        let trace = Trace::new(Text::default(), lanes.to_vec());
        let rows = trace.lanes.iter().map(|lane| cells(lane, &trace, 80)).collect::<Vec<_>>();
        assert!((0..80).all(|c| !(rows[0][c] == Some(State::Running) && rows[1][c] == Some(State::Running))));
        assert!((0..80).all(|c| rows[0][c].or(rows[1][c]).is_some()));
    }

    #[test]
    fn turns_as_long_as_a_column_do_not_look_slow() {
        // Turns of 5 ms, columns of 10.3 ms: sampled in their middles, they look like turns of a hundred milliseconds.
        let turn = 5_000_000;
        let spans = (0..80).map(|i| Span { state: State::Running, start: 2 * i * turn, end: (2 * i + 1) * turn });
        let trace = Trace::new(Text::default(), vec![Lane { name: Text::same("x"), spans: spans.collect() }]);
        let row = cells(&trace.lanes[0], &trace, 77);
        let longest = row.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap();
        assert!(longest <= 5, "{}", paint(&row, false));
    }

    #[test]
    fn a_short_life_is_still_seen() {
        let mut trace = two_lanes();
        trace.lanes.push(Lane::of(Text::same("blink"), State::Native, 5 * SECOND + 10, 5 * SECOND + 11));
        assert!(draw(&trace, canvas(80)).lines().nth(2).unwrap().contains('▚'));
    }

    #[test]
    fn colour_is_only_added() {
        let coloured = draw(&two_lanes(), Canvas { colour: true, ..canvas(80) });
        let mut plain = String::new();
        let mut rest = coloured.as_str();
        while let Some(at) = rest.find('\u{1b}') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + rest[at..].find('m').unwrap() + 1..];
        }
        assert_eq!(plain + rest, draw(&two_lanes(), canvas(80)));
        assert_ne!(coloured, draw(&two_lanes(), canvas(80)));
    }

    #[test]
    fn many_lanes_are_counted() {
        let lane = Lane::of(Text::same("x"), State::Running, 0, 1);
        let trace = Trace::new(Text::default(), vec![lane; MOST_LANES + 3]);
        assert!(draw(&trace, canvas(80)).contains("외 3개"));
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let empty = draw(&Trace::default(), canvas(80));
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
