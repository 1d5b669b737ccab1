//! loom in the place of `mutex::sync`, and the limits of these models.

use planted::Limits;

pub mod sync;

/// Explores a model and says how far it went. Fails if that is less than stated.
///
/// `bound` limits the preemptions of one execution; `None` explores all interleavings that loom knows.
pub fn explore(name: &str, bound: Option<usize>, least: usize, model: impl Fn() + Send + Sync + 'static) {
    planted::explore(name, Limits { preemptions: bound, branches: 1_000, least }, model);
}
