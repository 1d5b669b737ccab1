//! Which parts of an arena are free. Pure bookkeeping: no memory is touched here.
//!
//! Free parts are warm, if their pages are present, or cold. Warm ones are used first, as their pages need not be faulted
//! in. Of them at most a stated amount is kept; what is more becomes cold, and its pages are given back to the system.

use std::collections::BTreeMap;
use std::ops::Range;

/// Blocks are multiples of this.
const GRAIN: usize = 64 << 10;

/// The free parts of an arena: offsets and lengths. Neighbours of one kind are one part.
#[derive(Debug)]
pub struct Space {
    warm: Parts,
    cold: Parts,
}

/// A part that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    pub at: usize,
    pub size: usize,
    /// Whether its pages may be missing.
    pub cold: bool,
}

impl Space {
    /// All of this is free, and cold.
    pub fn new(all: Range<usize>) -> Space {
        let mut cold = Parts::default();
        if all.start < all.end {
            cold.add(all.start, all.end - all.start);
        }
        Space { warm: Parts::default(), cold }
    }

    /// Takes a part of at least `len` bytes, if there is one of either kind.
    pub fn take(&mut self, len: usize) -> Option<Taken> {
        let size = len.max(1).checked_next_multiple_of(GRAIN)?;
        if let Some(at) = self.warm.take(size) {
            return Some(Taken { at, size, cold: false });
        }
        self.cold.take(size).map(|at| Taken { at, size, cold: true })
    }

    /// A part is free again, and warm. Returns what is more than `keep`: taken, to be made cold.
    pub fn give(&mut self, at: usize, size: usize, keep: usize) -> Vec<Range<usize>> {
        self.warm.add(at, size);
        self.cool(keep)
    }

    /// Takes warm parts, the last first, until at most `keep` bytes of them are left.
    pub fn cool(&mut self, keep: usize) -> Vec<Range<usize>> {
        let mut cooled = Vec::new();
        while self.warm.total > keep {
            let Some((&at, &len)) = self.warm.parts.last_key_value() else { break };
            let len_left = len.saturating_sub((self.warm.total - keep).next_multiple_of(GRAIN));
            self.warm.cut(at, len, len_left);
            cooled.push(at + len_left..at + len);
        }
        cooled
    }

    /// A part is free, and cold.
    pub fn give_cold(&mut self, part: Range<usize>) {
        self.cold.add(part.start, part.end - part.start);
    }
}

#[derive(Debug, Default)]
struct Parts {
    /// Lengths by offset.
    parts: BTreeMap<usize, usize>,
    total: usize,
}

impl Parts {
    fn add(&mut self, mut at: usize, mut len: usize) {
        self.total += len;
        if let Some(behind) = self.parts.remove(&(at + len)) {
            len += behind;
        }
        if let Some((&before, &its)) = self.parts.range(..at).next_back()
            && before + its == at
        {
            (at, len) = (before, len + its);
        }
        self.parts.insert(at, len);
    }

    /// The beginning of the smallest part that is large enough.
    fn take(&mut self, size: usize) -> Option<usize> {
        let fits = self.parts.iter().filter(|(_, len)| **len >= size);
        let (&at, &len) = fits.min_by_key(|(_, len)| **len)?;
        self.parts.remove(&at);
        self.total -= len;
        if len > size {
            self.add(at + size, len - size);
        }
        Some(at)
    }

    /// Shortens a part; to nothing, if `left` is 0.
    fn cut(&mut self, at: usize, len: usize, left: usize) {
        self.total -= len - left;
        if left == 0 {
            self.parts.remove(&at)
        } else {
            self.parts.insert(at, left)
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn parts_do_not_overlap_and_come_together_again() {
        let mut space = Space::new(MIB..65 * MIB);
        let mut held: Vec<Taken> = Vec::new();
        let mut random = 7u64;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        let mut resident = 0;
        for _ in 0..20_000 {
            if next(2) == 0 || held.is_empty() {
                let Some(taken) = space.take(next(3 << 20) as usize) else { continue };
                assert!(taken.at >= MIB && taken.at + taken.size <= 65 * MIB);
                let apart = |other: &Taken| taken.at + taken.size <= other.at || other.at + other.size <= taken.at;
                assert!(held.iter().all(apart), "{taken:?} of {held:?}");
                resident += if taken.cold { taken.size } else { 0 };
                held.push(taken);
            } else {
                let taken = held.swap_remove(next(held.len() as u64) as usize);
                for part in space.give(taken.at, taken.size, 4 * MIB) {
                    resident -= part.end - part.start;
                    space.give_cold(part);
                }
            }
            let in_use: usize = held.iter().map(|taken| taken.size).sum();
            assert!(resident <= in_use + 4 * MIB, "{resident} for {in_use}");
        }
        for taken in held {
            space.give(taken.at, taken.size, usize::MAX);
        }
        for part in space.cool(0) {
            space.give_cold(part);
        }
        assert_eq!(space.cold.parts, BTreeMap::from([(MIB, 64 * MIB)]));
    }
}
