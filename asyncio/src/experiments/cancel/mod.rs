//! Cancellation: the state that a future leaves behind if it is dropped between two awaits, and the messages that `select!` may lose.
//!
//! In Rust a future is cancelled by dropping it: the code after the await does not run, only destructors do. In Python
//! `CancelledError` is raised at the await, and `finally` blocks run.
//!
//! Article: asyncio, 코드 예시. Run: `cargo run -p asyncio -- cancel`. Python twin: `python/cancel.py`.

pub mod partial_reads;
pub mod transfer;

use std::time::Duration;

use lab::claims::Verdict;
use lab::cli::{Experiment, Options};
use lab::lang::Text;
use lab::python::{self, Interpreter};
use lab::report::unit;
use lab::report::{Measure, Report, Table, Unit};
use lab::{Error, Result, text, twin_script};
use tokio::runtime::Builder;

use crate::event_loop::cannot_start;
use partial_reads::{INTERRUPTED, Reader, Received};
use transfer::{AMOUNT, Balances, Transfer};

/// The claim's id in the ledger.
const CLAIM: &str = "asyncio-cancel-loses";

/// `cargo run -p asyncio -- cancel`.
pub fn command() -> Experiment {
    let mut options = Options::new();
    let about = text!("호출자가 기다리는 시간", "how long the caller waits");
    let timeout = options.seconds("timeout", 0.0..=60.0, 0.1, about);
    let about = text!("보낼 메시지 수", "how many messages to send");
    let messages = options.size("messages", 1..=1_000_000, 12, about);
    let about =
        text!("await에서 취소된 태스크가 남기는 것", "what a task leaves behind when it is cancelled at an await");
    Experiment::new("cancel", about, options, move |a| run(a.get(timeout), a.get(messages), a.pythons()))
}

/// Runs the four transfers with a caller that gives up after `timeout`, and the three readers with `messages`, here and on CPython.
pub fn run(timeout: Duration, messages: usize, pythons: &[Interpreter]) -> Result<Report> {
    let mut report = Report::new("asyncio/cancel");
    let runtime = Builder::new_current_thread().enable_time().build().map_err(cannot_start)?;
    for transfer in Transfer::ALL {
        let (balances, trace) = runtime.block_on(transfer::run_with_timeout(transfer, timeout));
        check(transfer, balances)?;
        report.measures.extend(balance_measures(transfer, balances));
        report.traces.push(trace);
    }
    for reader in Reader::ALL {
        let received = runtime.block_on(partial_reads::send_through(reader, messages));
        report.measures.extend(message_measures(reader, received, messages));
    }
    report.tables = tables(&report, &Text::same("Rust, tokio"), "");
    let verdict = judge(&Text::same("Rust, tokio"), &report);
    report.verdicts.push(verdict);
    let args = [timeout.as_secs_f64().to_string(), messages.to_string(), INTERRUPTED.to_string()];
    python::join(&mut report, pythons, twin_script!("cancel"), &args, &[CLAIM], |python, twin| {
        vec![judge(&Text::same(python.to_string()), twin)]
    });
    for python in pythons {
        let prefix = python.measure_id("");
        let theirs = tables(&report, &Text::same(python.to_string()), &prefix);
        report.tables.extend(theirs.into_iter().filter(|table| !table.rows.is_empty()));
    }
    report.measures_in_tables = true;
    report.notes = notes(timeout, messages).into_iter().chain(report.notes).collect();
    report.shows = shows(&report, messages);
    Ok(report)
}

/// The balances are deterministic: other balances are a bug here or in the runtime.
fn check(transfer: Transfer, seen: Balances) -> Result<()> {
    if seen == transfer.expected() {
        return Ok(());
    }
    let (id, Balances { from, to }) = (transfer.id(), seen);
    Err(Error::failed(text!(
        "{id}: 끝난 뒤 두 계좌의 잔액이 {from}, {to}입니다. 나올 수 없는 결과입니다.",
        "{id}: the final balances are {from} and {to}, which is impossible."
    )))
}

/// The verdict by the balances after the transfer that was cancelled between its two awaits.
fn judge(on: &Text, measured: &Report) -> Verdict {
    let of = |account: &str| measured.measure(&format!("{}.{account}", Transfer::HalfDone.id())).map(Measure::median);
    let Some((from, to)) = of("from").zip(of("to")) else {
        return Verdict::not_measured(CLAIM, on, text!("이체를 측정하지 않았습니다", "the transfer was not measured"));
    };
    let lost = AMOUNT as f64 - from - to;
    let evidence =
        text!("취소된 이체에서 {AMOUNT} 중 {lost}이 사라짐", "the cancelled transfer lost {lost} of {AMOUNT}");
    Verdict::seen_once(CLAIM, on, lost > 0.0, evidence)
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
        measure("whole", text!("{ko}: 온전히 받은 메시지", "{en}: messages received whole"), received.whole),
        measure("torn", text!("{ko}: 잘못 합쳐진 메시지", "{en}: messages mixed up"), received.torn),
    ]
}

/// Both tables, from the measurements whose ids begin with `prefix`.
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
            title: text!(
                "{ko}: 호출자가 기다리기를 포기한 이체({AMOUNT})",
                "{en}: a transfer of {AMOUNT} whose caller gave up"
            ),
            head: vec![
                text!("이체", "transfer"),
                text!("보내는 계좌", "sender"),
                text!("받는 계좌", "receiver"),
                text!("사라진 금액", "lost"),
            ],
            rows: Transfer::ALL.into_iter().filter_map(transfer).collect(),
        },
        Table {
            title: text!("{ko}: 둘로 나뉘어 오는 메시지", "{en}: messages that arrive in two halves"),
            head: vec![
                text!("읽는 방법", "reader"),
                text!("보냄", "sent"),
                text!("온전히 받음", "whole"),
                text!("잘못 합쳐짐", "mixed up"),
            ],
            rows: Reader::ALL.into_iter().filter_map(message).collect(),
        },
    ]
}

fn notes(timeout: Duration, messages: usize) -> Vec<Text> {
    let timeout = unit::duration(timeout.as_nanos() as f64);
    vec![
        text!(
            "은행은 호출자가 {timeout} 동안 기다리다 포기한 뒤에야 응답합니다. 이체의 레인이 호출자의 레인과 함께 끝나면 그 시점에 퓨처가 드롭된 것입니다.",
            "The bank answers only after the caller has waited for {timeout} and given up. If the lane of the transfer ends together with the caller's lane, the future was dropped at that point."
        ),
        text!(
            "메시지 {messages}개를 보내고, {every}번째 메시지마다 앞 절반과 뒤 절반 사이에 틱이 하나 옵니다. 순서는 채널이 정하므로 몇 번을 실행해도 결과가 같습니다.",
            "{messages} messages are sent. In every {every}th one a tick arrives between the two halves. Channels fix the order, so every run gives the same result.",
            every = INTERRUPTED
        ),
    ]
}

fn shows(report: &Report, messages: usize) -> Text {
    let of = |id: &str| report.measure(id).map_or(f64::NAN, Measure::median);
    let gone = AMOUNT as f64 - of("half_done.from") - of("half_done.to");
    let (whole, torn, kept) = (of("dropped.whole"), of("dropped.torn"), of("resumed.whole"));
    text!(
        "두 await 사이에서 드롭된 퓨처는 {AMOUNT} 중 {gone}을 잃었습니다. select!가 틱마다 퓨처를 드롭하면 메시지 {messages}개 중 {whole}개를 온전히 받았고 {torn}개는 잘못 합쳐졌습니다. 같은 퓨처를 계속 쓰면 {kept}개를 온전히 받았습니다.",
        "A future that was dropped between two awaits lost {gone} of {AMOUNT}. With a select! that drops its future at every tick, {whole} of {messages} messages arrived whole and {torn} were mixed up; with one that keeps the future, {kept} arrived whole."
    )
}
