//! Messages that come in two halves, read beside a clock that ticks: a `select!` that loses some of them, and two that lose none.

use std::pin::pin;

use lab::lang::Text;
use lab::text;
use tokio::select;
use tokio::sync::mpsc::{self, Receiver};

/// Half a message: its number. Two of the same number that come one after the other are a message.
pub type Half = usize;
/// A message made of two halves.
pub type Pair = (Half, Half);

/// A tick comes in the middle of every message that this divides, counted from 1.
pub const INTERRUPTED: usize = 4;

// ANCHOR: whole
/// Not cancel safe: between the two awaits only this future holds the first half.
async fn whole(halves: &mut Receiver<Half>) -> Option<Pair> {
    let first = halves.recv().await?;
    let second = halves.recv().await?;
    Some((first, second))
}
// ANCHOR_END: whole

// ANCHOR: broken
/// Broken: when the tick comes first, `select!` drops the other future, and the half that it held.
pub async fn dropped(mut halves: Receiver<Half>, mut ticks: Receiver<()>) -> Vec<Pair> {
    let mut got = Vec::new();
    loop {
        select! {
            biased; // in this order, so that every run shows the same
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
/// Fixed: the future lives outside the loop. `select!` polls it by reference, and the next turn goes on with it.
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
/// Fixed: the first half is kept outside the future. A single `recv` is cancel safe: if it is dropped, it has taken nothing.
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

/// A way to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The future is dropped at every tick.
    Dropped,
    /// The future goes on after a tick.
    Resumed,
    /// The half stands outside the future.
    Outside,
}

impl Reader {
    /// In the order of the table.
    pub const ALL: [Reader; 3] = [Reader::Dropped, Reader::Resumed, Reader::Outside];

    /// For ids of measurements, the twin's too.
    pub fn id(self) -> &'static str {
        match self {
            Reader::Dropped => "dropped",
            Reader::Resumed => "resumed",
            Reader::Outside => "outside",
        }
    }

    /// For readers, on CPython too.
    pub fn name(self) -> Text {
        match self {
            Reader::Dropped => text!("틱마다 새 퓨처로 다시", "a new future after each tick"),
            Reader::Resumed => text!("같은 퓨처를 이어서", "the same future goes on"),
            Reader::Outside => text!("받은 반쪽은 퓨처 밖에", "the half stands outside"),
        }
    }
}

/// Counts of complete and of mixed messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Two halves of the same number.
    pub whole: usize,
    /// Two halves of different numbers, taken for a message.
    pub torn: usize,
}

/// Sends `messages` through a reader.
pub async fn through(reader: Reader, messages: usize) -> Received {
    // One at a time: whoever sends the next half knows that the last has been taken.
    let (halves, halves_in) = mpsc::channel(1);
    let (ticks, ticks_in) = mpsc::channel(1);
    let sender = async move {
        for n in 1..=messages {
            // A send fails only if the reader has ended, and no reader ends before we do.
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
