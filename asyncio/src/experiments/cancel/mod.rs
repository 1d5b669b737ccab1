//! Cancellation: what a future that is dropped between two awaits leaves behind, and what `select!` may lose.
//!
//! In Rust a future is cancelled by dropping it: nothing below the await runs, only destructors do. In Python
//! `CancelledError` is raised at the await, and `finally` sees it.
//!
//! Article: asyncio, 코드 예시. Run: `cargo run -p asyncio -- cancel`. Python twin: `python/cancel.py`.

pub mod partial_reads;
pub mod transfer;

use std::time::Duration;

use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{Error, Result, text, twin_script};
use tokio::runtime::Builder;

use crate::programs::cannot_start;
use partial_reads::{INTERRUPTED, Reader, Received};
use transfer::{AMOUNT, Balances, Transfer};

/// `cargo run -p asyncio -- cancel`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("기다려 주는 시간", "how long the caller waits");
    let timeout = options.seconds("timeout", 0.0..=60.0, 0.1, about);
    let about = text!("보낼 메시지 수", "how many messages are sent");
    let messages = options.size("messages", 1..=1_000_000, 12, about);
    let about = text!("await 사이에서 취소된 것이 남기는 것", "what is left when a task is cancelled at an await");
    Experiment::new("cancel", about, options, move |a| run(a.get(timeout), a.get(messages), a.pythons()))
}

/// Gives up on four transfers after `patience`, and reads `messages` in three ways, here and on CPython.
pub fn run(patience: Duration, messages: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/cancel");
    let runtime = Builder::new_current_thread().enable_time().build().map_err(cannot_start)?;
    for transfer in Transfer::ALL {
        let (balances, trace) = runtime.block_on(transfer::given_up(transfer, patience));
        check(transfer, balances)?;
        report.measures.extend(balance_measures(transfer, balances));
        report.traces.push(trace);
    }
    for reader in Reader::ALL {
        let received = runtime.block_on(partial_reads::through(reader, messages));
        report.measures.extend(message_measures(reader, received, messages));
    }
    report.tables = tables(&report, &Text::same("Rust, tokio"), "");
    let args = [patience.as_secs_f64().to_string(), messages.to_string(), INTERRUPTED.to_string()];
    python::join(&mut report, pythons, twin_script!("cancel"), &args, &[], |_, _| Vec::new());
    for python in pythons {
        let prefix = python.measure_id("");
        let theirs = tables(&report, &Text::same(python.to_string()), &prefix);
        report.tables.extend(theirs.into_iter().filter(|table| !table.rows.is_empty()));
    }
    report.measures_in_tables = true;
    report.notes = notes(patience, messages).into_iter().chain(report.notes).collect();
    report.shows = shows(&report, messages);
    Ok(report)
}

/// All of this is deterministic; another outcome is a bug here or in the runtime.
fn check(transfer: Transfer, seen: Balances) -> Result<()> {
    if seen == transfer.expected() {
        return Ok(());
    }
    let (id, Balances { from, to }) = (transfer.id(), seen);
    Err(Error::failed(text!(
        "{id}: 끝난 뒤 두 계좌에 {from}과 {to}: 있을 수 없는 결과입니다",
        "{id}: {from} and {to} in the accounts at the end, which cannot be"
    )))
}

fn balance_measures(transfer: Transfer, balances: Balances) -> [Measure; 2] {
    let Text { ko, en } = transfer.name();
    let measure = |what: &str, name: Text, value: u64| {
        Measure::new(format!("{}.{what}", transfer.id()), name, Unit::Count, vec![value as f64])
    };
    [
        measure("from", text!("{ko}: 보내는 계좌", "{en}: the sender's account"), balances.from),
        measure("to", text!("{ko}: 받는 계좌", "{en}: the receiver's account"), balances.to),
    ]
}

fn message_measures(reader: Reader, received: Received, messages: usize) -> [Measure; 3] {
    let Text { ko, en } = reader.name();
    let measure = |what: &str, name: Text, value: usize| {
        Measure::new(format!("{}.{what}", reader.id()), name, Unit::Count, vec![value as f64])
    };
    [
        measure("sent", text!("{ko}: 보낸 메시지", "{en}: messages sent"), messages),
        measure("whole", text!("{ko}: 온전히 받음", "{en}: received whole"), received.whole),
        measure("torn", text!("{ko}: 잘못 이어짐", "{en}: put together wrongly"), received.torn),
    ]
}

/// Both tables of what was measured under ids that begin with `prefix`.
fn tables(report: &Report, on: &Text, prefix: &str) -> Vec<Table> {
    let value = |id: String| report.measure(&format!("{prefix}{id}")).map(Measure::median);
    let count = |value: f64| Text::same(unit::value(value, Unit::Count));
    let transfer = |transfer: Transfer| -> Option<Vec<Text>> {
        let (from, to) = (value(format!("{}.from", transfer.id()))?, value(format!("{}.to", transfer.id()))?);
        Some(vec![transfer.name(), count(from), count(to), count(AMOUNT as f64 - from - to)])
    };
    let message = |reader: Reader| -> Option<Vec<Text>> {
        let of = |what: &str| value(format!("{}.{what}", reader.id()));
        Some(vec![reader.name(), count(of("sent")?), count(of("whole")?), count(of("torn")?)])
    };
    let (ko, en) = (&on.ko, &on.en);
    vec![
        Table {
            title: text!("{ko}: 기다리기를 그만둔 이체 {AMOUNT}", "{en}: a transfer of {AMOUNT}, given up"),
            head: vec![
                text!("이체", "transfer"),
                text!("보내는 쪽", "sender"),
                text!("받는 쪽", "receiver"),
                text!("사라짐", "gone"),
            ],
            rows: Transfer::ALL.into_iter().filter_map(transfer).collect(),
        },
        Table {
            title: text!("{ko}: 반쪽 둘로 오는 메시지", "{en}: messages that come in two halves"),
            head: vec![
                text!("읽는 방법", "read by"),
                text!("보냄", "sent"),
                text!("온전함", "whole"),
                text!("잘못 이어짐", "torn"),
            ],
            rows: Reader::ALL.into_iter().filter_map(message).collect(),
        },
    ]
}

fn notes(patience: Duration, messages: usize) -> Vec<Text> {
    let patience = unit::duration(patience.as_nanos() as f64);
    vec![
        text!(
            "은행은 부른 쪽이 {patience} 기다리고 그만둔 뒤에야 대답합니다. 이체의 레인이 부른 쪽과 함께 끊기면 퓨처가 그 자리에서 버려진 것입니다.",
            "The bank answers only after the caller has waited for {patience} and given up. Where the lane of the transfer breaks off with the caller's, the future was dropped there."
        ),
        text!(
            "메시지 {messages}개를 보내며 {every}개째마다 두 반쪽 사이에 틱이 하나 옵니다. 순서는 채널이 정하므로 몇 번을 돌려도 같습니다.",
            "{messages} messages are sent, and a tick comes between the halves of every {every}th. Channels decide the order, so every run is the same.",
            every = INTERRUPTED
        ),
    ]
}

fn shows(report: &Report, messages: usize) -> Text {
    let of = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let gone = AMOUNT as f64 - of("half_done.from") - of("half_done.to");
    let (whole, torn, kept) = (of("dropped.whole"), of("dropped.torn"), of("resumed.whole"));
    text!(
        "await 사이에서 버려진 퓨처는 {AMOUNT} 가운데 {gone}을 잃었습니다. select!가 퓨처를 버리는 쪽은 메시지 {messages}개 가운데 {whole}개를 온전히 받고 {torn}개를 잘못 이었으며, 퓨처를 이어 가는 쪽은 {kept}개를 받았습니다.",
        "Dropped between two awaits, a future lost {gone} of {AMOUNT}. The select! that drops its future received {whole} of {messages} messages whole and put {torn} together wrongly; the one that goes on with it received {kept}."
    )
}
