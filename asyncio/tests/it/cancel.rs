//! What a dropped future leaves behind: every transfer beside the broken one, with the same inputs.

use std::time::Duration;

use asyncio::experiments::cancel::partial_reads::{INTERRUPTED, Reader, Received, through};
use asyncio::experiments::cancel::transfer::{AMOUNT, Balances, Transfer, given_up};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn balances(transfer: Transfer) -> Balances {
    runtime().block_on(given_up(transfer, Duration::from_millis(20))).0
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

/// A transfer that nobody waits for any longer breaks off with the caller, unless it is a task of its own.
#[test]
fn the_lane_of_a_dropped_future_ends_with_the_caller() {
    for transfer in Transfer::ALL {
        let (_, trace) = runtime().block_on(given_up(transfer, Duration::from_millis(50)));
        let end = |lane: usize| trace.lanes[lane].spans.last().unwrap().end;
        let outlived = end(1) > end(0) + 10_000_000;
        assert_eq!(outlived, transfer == Transfer::OwnTask, "{}: {trace:?}", transfer.id());
    }
}

#[test]
fn a_select_that_drops_its_future_loses_messages_and_the_others_do_not() {
    for messages in [1, INTERRUPTED - 1, INTERRUPTED, 12, 100] {
        for reader in Reader::ALL {
            let seen = runtime().block_on(through(reader, messages));
            let all = Received { whole: messages, torn: 0 };
            if reader == Reader::Dropped && messages >= INTERRUPTED {
                assert!(seen.whole < messages, "{messages}: {seen:?}");
            } else {
                assert_eq!(seen, all, "{messages} {}", reader.id());
            }
        }
    }
}

/// Up to the first tick all is well; from the half that it lost on, the broken one pairs halves of different messages.
#[test]
fn what_is_lost_is_the_same_in_every_run() {
    for _ in 0..20 {
        let seen = runtime().block_on(through(Reader::Dropped, INTERRUPTED + 3));
        assert_eq!(seen, Received { whole: INTERRUPTED - 1, torn: 3 });
    }
}
