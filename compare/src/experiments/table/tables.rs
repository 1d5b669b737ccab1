//! The tables: the article's columns beside what was measured, and what they come from.

use lab::lang::Text;
use lab::report::unit;
use lab::report::{Table, Unit};
use lab::{stats, text};

use super::bench::{Bench, join};
use super::grade;
use super::judge::{self, Judge, Judged, Judgement};
use super::plan::{Technique, Workload};
use super::samples::{CellSamples, Who};

/// A table with more judges than these does not fit into 80 columns.
const MOST_JUDGES: usize = 4;

impl Bench<'_> {
    pub(super) fn workload_table(&self, workload: Workload) -> Option<Table> {
        let head = vec![
            text!("기법", "technique"),
            workload.rate_name().unwrap_or_else(|| text!("시간", "time")),
            text!("95 % 구간", "95 % interval"),
            text!("속도", "speed"),
            text!("메모리", "memory"),
            text!("타 작업", "others"),
        ];
        // Rust first, then each Python: a reader compares techniques.
        let mut rows: Vec<&CellSamples> =
            self.cells.iter().filter(|c| c.workload == workload && !c.wall.is_empty()).collect();
        rows.sort_by_key(|c| c.who);
        let rows: Vec<Vec<Text>> = rows.into_iter().map(|c| self.row(c)).collect();
        (!rows.is_empty()).then(|| Table { title: workload.name(), head, rows })
    }

    fn row(&self, c: &CellSamples) -> Vec<Text> {
        let shows_rate = c.workload.rate_name().is_some();
        let shown = |v: f64| if shows_rate { format!("{v:.0}") } else { unit::duration(v) };
        let values = if shows_rate { &c.rate } else { &c.wall };
        let interval = stats::median_interval(values).filter(|_| values.len() > 1);
        let memory = stats::median(&c.memory).map(|bytes| unit::value(bytes, Unit::Bytes));
        let or_dash = |cell: Option<String>| Text::same(cell.unwrap_or("–".into()));
        vec![
            self.name(c),
            or_dash(stats::median(values).map(shown)),
            or_dash(interval.map(|(low, high)| short_range(&shown(low), &shown(high)))),
            self.speed_up(c).map_or(Text::same("–"), unit::times),
            or_dash(memory),
            or_dash(self.foreign_in(c).map(|share| format!("{:.0} %", 100.0 * share))),
        ]
    }

    /// Everybody with every technique, in the order of the table.
    fn all_techniques(&self) -> impl Iterator<Item = (Who, Technique)> + use<> {
        self.everybody().flat_map(|who| Technique::ALL.map(|technique| (who, technique)))
    }

    /// What was alive at the same moment.
    pub(super) fn alive_table(&self) -> Table {
        let row = |(who, technique): (Who, Technique)| {
            let alive = self.alive.get(&(who, technique.id()))?;
            let numbers = [alive.processes, alive.threads, alive.loops].map(|n| Text::same(n.to_string()));
            let name = join(&Text::same(self.who(who)), &technique.name());
            Some(std::iter::once(name).chain(numbers).collect())
        };
        Table {
            title: text!("방식: 단위가 함께 살아 있을 때", "how it works: while the units are alive together"),
            head: vec![
                text!("기법", "technique"),
                text!("프로세스", "processes"),
                text!("스레드", "threads"),
                text!("이벤트 루프", "event loops"),
            ],
            rows: self.all_techniques().filter_map(row).collect(),
        }
    }

    /// What the programs are made of.
    pub(super) fn complexity_table(&self) -> Table {
        let row = |(who, technique): (Who, Technique)| {
            let counts = self.counts.get(&(who, technique.id()))?;
            let name = join(&Text::same(self.who(who)), &technique.name());
            Some(std::iter::once(name).chain(counts.cells().map(|n| Text::same(n.to_string()))).collect())
        };
        Table {
            title: text!("코드 복잡도: 같은 일을 하는 프로그램", "code complexity: programs that do the same job"),
            head: vec![
                text!("기법", "technique"),
                text!("문장", "statements"),
                text!("대기", "awaits"),
                text!("락", "locks"),
                text!("직렬화", "serialized"),
                text!("합", "sum"),
            ],
            rows: self.all_techniques().filter_map(row).collect(),
        }
    }

    /// Each column of the article's table beside the measured ones. With more judges than fit, the Pythons have tables of their own.
    pub(super) fn article_tables(&self, judgement: &Judgement) -> Vec<Table> {
        let is_python = |judge: &Judge| matches!(judge, Judge::Python(_));
        let (pythons, ours): (Vec<Judge>, Vec<Judge>) = judgement.judges.iter().copied().partition(is_python);
        let groups: Vec<Vec<Judge>> = if judgement.judges.len() <= MOST_JUDGES {
            vec![judgement.judges.clone()]
        } else {
            std::iter::once(ours).chain(pythons.chunks(MOST_JUDGES).map(<[Judge]>::to_vec)).collect()
        };
        let tables = groups.iter().flat_map(|group| (0..3).map(move |column| (group, column)));
        tables.enumerate().map(|(n, (group, column))| self.article_table(judgement, group, column, n == 0)).collect()
    }

    fn article_table(&self, judgement: &Judgement, group: &[Judge], column: usize, is_first: bool) -> Table {
        let name =
            [text!("멀티스레딩", "multithreading"), Text::same("asyncio"), text!("멀티프로세싱", "multiprocessing")];
        let mut title = join(
            &text!("글의 표와 이 컴퓨터의 측정 결과", "the article's table, and what was measured on this machine"),
            &name[column],
        );
        if is_first {
            let marks = grade::marks();
            title = Text { ko: format!("{} ({})", title.ko, marks.ko), en: format!("{} ({})", title.en, marks.en) };
        }
        let mut head = vec![text!("구분", "row"), text!("글", "article")];
        head.extend(group.iter().map(|judge| Text::same(self.short_name(*judge))));
        let mut rows = Vec::new();
        for (cell, row) in judgement.cells.iter().zip(&judgement.of).filter(|(cell, _)| cell.column == column) {
            let mut cells = vec![cell.row.name(), cell.said.text()];
            let all = judgement.judges.iter().zip(row).filter(|(judge, _)| group.contains(judge));
            cells.extend(all.map(|(_, judged)| shown(judged)));
            rows.push(cells);
        }
        Table { title, head, rows }
    }

    /// As narrow as it can be: "CPython 3.13.0t", as its own program is called.
    pub(super) fn short_name(&self, judge: Judge) -> String {
        match judge {
            Judge::RustGil => "Rust+GIL".to_owned(),
            _ => self.judge_name(judge).replace(" free-threaded", "t"),
        }
    }
}

/// A cell: its mark and words; that there is no GIL; or a dash, whose reason is below the tables.
fn shown(judged: &Judged) -> Text {
    match judged {
        Ok(agreement) => agreement.marked(),
        Err(why) if *why == judge::no_gil() => text!("GIL 없음", "no GIL"),
        Err(_) => Text::same("–"),
    }
}

/// "754–767 ms".
pub(super) fn short_range(low: &str, high: &str) -> String {
    match (low.rsplit_once(' '), high.rsplit_once(' ')) {
        (Some((number, one)), Some((_, other))) if one == other => format!("{number}–{high}"),
        _ => format!("{low}–{high}"),
    }
}
