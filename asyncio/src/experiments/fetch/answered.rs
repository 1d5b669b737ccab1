//! How many calls waited at once. Only successful calls count: the time of a failed one is no wait for a response.

/// Only the first calls are counted, so that memory is bounded.
const MOST: usize = 100_000;

/// Start and end of each wait, in ns.
#[derive(Debug, Default)]
pub struct Answered(Vec<(u64, u64)>);

impl Answered {
    pub fn add(&mut self, waited: (u64, u64)) {
        if self.0.len() < MOST {
            self.0.push(waited);
        }
    }

    /// The largest number of waits at one time.
    pub fn peak(&self) -> usize {
        // At the same time, ends come before starts: such waits do not overlap.
        let mut events: Vec<(u64, i64)> = self.0.iter().flat_map(|(start, end)| [(*start, 1), (*end, -1)]).collect();
        events.sort_unstable();
        let (mut now, mut peak) = (0, 0);
        for (_, step) in events {
            now += step;
            peak = peak.max(now);
        }
        usize::try_from(peak).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_overlap_or_they_do_not() {
        let peak = |waits: &[(u64, u64)]| Answered(waits.to_vec()).peak();
        assert_eq!(peak(&[]), 0);
        assert_eq!(peak(&[(0, 5), (5, 9)]), 1);
        assert_eq!(peak(&[(0, 5), (4, 9), (4, 6), (20, 30)]), 3);
    }
}
