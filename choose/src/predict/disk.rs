//! Whether waits for a disk overlap: several workers may be served at once, or one after another.

use crate::recording::Recording;
use crate::wait::Wait;

/// Waits of which nobody knows whether they overlap: those for a disk, and those of which nobody knows what they are for.
pub(super) fn perhaps_serial(recording: &Recording) -> f64 {
    recording.work.wait(Wait::Disk) + recording.work.wait(Wait::Unknown)
}

/// The part of the waits that may not overlap which do not.
pub(super) struct Serial {
    pub(super) least: f64,
    /// `None` if it is not known at all.
    pub(super) likely: Option<f64>,
    pub(super) most: f64,
}

/// What the measurement of the disk tells. It was made with small files in the folder for temporary files; the program has its own.
pub(super) fn serial_part(recording: &Recording) -> Serial {
    const UNCERTAIN: f64 = 0.25;
    // It says nothing of waits for what nobody knows.
    let is_disk = recording.work.wait(Wait::Unknown) <= recording.work.wait(Wait::Disk);
    match recording.machine.serial_disk().filter(|_| is_disk) {
        Some(share) => {
            Serial { least: (share - UNCERTAIN).max(0.0), likely: Some(share), most: (share + UNCERTAIN).min(1.0) }
        }
        None => Serial { least: 0.0, likely: None, most: 1.0 },
    }
}
