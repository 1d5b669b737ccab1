//! The judge's lanes and turns beside ours.

use std::cmp::Reverse;

use lab::lang::{Lang, Text};
use lab::report::{Report, Table, unit};
use lab::trace::{Lane, Trace};
use lab::{stats, text};

use super::Seen;
use crate::turns::{Turns, sampled};

/// Puts what the judge saw into a report: its lanes beside ours, and the turns of all of them; or a line that says why it is missing.
/// Ours are looked at as seldom as it looks, so that both miss the same. /// `drawn` is the part of its trace that is drawn.
pub fn join(report: &mut Report, ours: &[(Text, Trace)], seen: Result<Seen, Text>, drawn: impl Fn(&Trace) -> Trace) {
    match seen {
        Ok(Seen { judge, trace, grain }) => {
            let ours = ours.iter().map(|(on, trace)| (on.clone(), sampled(trace, grain)));
            let all: Vec<(Text, Trace)> = ours.chain([(Text::same(judge), trace.clone())]).collect();
            report.tables.push(table(&all));
            let every = unit::duration(grain as f64);
            report.notes.push(text!(
                "CPython의 샘플링 프로파일러는 {every}마다 누가 GIL을 쥐고 누가 기다리는지 읽습니다. 그보다 짧은 차례는 대기가 끝나는 것으로만 드러나므로, 표에서는 다른 그림도 같은 간격으로 읽었습니다. 레인의 빈 곳은 쥐지도 기다리지도 않는 시간입니다.",
                "CPython's sampling profiler looks every {every} who holds the GIL and who waits for it. A shorter turn shows only by the end of the wait for it, so the table looks at the other drawings as seldom. Where a lane is blank, the thread does neither."
            ));
            report.traces.push(drawn(&trace));
        }
        Err(Text { ko, en }) => report.notes.push(text!(
            "인터프리터가 보고한 GIL 보유 스레드: 측정하지 않음: {ko}.",
            "who holds the GIL, as the interpreter says: not measured: {en}."
        )),
    }
}

/// Each lane's turns, and whose turn came next.
fn table(traces: &[(Text, Trace)]) -> Table {
    let human = |ns: Option<f64>| Text::same(ns.map_or_else(|| "–".to_owned(), unit::duration));
    let rows = traces.iter().flat_map(|(on, trace)| {
        let turns = Turns::of(trace);
        let row = move |(n, lane): (usize, &Lane)| {
            let (holds, waits) = (turns.holds(n), &turns.waits[n]);
            vec![
                on.clone(),
                lane.name.clone(),
                Text::same(holds.len().to_string()),
                human(stats::median(&holds)),
                human(stats::quantile(&holds, 0.9)),
                human(stats::median(waits)),
                human(stats::quantile(waits, 0.9)),
                next(trace, &turns.after(n)),
            ]
        };
        trace.lanes.iter().enumerate().map(row).collect::<Vec<_>>()
    });
    Table {
        title: text!("GIL의 차례", "Turns at the GIL"),
        head: vec![
            text!("대상", "runs on"),
            text!("스레드", "thread"),
            text!("차례", "turns"),
            text!("보유", "held"),
            Text::same("p90"),
            text!("대기", "waited"),
            Text::same("p90"),
            text!("다음 차례", "then"),
        ],
        rows: rows.collect(),
    }
}

/// "Thread 1: 100 %": whose turn came next, the most frequent first.
fn next(trace: &Trace, after: &[usize]) -> Text {
    let all: usize = after.iter().sum();
    let mut order: Vec<usize> = (0..after.len()).filter(|lane| after[*lane] > 0).collect();
    order.sort_by_key(|lane| Reverse(after[*lane]));
    let parts = |lang: Lang| {
        let part = |lane: &usize| {
            let share = 100.0 * after[*lane] as f64 / all as f64;
            format!("{}: {share:.0} %", trace.lanes[*lane].name.get(lang))
        };
        order.iter().map(part).collect::<Vec<_>>().join(", ")
    };
    Text { ko: parts(Lang::Ko), en: parts(Lang::En) }
}
