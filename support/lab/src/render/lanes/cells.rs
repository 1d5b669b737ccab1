//! Samples lanes into cells: what each column of a lane shows.

use super::super::state_style::{BORDER, glyph};
use crate::trace::{Lane, Span, State};

/// The time scale: `duration` ns are drawn over `columns` columns.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    pub duration: u64,
    pub columns: usize,
}

/// The instant that a column shows, in ns from the start; the same for all lanes.
///
/// Not the middle of each column: sampling at a fixed period would alias, and turns about as long as a column would look like slow
/// turns. The golden ratio varies the instant within the column without a period.
fn instant(column: usize, columns: usize, duration: u64) -> u64 {
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let within = (column as f64 * GOLDEN).fract();
    ((column as f64 + within) / columns as f64 * duration as f64) as u64
}

/// What a column of a lane shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub state: State,
    pub glyph: char,
}

impl Cell {
    pub fn of(state: State) -> Cell {
        Cell { state, glyph: glyph(state) }
    }
}

/// The spans that a lane is in at the instant of each column, in a trace that starts at `start`.
fn sampled(lane: &Lane, start: u64, scale: Scale) -> Vec<Option<&Span>> {
    let duration = scale.duration.max(1);
    let stretches: Vec<&Span> = lane.spans.iter().filter(|span| !span.state.is_mark()).collect();
    let mut row: Vec<Option<&Span>> = (0..scale.columns)
        .map(|column| {
            let t = start + instant(column, scale.columns, duration);
            let next = stretches.partition_point(|span| span.end <= t);
            stretches.get(next).copied().filter(|span| span.start <= t)
        })
        .collect();
    // A lane that existed only between two sampled instants still gets one glyph.
    if row.iter().all(Option::is_none)
        && let Some(first) = stretches.first()
    {
        row[column_of(first.start, start, scale)] = Some(first);
    }
    row
}

fn column_of(t: u64, start: u64, scale: Scale) -> usize {
    let offset = u128::from(t.saturating_sub(start));
    let column = (offset * scale.columns as u128 / u128::from(scale.duration.max(1))) as usize;
    column.min(scale.columns - 1)
}

/// What each column shows: the state, the border between two waits, or over them the mark of what ended there.
fn cells(lane: &Lane, start: u64, scale: Scale) -> Vec<Cell> {
    /// Shorter waits have no border: it would hide them.
    const BORDERED: u64 = 3;
    let row = sampled(lane, start, scale);
    let long = |span: &Span| (span.end - span.start) * scale.columns as u64 / scale.duration.max(1) >= BORDERED;
    let bordered = |a: &Span, b: &Span| {
        let waits = a.state == State::WaitingForIo && b.state == State::WaitingForIo;
        waits && !std::ptr::eq(a, b) && long(a) && long(b)
    };
    let cell = |column: usize| match (column.checked_sub(1).and_then(|before| row[before]), row[column]) {
        (Some(a), Some(b)) if bordered(a, b) => Cell { state: b.state, glyph: BORDER },
        (_, Some(span)) => Cell::of(span.state),
        (_, None) => Cell::of(State::Idle),
    };
    let mut cells: Vec<Cell> = (0..row.len()).map(cell).collect();
    for mark in lane.spans.iter().filter(|span| span.state.is_mark()) {
        cells[column_of(mark.start, start, scale)] = Cell::of(mark.state);
    }
    cells
}

/// The cells of all lanes. A lane that ran only between the sampled instants shows it once, where it first ran: else the thread of an
/// event loop, which runs for microseconds, would look as if it only waited. Not where another lane runs in the same column, because
/// lanes that took turns would look parallel.
pub fn all_cells(lanes: &[Lane], start: u64, scale: Scale) -> Vec<Vec<Cell>> {
    let runs = |cell: &Cell| cell.state == State::Running;
    let mut rows: Vec<Vec<Cell>> = lanes.iter().map(|lane| cells(lane, start, scale)).collect();
    for (n, lane) in lanes.iter().enumerate() {
        let ran = lane.spans.iter().find(|span| span.state == State::Running && span.start < span.end);
        let Some(first) = ran.filter(|_| !rows[n].iter().any(runs)) else { continue };
        let column = column_of(first.start, start, scale);
        if !rows[n][column].state.is_mark() && !rows.iter().any(|row| runs(&row[column])) {
            rows[n][column] = Cell::of(State::Running);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Text;
    use crate::trace::Trace;

    #[test]
    fn turns_never_look_parallel() {
        // 2,000 turns of 1 ms each in 80 columns: any rule that paints "most of the column" paints both.
        let turns = |offset: u64| {
            (0..1000u64).map(move |i| Span { state: State::Running, start: 2 * i + offset, end: 2 * i + 1 + offset })
        };
        let lanes = [0, 1].map(|i| Lane { name: Text::same("x"), spans: turns(i).collect() });
        let trace = Trace::new(Text::default(), lanes.to_vec());
        let rows = trace
            .lanes
            .iter()
            .map(|lane| cells(lane, trace.start(), Scale { duration: trace.duration(), columns: 80 }))
            .collect::<Vec<_>>();
        assert!((0..80).all(|c| !(rows[0][c].state == State::Running && rows[1][c].state == State::Running)));
        assert!((0..80).all(|c| [0, 1].iter().any(|lane| rows[*lane][c].state == State::Running)));
    }

    #[test]
    fn turns_as_long_as_a_column_do_not_look_slow() {
        // Turns of 5 ms, columns of 10.3 ms: sampled in their middles, they look like turns of a hundred milliseconds.
        let turn = 5_000_000;
        let spans = (0..80).map(|i| Span { state: State::Running, start: 2 * i * turn, end: (2 * i + 1) * turn });
        let trace = Trace::new(Text::default(), vec![Lane { name: Text::same("x"), spans: spans.collect() }]);
        let row = cells(&trace.lanes[0], trace.start(), Scale { duration: trace.duration(), columns: 77 });
        let longest = row.chunk_by(|a, b| a == b).map(<[_]>::len).max().unwrap();
        assert!(longest <= 5, "{row:?}");
    }
}
