//! What came of the turns.

use lab::lang::Text;
use lab::report::{Report, Table};
use lab::text;

use super::session::{Session, words};
use crate::one_lock;
use crate::sim::{Stepper, Turn};

/// Turns that are shown in the table: the last ones.
const SHOWN: usize = 24;

impl Session {
    pub(super) fn report(&self, title: &Text) -> Report {
        let mut report = Report::new("gil-sim/step");
        let turns = self.stepper.turns();
        let mut trace = self.stepper.trace(title.clone());
        // Nothing took any time here; a turn is drawn as a microsecond.
        let (ko, en) = (&title.ko, &title.en);
        trace.title =
            Text { ko: format!("{ko} (한 차례를 1 µs로 그림)"), en: format!("{en} (a turn drawn as 1 µs)") };
        report.traces = vec![trace];
        report.tables = vec![self.table()];
        report.verdicts.push(one_lock::judge(self.stepper.setup(), self.peak));
        let (n, peak, words) = (turns.len(), self.peak, turns.iter().map(Turn::to_string).collect::<String>());
        report.notes.push(text!("스케줄: {words}", "schedule: {words}"));
        report.shows = if peak <= self.stepper.holders().len() {
            text!(
                "{n}차례 동안 같은 GIL을 동시에 쥔 스레드는 많아야 하나였습니다. 락이 제대로 동작했습니다.",
                "In {n} turns, at most one thread held a GIL at any time: the lock works."
            )
        } else {
            text!(
                "{n}차례 동안 최대 {peak}개의 스레드가 동시에 계산했습니다.",
                "In {n} turns, up to {peak} threads computed at once."
            )
        };
        report
    }

    /// The phases of all threads after each of the last turns.
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
        let mut head = vec![text!("차례", "turn"), text!("대상", "who")];
        head.extend(self.names.clone());
        Table { title: text!("차례별 스레드의 상태", "The state of each thread after each turn"), head, rows }
    }
}
