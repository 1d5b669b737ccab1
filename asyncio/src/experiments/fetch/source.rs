//! The calls, one after another, for whoever asks next.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use lab::lang::Text;
use lab::{Error, Result};
use tokio::sync::{Mutex, mpsc};

use super::list::Listed;
use super::resume::Done;
use super::target::Target;

/// A call that is to be made.
pub struct Call {
    /// Its number, from 0.
    pub number: usize,
    pub url: Arc<str>,
    /// Where it goes, or why the address is none.
    pub target: Result<Target, Text>,
}

/// Where calls come from, without those that are done.
pub struct Source {
    kind: Kind,
    next: AtomicUsize,
    done: Done,
    /// What ended the list too early.
    broken: std::sync::Mutex<Option<Error>>,
}

enum Kind {
    /// So many calls to these, in turn.
    Cycle(Vec<Target>, usize),
    /// Those of a list.
    List(Mutex<mpsc::Receiver<Result<Listed>>>),
}

impl Source {
    pub fn cycle(targets: Vec<Target>, calls: usize, done: Done) -> Source {
        Source::new(Kind::Cycle(targets, calls), done)
    }

    pub fn list(list: mpsc::Receiver<Result<Listed>>, done: Done) -> Source {
        Source::new(Kind::List(Mutex::new(list)), done)
    }

    fn new(kind: Kind, done: Done) -> Source {
        Source { kind, next: AtomicUsize::new(0), done, broken: std::sync::Mutex::default() }
    }

    /// The next call that nobody has begun.
    pub async fn next(&self) -> Option<Call> {
        loop {
            let call = self.following().await?;
            if !self.done.has(call.number, &call.url) {
                return Some(call);
            }
        }
    }

    async fn following(&self) -> Option<Call> {
        match &self.kind {
            Kind::Cycle(targets, calls) => {
                let number = self.next.fetch_add(1, Relaxed);
                let target = targets.get(number % targets.len().max(1)).filter(|_| number < *calls)?;
                Some(Call { number, url: Arc::clone(&target.url), target: Ok(target.clone()) })
            }
            Kind::List(list) => match list.lock().await.recv().await? {
                Ok(Listed { url, target, .. }) => {
                    Some(Call { number: self.next.fetch_add(1, Relaxed), url: url.into(), target })
                }
                Err(error) => {
                    *self.broken.lock().expect("nobody panics in it") = Some(error);
                    None
                }
            },
        }
    }

    /// Why the list ended before its end, if it did.
    pub fn broken(&self) -> Option<Error> {
        self.broken.lock().expect("nobody panics in it").take()
    }
}
