//! What a dropped future leaves behind: the broken transfer and reader, and the fixed ones with the same inputs.

use std::time::Duration;

use asyncio::experiments::cancel::partial_reads::{INTERRUPTED, Reader, Received, send_through};
use asyncio::experiments::cancel::transfer::{AMOUNT, Balances, Transfer, run_with_timeout};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn balances(transfer: Transfer) -> Balances {
    runtime().block_on(run_with_timeout(transfer, Duration::from_millis(20))).0
}

#[test]
fn only_the_broken_transfer_loses_money() {
    for transfer in Transfer::ALL {
        let seen = balances(transfer);
        assert_eq!(seen, transfer.expected(), "{}", transfer.id());
        let kept = seen.from + seen.to == AMOUNT;
        assert_eq!(kept, transfer != Transfer::HalfDone, "{}", transfer.id());
    }
}

/// When the caller stops waiting, the transfer ends too, unless it runs in its own task.
#[test]
fn only_a_transfer_in_its_own_task_outlives_the_caller() {
    for transfer in Transfer::ALL {
        let (_, trace) = runtime().block_on(run_with_timeout(transfer, Duration::from_millis(50)));
        let end = |lane: usize| trace.lanes[lane].spans.last().unwrap().end;
        let outlived = end(1) > end(0) + 10_000_000;
        assert_eq!(outlived, transfer == Transfer::OwnTask, "{}: {trace:?}", transfer.id());
    }
}

#[test]
fn only_the_select_that_drops_its_future_loses_messages() {
    for messages in [1, INTERRUPTED - 1, INTERRUPTED, 12, 100] {
        for reader in Reader::ALL {
            let seen = runtime().block_on(send_through(reader, messages));
            let all = Received { whole: messages, torn: 0 };
            if reader == Reader::Dropped && messages >= INTERRUPTED {
                assert!(seen.whole < messages, "{messages}: {seen:?}");
            } else {
                assert_eq!(seen, all, "{messages} {}", reader.id());
            }
        }
    }
}

/// The broken reader receives all messages before the first tick. After the half that it loses there, it pairs halves of different
/// messages.
#[test]
fn the_broken_reader_loses_the_same_messages_in_every_run() {
    for _ in 0..20 {
        let seen = runtime().block_on(send_through(Reader::Dropped, INTERRUPTED + 3));
        assert_eq!(seen, Received { whole: INTERRUPTED - 1, torn: 3 });
    }
}
