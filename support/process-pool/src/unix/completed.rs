//! Handles in the order in which their tasks end.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;

use crate::unix::completions::Completions;
use crate::unix::drive::Wait;
use crate::unix::fork::Home;
use crate::unix::handle::Handle;
use crate::unix::results::{Notify, Outcome};
use crate::wire::Value;

/// Collects handles, and gives the outcomes of their tasks as they end. More may be pushed meanwhile: a crawler pushes the
/// tasks that follow from a result. Handles of several pools can be in it.
///
/// ```
/// use process_pool::{Completed, Pool, task};
/// # process_pool::init_before_main!();
///
/// task! { static HALVE: fn(u64) -> u64 = |n| n / 2; }
///
/// # fn main() -> Result<(), process_pool::Error> {
/// let pool = Pool::builder().workers(2).build()?;
/// let mut completed: Completed<u64> = [100, 7].into_iter().map(|n| pool.submit(&HALVE, &n)).collect();
/// let mut seen = 0;
/// while let Some((_, half)) = completed.next() {
///     seen += 1;
///     if let Ok(half @ 1..) = half {
///         completed.push(pool.submit(&HALVE, &half)); // a result makes a new task
///     }
/// }
/// assert_eq!(seen, 7 + 3);
/// # Ok(())
/// # }
/// ```
pub struct Completed<R> {
    completions: Arc<Completions>,
    /// Whether each pool has a thread of its own that receives results.
    are_driven: bool,
    handles: HashMap<u64, Handle<R>>,
    next: u64,
    /// Where it was made: in a fork of that process, handles from before it fail.
    home: Home,
}

impl<R> Default for Completed<R> {
    fn default() -> Completed<R> {
        let home = Home::here();
        Completed { completions: Arc::default(), are_driven: true, handles: HashMap::new(), next: 0, home }
    }
}

impl<R: Value + Send + 'static> Completed<R> {
    /// None so far.
    #[must_use]
    pub fn new() -> Completed<R> {
        Completed::default()
    }

    /// Adds a handle, and returns its number: they are numbered from 0.
    pub fn push(&mut self, handle: Handle<R>) -> u64 {
        let id = self.next;
        self.next += 1;
        self.are_driven &= handle.notify(Notify::Completions(Arc::clone(&self.completions), id));
        self.handles.insert(id, handle);
        id
    }

    /// How many outcomes were not given yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.handles.len()
    }

    /// Whether all were given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.handles.is_empty()
    }

    /// The handles whose outcomes were not given yet, with their numbers: to cancel them, for example.
    pub fn handles(&self) -> impl Iterator<Item = (u64, &Handle<R>)> {
        self.handles.iter().map(|(id, handle)| (*id, handle))
    }
}

/// Waits for the next outcome, and gives it with the number of its handle; `None` when all were given.
impl<R: Value + Send + 'static> Iterator for Completed<R> {
    type Item = (u64, Outcome<R>);

    fn next(&mut self) -> Option<(u64, Outcome<R>)> {
        if self.home.is_elsewhere() {
            let mut handles = self.handles.iter();
            if let Some((id, failure)) = handles.find_map(|(id, handle)| Some((*id, handle.foreign()?))) {
                self.handles.remove(&id);
                return Some((id, Err(failure)));
            }
        }
        loop {
            let ended = self.completions.pop();
            if let Some(id) = ended {
                let outcome = self.handles.remove(&id).and_then(|mut handle| handle.try_wait());
                if let Some(outcome) = outcome {
                    return Some((id, outcome));
                }
                continue;
            }
            let any = self.handles.values().next()?;
            if !self.are_driven || any.is_led_here() {
                any.wait_for(&*self.completions);
                continue;
            }
            // The pools may be several, so this thread leads none of them.
            self.completions.wake(thread::current());
            if !self.completions.is_over() {
                thread::park();
            }
        }
    }
}

impl<R: Value + Send + 'static> FromIterator<Handle<R>> for Completed<R> {
    fn from_iter<I: IntoIterator<Item = Handle<R>>>(handles: I) -> Completed<R> {
        let mut completed = Completed::new();
        handles.into_iter().for_each(|handle| _ = completed.push(handle));
        completed
    }
}

impl<R> std::fmt::Debug for Completed<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Completed").field("left", &self.handles.len()).finish_non_exhaustive()
    }
}
