//! What came of the turns.

use lab::lang::Text;
use lab::report::{Report, Table};
use lab::text;

use super::session::{Session, words};
use crate::sim::{Stepper, Turn};

/// Turns that are shown in the table: the last ones.
const SHOWN: usize = 24;

impl Session {
    pub(super) fn report(&self, title: &Text) -> Report {
        let mut report = Report::new("gil-sim/step");
        let turns = self.stepper.turns();
        let mut trace = self.stepper.trace(title.clone());
        // A turn is drawn as a microsecond; nothing took any time.
        let (ko, en) = (&title.ko, &title.en);
        trace.title =
            Text { ko: format!("{ko} (한 차례를 1 µs로)"), en: format!("{en} (a turn drawn as 1 µs)") };
        report.traces = vec![trace];
        report.tables = vec![self.table()];
        let (n, peak, words) = (turns.len(), self.peak, turns.iter().map(Turn::to_string).collect::<String>());
        report.notes.push(text!("일정: {words}", "schedule: {words}"));
        report.shows = if peak <= self.stepper.holders().len() {
            text!(
                "{n}번의 차례 동안 한 GIL을 쥔 스레드는 많아야 하나였습니다. 락은 지켜졌습니다.",
                "In {n} turns at most one thread held a GIL at once: the lock held."
            )
        } else {
            text!(
                "{n}번의 차례 동안 한때 {peak}개의 스레드가 함께 계산했습니다.",
                "In {n} turns, at one time {peak} threads computed at once."
            )
        };
        report
    }

    /// Where everybody was after each of the last turns.
    fn table(&self) -> Table {
        let turns = self.stepper.turns();
        let from = turns.len().saturating_sub(SHOWN);
        let mut again = Stepper::new(self.stepper.setup());
        let mut rows = Vec::new();
        for (i, turn) in turns.iter().enumerate() {
            assert!(again.go(*turn), "what went once goes again");
            if i >= from {
                let number = i + 1;
                let mut row = vec![Text::same(number.to_string()), Text::same(turn.to_string())];
                row.extend((0..self.names.len()).map(|thread| words(again.phase(thread))));
                rows.push(row);
            }
        }
        let mut head = vec![text!("차례", "turn"), text!("누가", "who")];
        head.extend(self.names.clone());
        Table {
            title: text!("차례마다 스레드가 있는 곳", "Where the threads are after each turn"), head, rows
        }
    }
}
