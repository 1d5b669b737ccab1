//! What this program does when it has started itself again.

use lab::cli::Experiment;

use crate::article;
use crate::echo;
use crate::experiments::cpu::techniques;
use crate::translate::modes;

/// The work of all our child processes.
pub fn all() -> [Experiment; 4] {
    [article::child(), techniques::child(), modes::child(), echo::child()]
}
