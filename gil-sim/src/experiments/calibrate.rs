//! Calibration: how long the operations of a lock take here, shown and written to a file that `predict` reads.
//!
//! Run: `cargo run -p gil-sim -- calibrate --out machine.json`. Python twin: `python/calibrate.py`, which predict and verify run.

use std::path::Path;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::report::unit;
use lab::report::{Report, Table, Unit};
use lab::{Result, atomic_write, text};

use crate::calibrate::{Quiet, machine, median};
use crate::sim::Machine;

/// `gil-sim calibrate`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let out = options.output("out", text!("predict가 읽을 파일", "a file for predict to read"));
    Experiment::new(
        "calibrate",
        text!("이 컴퓨터에서 락의 각 동작에 걸리는 시간", "how long the operations of a lock take here"),
        options,
        move |a| run(a.get(out).as_deref()),
    )
}

/// Measures this machine and shows what was found; writes it to a file if asked.
pub fn run(out: Option<&Path>) -> Result<Report> {
    let quiet = Quiet::ask();
    let found = machine(None, &quiet)?;
    if let Some(path) = out {
        let json = serde_json::to_string(&found).expect("a machine is plain data");
        atomic_write::write(path, json.as_bytes())?;
    }
    let mut report = Report::new("gil-sim/calibrate");
    report.tables = vec![wakes(&found), curves(&found)];
    report.notes = vec![quiet.note(), rest(&found)];
    report.notes.extend(distance(&found));
    report.shows = text!(
        "락을 구성하는 동작들이 이 컴퓨터에서 얼마나 걸리는지 측정했습니다. 어느 측정값에도 GIL은 들어 있지 않습니다.",
        "How long the operations that make up a lock take on this machine. No GIL is involved in any of them."
    );
    Ok(report)
}

fn human(ns: u64) -> Text {
    Text::same(unit::duration(ns as f64))
}

fn wakes(machine: &Machine) -> Table {
    let rows = machine.wake.points.iter().map(|(idle, pairs)| {
        let latency = median(pairs.iter().map(|p| p.0).collect());
        let cost = median(pairs.iter().map(|p| p.1).collect());
        vec![human(*idle), human(latency), human(cost)]
    });
    Table {
        title: text!("잠든 스레드 깨우기 (중앙값)", "Waking a sleeping thread (medians)"),
        head: vec![
            text!("코어 유휴 시간", "core idle for"),
            text!("깨어나기까지", "until it runs"),
            text!("깨우는 쪽의 비용", "cost to the waker"),
        ],
        rows: rows.collect(),
    }
}

fn curves(machine: &Machine) -> Table {
    let columns = [&machine.late, &machine.heard, &machine.send, &machine.receive];
    let rows = machine.send.points.iter().map(|(slept, _)| {
        let cells = columns.iter().map(|curve| human(curve.median(*slept)));
        std::iter::once(human(*slept)).chain(cells).collect()
    });
    Table {
        title: text!("sleep 뒤의 지연 (중앙값)", "Delays after a sleep (medians)"),
        head: vec![
            text!("sleep 시간", "slept"),
            text!("타이머 지연", "timer late by"),
            text!("요청을 확인하기까지", "request seen after"),
            Text::same("send"),
            Text::same("recv"),
        ],
        rows: rows.collect(),
    }
}

/// None with one core.
fn distance(machine: &Machine) -> Option<Text> {
    if machine.cores == 1 {
        return None;
    }
    Some(machine.core_to_core.map(human).map_or_else(
        || {
            text!(
                "두 코어 사이의 거리가 측정하는 동안 바뀌었습니다: 가상 머신의 호스트가 코어를 옮겼을 것입니다.",
                "The distance between two cores changed during the measurement: a virtual machine's host may have moved them."
            )
        },
        |time| {
            text!(
                "한 코어가 쓴 값을 다른 코어가 보기까지 {time}.",
                "What one core writes another one sees after {time}."
            )
        },
    ))
}

fn rest(machine: &Machine) -> Text {
    let (cores, dispatch) = (machine.cores, human(machine.dispatch));
    let share = |length| unit::value(machine.steals.share(length, machine.heard.median(length)), Unit::Share);
    let (short, usual) = (share(500_000), share(5_000_000));
    text!(
        "코어 {cores}개, 한 코어에서 다음 스레드로 전환하는 데 {dispatch}. 방금 요청한 스레드가 더 오래 기다린 스레드의 신호를 가로채는 비율: 0.5 ms 기다린 뒤 {short}, 5 ms 뒤 {usual}.",
        "Cores: {cores}; switching from one thread to the next on a core takes {dispatch}. How often a thread that has just asked takes the signal of one that has waited longer: {short} after a wait of 0.5 ms, {usual} after 5 ms."
    )
}
