//! The source of calls, which hands them to the workers one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::vec;

use lab::{Error, Result};
use tokio::sync::{Mutex, mpsc};

use super::failure::Failure;
use super::list::listed::{Listed, Unusable};
use super::request::RequestPlan;
use super::resume::Done;
use super::target::Target;

/// A call to make.
pub struct Call {
    /// The number of the call, from 0.
    pub number: usize,
    pub url: Arc<str>,
    /// The parsed URL, or the reason why there is none.
    pub target: Result<Target, Failure>,
    /// The request of a row; `None` if all calls send the same.
    pub request: Option<Arc<RequestPlan>>,
    /// A checksum of the row, see [`Listed`].
    pub checksum: Option<u32>,
}

/// The calls of a run, without those that are already done.
pub struct Source {
    kind: Kind,
    next: AtomicUsize,
    done: Done,
    /// The error that ended the list too early.
    error: std::sync::Mutex<Option<Error>>,
}

enum Kind {
    /// A number of calls to these targets, in turn.
    Cycle(Vec<Target>, usize),
    /// The calls of a list.
    List(Mutex<Batches>),
}

/// The rest of a batch of calls, and the receiver of the next.
struct Batches {
    batch: vec::IntoIter<Listed>,
    receiver: mpsc::Receiver<Result<Vec<Listed>>>,
}

impl Batches {
    async fn next(&mut self) -> Option<Result<Listed>> {
        loop {
            if let Some(listed) = self.batch.next() {
                return Some(Ok(listed));
            }
            match self.receiver.recv().await? {
                Ok(batch) => self.batch = batch.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Source {
    pub fn cycle(targets: Vec<Target>, calls: usize, done: Done) -> Source {
        Source::new(Kind::Cycle(targets, calls), done)
    }

    pub fn list(receiver: mpsc::Receiver<Result<Vec<Listed>>>, done: Done) -> Source {
        Source::new(Kind::List(Mutex::new(Batches { batch: Vec::new().into_iter(), receiver })), done)
    }

    fn new(kind: Kind, done: Done) -> Source {
        Source { kind, next: AtomicUsize::new(0), done, error: std::sync::Mutex::default() }
    }

    /// The next call to make.
    pub async fn next(&self) -> Option<Call> {
        loop {
            let call = self.next_of_all().await?;
            if !self.done.has(call.number, &call.url, call.checksum) {
                return Some(call);
            }
        }
    }

    async fn next_of_all(&self) -> Option<Call> {
        match &self.kind {
            Kind::Cycle(targets, calls) => {
                let number = self.next.fetch_add(1, Relaxed);
                let target = targets.get(number % targets.len().max(1)).filter(|_| number < *calls)?;
                let (url, target) = (Arc::clone(&target.url), Ok(target.clone()));
                Some(Call { number, url, target, request: None, checksum: None })
            }
            Kind::List(list) => match list.lock().await.next().await? {
                Ok(Listed { url, target, request, checksum, .. }) => {
                    let target = target.map_err(|why| match why {
                        Unusable::Address(why) => Failure::BadAddress(why.en),
                        Unusable::Row(why) => Failure::BadRow(why.en),
                    });
                    let number = self.next.fetch_add(1, Relaxed);
                    Some(Call { number, url: url.into(), target, request, checksum })
                }
                Err(error) => {
                    *self.error.lock().expect("no thread panics with the lock") = Some(error);
                    None
                }
            },
        }
    }

    /// The error that ended the list too early, if there was one.
    pub fn error(&self) -> Option<Error> {
        self.error.lock().expect("no thread panics with the lock").take()
    }
}
