//! `cargo run --release -p compare`: the command line of 병렬 처리 기법 비교.

use std::process::ExitCode;
use std::time::Duration;

use compare::cell::{CELL, Cell, UNIT};
use compare::plan::{Size, Technique, Workload};
use compare::table;
use lab::cli::{Args, Declared, Kind, Section, opt};
use lab::lang::Text;
use lab::{Error, Result, terminal, text};

fn main() -> ExitCode {
    let mut options = Size::options();
    options.push(opt(
        "rounds",
        Kind::Count(1, 100),
        "3",
        text!("번갈아 되풀이하는 횟수", "how many times each is repeated, in turn"),
    ));
    options.push(opt(
        "delay",
        Kind::Seconds(0.001, 5.0),
        "0.05",
        text!("서버가 답하기까지의 시간(초)", "seconds until the server answers"),
    ));
    let mut unit_options = cell_options();
    unit_options.push(opt("unit", Kind::Count(0, 100_000), "0", Text::default()));
    Section::new(
        "compare",
        text!("병렬 처리 기법 비교: 글의 표를 이 컴퓨터에서 잽니다", "the article's table, measured on this machine"),
    )
    .experiment("table", text!("글의 표", "the article's table"), options, |a| {
        table::run(&Size::from(a), a.seconds("delay").max(Duration::from_millis(1)), a.size("rounds"), a.pythons())
    })
    .child(CELL, cell_options(), |a| {
        let report = cell(a)?.measure()?;
        terminal::print(&report.to_json());
        Ok(())
    })
    .child(UNIT, unit_options, |a| {
        terminal::print(&cell(a)?.unit_in_process(a.size("unit"))?.to_line());
        Ok(())
    })
    .main()
}

/// What a child is told about its cell.
fn cell_options() -> Vec<Declared> {
    let mut options = Size::options();
    options.push(opt("workload", Kind::Choice(&Workload::IDS), "io", Text::default()));
    options.push(opt("technique", Kind::Choice(&Technique::IDS), "sequence", Text::default()));
    options.push(opt("server", Kind::Word, "127.0.0.1:1", Text::default()));
    options
}

fn cell(a: &Args) -> Result<Cell> {
    let find = |ids: &[&str], name: &str| ids.iter().position(|id| Some(*id) == a.word(name)).unwrap_or(0);
    let server = a.word("server").and_then(|server| server.parse().ok());
    Ok(Cell {
        workload: Workload::ALL[find(&Workload::IDS, "workload")],
        technique: Technique::ALL[find(&Technique::IDS, "technique")],
        size: Size::from(a),
        server: server
            .ok_or_else(|| Error::usage(text!("--server: 주소:포트를 주십시오.", "--server: give an address:port.")))?,
    })
}
