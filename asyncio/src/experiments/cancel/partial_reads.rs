//! Messages that arrive in two halves, read in a `select!` together with ticks: one reader loses some of them, two lose none.

use std::pin::pin;

use lab::lang::Text;
use lab::text;
use tokio::select;
use tokio::sync::mpsc::{self, Receiver};

/// Half a message, which is the message's number. Two halves in a row with the same number are a whole message.
pub type Half = usize;
/// Two halves that were read as one message.
pub type Pair = (Half, Half);

/// A tick arrives in the middle of every message whose number, from 1, is a multiple of this.
pub const INTERRUPTED: usize = 4;

// ANCHOR: whole
/// Not cancel safe: between the two awaits only this future holds the first half, so dropping the future loses it.
async fn whole(halves: &mut Receiver<Half>) -> Option<Pair> {
    let first = halves.recv().await?;
    let second = halves.recv().await?;
    Some((first, second))
}
// ANCHOR_END: whole

// ANCHOR: broken
/// Broken: if the tick comes first, `select!` drops the other future, and with it the half that it held.
pub async fn dropped(mut halves: Receiver<Half>, mut ticks: Receiver<()>) -> Vec<Pair> {
    let mut got = Vec::new();
    loop {
        select! {
            biased; // polls in this order, so that every run gives the same result
            message = whole(&mut halves) => match message {
                Some(message) => got.push(message),
                None => return got,
            },
            Some(()) = ticks.recv() => {}
        }
    }
}
// ANCHOR_END: broken

// ANCHOR: resumed
/// Fixed: the future lives outside the loop. `select!` polls it by reference, and the next iteration continues it.
pub async fn resumed(halves: Receiver<Half>, mut ticks: Receiver<()>) -> Vec<Pair> {
    let next = |mut halves: Receiver<Half>| async move { (whole(&mut halves).await, halves) };
    let mut got = Vec::new();
    let mut message = pin!(next(halves));
    loop {
        select! {
            biased;
            (done, halves) = &mut message => match done {
                Some(done) => {
                    got.push(done);
                    message.set(next(halves));
                }
                None => return got,
            },
            Some(()) = ticks.recv() => {}
        }
    }
}
// ANCHOR_END: resumed

// ANCHOR: outside
/// Fixed: the first half is kept outside the future. A single `recv` is cancel safe: if it is dropped, it has received nothing.
pub async fn outside(mut halves: Receiver<Half>, mut ticks: Receiver<()>) -> Vec<Pair> {
    let (mut got, mut first) = (Vec::new(), None);
    loop {
        select! {
            biased;
            half = halves.recv() => match (half, first.take()) {
                (Some(half), None) => first = Some(half),
                (Some(half), Some(first)) => got.push((first, half)),
                (None, _) => return got,
            },
            Some(()) = ticks.recv() => {}
        }
    }
}
// ANCHOR_END: outside

/// A reader of the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The future is dropped at every tick.
    Dropped,
    /// The same future continues after a tick.
    Resumed,
    /// The first half is kept outside the future.
    Outside,
}

impl Reader {
    /// In the order of the table.
    pub const ALL: [Reader; 3] = [Reader::Dropped, Reader::Resumed, Reader::Outside];

    /// The id in measurements, in the twin's too.
    pub fn id(self) -> &'static str {
        match self {
            Reader::Dropped => "dropped",
            Reader::Resumed => "resumed",
            Reader::Outside => "outside",
        }
    }

    /// The name in tables, for Rust and for CPython.
    pub fn name(self) -> Text {
        match self {
            Reader::Dropped => text!("틱마다 새 퓨처를 만듦", "new future after each tick"),
            Reader::Resumed => text!("같은 퓨처를 계속 씀", "same future continues"),
            Reader::Outside => text!("받은 절반을 퓨처 밖에 보관", "half kept outside the future"),
        }
    }
}

/// How many messages arrived whole, and how many were mixed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Pairs of halves with the same number.
    pub whole: usize,
    /// Pairs of halves with different numbers, read as one message.
    pub torn: usize,
}

/// Sends `messages` to a reader, and counts what it received.
pub async fn send_through(reader: Reader, messages: usize) -> Received {
    // Capacity 1: `reserve` returns only after the reader has taken the last item, which fixes the order.
    let (halves, halves_in) = mpsc::channel(1);
    let (ticks, ticks_in) = mpsc::channel(1);
    let sender = async move {
        for n in 1..=messages {
            // A send fails only if the reader has ended, and readers end after the sender.
            let _ = halves.send(n).await;
            let _ = halves.reserve().await;
            if n.is_multiple_of(INTERRUPTED) {
                let _ = ticks.send(()).await;
                let _ = ticks.reserve().await;
            }
            let _ = halves.send(n).await;
        }
    };
    let reading = async {
        match reader {
            Reader::Dropped => dropped(halves_in, ticks_in).await,
            Reader::Resumed => resumed(halves_in, ticks_in).await,
            Reader::Outside => outside(halves_in, ticks_in).await,
        }
    };
    let (pairs, ()) = tokio::join!(reading, sender);
    let whole = pairs.iter().filter(|(first, second)| first == second).count();
    Received { whole, torn: pairs.len() - whole }
}
