//! The three questions of the book's page, for `--ask`.

use lab::ask::{self, Outcome, Question};
use lab::lang::Text;
use lab::report::{Measure, Report, Table, Unit, unit};
use lab::text;

use crate::experiments::table::grade::{ArticleRow, UseCase};

/// All three.
pub fn all() -> Vec<Question> {
    vec![
        Question::new(
            text!(
                "Rust 열에서 글과 다름이 나오는 칸은 어디일까요?",
                "In the column Rust, which cells differ from the article?"
            ),
            vec![
                text!("없음", "none"),
                text!("멀티스레딩의 병렬성과 CPU 바운드", "parallelism and CPU-bound of multithreading"),
                text!("asyncio의 병렬성과 CPU 바운드", "parallelism and CPU-bound of asyncio"),
                text!("그 밖의 칸", "others"),
            ],
            differing,
        ),
        Question::new(
            text!(
                "Rust에 GIL을 씌운 열에서는 그 칸들이 어떻게 바뀔까요?",
                "What happens to those cells in the column in which Rust runs under a GIL?"
            ),
            vec![
                text!("그대로 글과 다릅니다", "they still differ"),
                text!("글과 같아집니다", "they become the same as in the article"),
                text!("일부만 같아집니다", "some of them become the same"),
            ],
            under_a_gil,
        ),
        Question::new(
            text!(
                "기다리는 단위 하나가 쓰는 메모리는 스레드, asyncio 태스크, 프로세스에서 각각 어떻게 다를까요?",
                "How much memory does one waiting unit take as a thread, as an asyncio task, and as a process?"
            ),
            vec![
                text!("태스크 < 스레드 < 프로세스", "task < thread < process"),
                text!("스레드 < 태스크 < 프로세스", "thread < task < process"),
                text!("태스크 < 프로세스 < 스레드", "task < process < thread"),
                text!("그 밖의 순서", "another order"),
            ],
            memory,
        ),
    ]
}

/// A cell of the article's table: its technique's table, its row, and its mark in a column of ours.
struct Cell<'r> {
    technique: usize,
    row: &'r Text,
    mark: char,
}

/// The cells of a column, without the use cases: those name a technique, and another one may do as well.
fn column<'r>(report: &'r Report, name: &str) -> Result<Vec<Cell<'r>>, Text> {
    let place = |table: &Table| table.head.iter().position(|head| head.en == name);
    let article = |table: &&Table| table.head.get(1).is_some_and(|head| *head == text!("글", "article"));
    let tables = report.tables.iter().filter(article).filter_map(|table| Some((table, place(table)?)));
    let cells = tables.enumerate().flat_map(|(technique, (table, at))| {
        let mark = move |row: &Vec<Text>| row.get(at).and_then(|cell| cell.en.chars().next()).unwrap_or('–');
        table.rows.iter().map(move |row| Cell { technique, row: &row[0], mark: mark(row) })
    });
    let uses: Vec<Text> = UseCase::ALL.map(|(case, _)| ArticleRow::UseCase(case).name()).into();
    let cells: Vec<Cell<'r>> = cells.filter(|cell| !uses.contains(cell.row)).collect();
    if cells.is_empty() { Err(ask::not_in_this_run(name)) } else { Ok(cells) }
}

const COMPUTING: [ArticleRow; 2] = [ArticleRow::Parallelism, ArticleRow::CpuBound];
const NAMES: [&str; 3] = ["multithreading", "asyncio", "multiprocessing"];

fn differing(report: &Report) -> Outcome {
    let cells = column(report, "Rust")?;
    let name = |cell: &&Cell<'_>| {
        let (technique, Text { ko, en }) = (NAMES[cell.technique % 3], cell.row);
        text!("{technique} {ko}(다름)", "{technique}: {en} differs")
    };
    let differs = || cells.iter().filter(|cell| cell.mark == '!');
    let names: Vec<Text> = differs().map(|cell| name(&cell)).collect();
    let list = |of: fn(&Text) -> &str| names.iter().map(of).collect::<Vec<_>>().join(", ");
    let evidence = Text { ko: list(|name| &name.ko), en: list(|name| &name.en) };
    let of_computing = |technique| {
        let is = |cell: &Cell<'_>| cell.technique == technique && COMPUTING.iter().any(|row| row.name() == *cell.row);
        differs().count() == 2 && differs().all(is)
    };
    // A cell without a verdict may differ or not.
    let computes = |cell: &&Cell<'_>| COMPUTING.iter().any(|row| row.name() == *cell.row);
    let unknown = cells.iter().filter(computes).any(|cell| matches!(cell.mark, '?' | '–'));
    match names.is_empty() {
        _ if of_computing(0) => Ok((1, evidence)),
        _ if of_computing(1) => Ok((2, evidence)),
        _ if unknown => Err(text!(
            "계산하는 행에 판정하지 못한 칸이 있습니다(?, –). 컴퓨터가 한가할 때 실행하십시오",
            "some cells of the rows on computing are undecided (?, –): run it while the machine is idle"
        )),
        true => Ok((0, text!("!가 붙은 칸 없음", "no cell with !"))),
        false => Ok((3, evidence)),
    }
}

fn under_a_gil(report: &Report) -> Outcome {
    let (rust, gil) = (column(report, "Rust")?, column(report, "Rust+GIL")?);
    let marks: Vec<char> =
        rust.iter().zip(&gil).filter(|(cell, _)| cell.mark == '!').map(|(_, cell)| cell.mark).collect();
    let shown: Vec<String> = marks.iter().map(char::to_string).collect();
    let shown = shown.join(" ");
    let evidence = text!("Rust+GIL 열의 표시: {shown}", "marks in the column Rust+GIL: {shown}");
    let all = |wanted: char| marks.iter().all(|mark| *mark == wanted);
    match marks.as_slice() {
        [] => Err(text!("Rust 열에서 글과 다른 칸이 없습니다", "no cell differs in the column Rust")),
        _ if marks.iter().any(|mark| !"=~!".contains(*mark)) => Err(evidence),
        _ if all('!') => Ok((0, evidence)),
        _ if all('=') => Ok((1, evidence)),
        _ => Ok((2, evidence)),
    }
}

fn memory(report: &Report) -> Outcome {
    let of = |technique: &str| ask::measure(report, &format!("io.rust.{technique}.memory")).map(Measure::median);
    let (task, thread, process) = (of("asyncio")?, of("threads")?, of("processes")?);
    let shown = [task, thread, process].map(|bytes| unit::value(bytes, Unit::Bytes));
    let [a, b, c] = shown;
    let evidence = text!("태스크 {a}, 스레드 {b}, 프로세스 {c}", "task {a}, thread {b}, process {c}");
    let option = match () {
        () if task < thread && thread < process => 0,
        () if thread < task && task < process => 1,
        () if task < process && process < thread => 2,
        () => 3,
    };
    Ok((option, evidence))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The article's tables with these marks in the two columns, for the rows on computing of the first technique.
    fn tables(rust: &str, gil: &str, elsewhere: &str) -> Report {
        let table = |rust: &str, gil: &str| {
            let row = |(row, (rust, gil)): (ArticleRow, (char, char))| {
                let cell = |mark: char| Text::same(format!("{mark} yes"));
                vec![row.name(), Text::same("no"), cell(rust), cell(gil)]
            };
            Table {
                title: Text::default(),
                head: vec![text!("구분", "row"), text!("글", "article"), Text::same("Rust"), Text::same("Rust+GIL")],
                rows: COMPUTING.into_iter().zip(rust.chars().zip(gil.chars())).map(row).collect(),
            }
        };
        let tables = vec![table(rust, gil), table(elsewhere, "=="), table("==", "==")];
        Report { tables, ..Report::default() }
    }

    #[test]
    fn the_cells_that_differ_are_those_of_the_run() {
        let option = |rust, elsewhere| differing(&tables(rust, "==", elsewhere)).map(|(option, _)| option).ok();
        assert_eq!([option("!!", "=="), option("==", "!!"), option("==", "==")], [Some(1), Some(2), Some(0)]);
        assert_eq!([option("!=", "!="), option("!?", "=="), option("!!", "–=")], [Some(3), None, Some(1)]);
        assert!(differing(&Report::default()).is_err());
    }

    #[test]
    fn the_same_cells_under_a_gil() {
        let option = |gil| under_a_gil(&tables("!!", gil, "==")).map(|(option, _)| option).ok();
        assert_eq!([option("!!"), option("=="), option("=!"), option("=–")], [Some(0), Some(1), Some(2), None]);
        assert!(under_a_gil(&tables("==", "==", "==")).is_err());
    }

    #[test]
    fn memory_has_the_order_that_was_measured() {
        let option = |bytes: [f64; 3]| {
            let measure = |(technique, bytes)| {
                Measure::new(format!("io.rust.{technique}.memory"), Text::default(), Unit::Bytes, vec![bytes])
            };
            let measures = ["asyncio", "threads", "processes"].into_iter().zip(bytes).map(measure).collect();
            memory(&Report { measures, ..Report::default() }).unwrap().0
        };
        assert_eq!([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 3.0, 2.0], [3.0, 2.0, 1.0]].map(option), [0, 1, 2, 3]);
    }
}
