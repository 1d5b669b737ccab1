//! The lanes of a run, with the place marked.

use lab::render::Canvas;
use lab::render::lanes::{Foot, MOST_LANES, draw as draw_lanes};
use lab::text;
use lab::trace::Trace;
use unicode_width::UnicodeWidthStr;

use crate::promise::Place;

/// The lanes; under the place's lane a row that marks it.
pub fn draw(trace: &Trace, place: Option<&Place>, canvas: Canvas) -> String {
    let drawn = draw_lanes(&[trace], MOST_LANES, Foot::Each, canvas).concat();
    // Without colour the columns can be counted.
    let plain = draw_lanes(&[trace], MOST_LANES, Foot::Each, Canvas { colour: false, ..canvas }).concat();
    let mark = place.and_then(|place| Some((place.lane, marked(&plain, trace, place, canvas)?)));
    let mut out = String::new();
    let mut lane = 0;
    for (line, plain) in drawn.lines().zip(plain.lines()) {
        out.push_str(line);
        out.push('\n');
        let is_lane = plain.ends_with('│');
        if let Some((_, mark)) = mark.as_ref().filter(|(marked, _)| is_lane && *marked == lane) {
            out.push_str(mark);
            out.push('\n');
        }
        lane += usize::from(is_lane);
    }
    out
}

/// The row under the lane.
fn marked(plain: &str, trace: &Trace, place: &Place, canvas: Canvas) -> Option<String> {
    let row = plain.lines().filter(|line| line.ends_with('│')).nth(place.lane)?;
    let before = row[..row.find('│')?].width() + 1;
    let columns = row.width().checked_sub(before + 1)?;
    let (start, all) = (trace.start(), trace.duration().max(1));
    let column = |at: u64| (u128::from(at.saturating_sub(start)) * columns as u128 / u128::from(all)) as usize;
    let from = column(place.from).min(columns.saturating_sub(1));
    let to = column(place.to).clamp(from + 1, columns);
    let mut mark = format!("{}{}", " ".repeat(before + from), "▲".repeat(to - from));
    let here = text!("여기", "here");
    let here = here.get(canvas.lang);
    if mark.width() + 1 + here.width() <= canvas.width {
        mark.push(' ');
        mark.push_str(here);
    }
    Some(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lab::lang::Lang;
    use lab::trace::{Lane, State};

    #[test]
    fn the_mark_stands_under_its_stretch() {
        let lanes = vec![Lane::of("a".into(), State::Running, 0, 50), Lane::of("b".into(), State::Running, 50, 100)];
        let trace = Trace::new("title".into(), lanes);
        for width in [40, 80, 120] {
            let canvas = Canvas { width, colour: false, lang: Lang::En };
            let picture = draw(&trace, Some(&Place { lane: 1, from: 50, to: 100 }), canvas);
            let lines: Vec<&str> = picture.lines().collect();
            let at = lines.iter().position(|line| line.contains('▲')).unwrap();
            let columns = |line: &str, c: char| -> Vec<usize> {
                line.char_indices().filter(|(_, other)| *other == c).map(|(at, _)| line[..at].width()).collect()
            };
            assert_eq!(columns(lines[at], '▲'), columns(lines[at - 1], '█'), "{picture}");
            assert!(lines[at - 1].starts_with('b'), "{picture}");
        }
    }
}
