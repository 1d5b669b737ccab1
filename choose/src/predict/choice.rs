//! Which of the ways is advised.

use super::way::{Prediction, Way};
use crate::classify;
use crate::recording::Recording;

/// The simplest way among those that are nearly as good as the best; `None` if none is worth the trouble, or if the program has threads
/// already, which are what there is to change.
pub fn choice(recording: &Recording, predictions: &[Prediction]) -> Option<Prediction> {
    /// Less than this is not worth a change.
    const WORTH: f64 = 1.2;
    /// As good as the best.
    const NEARLY: f64 = 0.92;
    if classify::classify(recording).has_threads_of_its_own() {
        return None;
    }
    // What needs the same interpreter and the same language comes first.
    let simple = [Way::Threads, Way::Asyncio, Way::Processes];
    let candidates: Vec<&Prediction> = simple
        .iter()
        .filter_map(|way| predictions.iter().find(|one| one.way == *way))
        .filter(|one| one.way != Way::Asyncio || classify::main_wait(recording).has_async_form())
        .collect();
    let best = candidates.iter().map(|one| one.expected()).fold(0.0, f64::max);
    let found = candidates.into_iter().find(|one| one.expected() >= best * NEARLY)?;
    (found.factor >= WORTH).then(|| found.clone())
}
