//! Seeded random numbers: the n-th draw of a seed is always the same, whatever the order of the requests.

/// The n-th draw of a seed, at least 0 and less than 1 (SplitMix64, Steele, Lea and Flood 2014).
pub fn draw(seed: u64, n: u64) -> f64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    // The 53 bits that a double holds.
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The shares of requests that fail, each 0 to 1, together at most 1. Only requests that would be answered 200 can fail.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    /// Answered 500.
    pub error: f64,
    /// The connection is closed without an answer.
    pub close: f64,
    /// Never answered.
    pub never: f64,
}

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer is 500.
    Error,
    /// The connection is closed without an answer.
    Close,
    /// There is no answer, and the connection stays open.
    Never,
}

impl Faults {
    /// How the n-th request fails, if it does.
    pub fn of(&self, seed: u64, n: u64) -> Option<Fault> {
        let x = draw(seed, n);
        let kinds = [(Fault::Error, self.error), (Fault::Close, self.close), (Fault::Never, self.never)];
        let mut upto = 0.0;
        kinds.into_iter().find_map(|(fault, share)| {
            upto += share;
            (x < upto).then_some(fault)
        })
    }

    /// Whether any request can fail.
    pub fn any(&self) -> bool {
        self.error + self.close + self.never > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_spread_evenly_and_repeat() {
        let draws: Vec<f64> = (0..10_000).map(|n| draw(7, n)).collect();
        assert!(draws.iter().all(|x| (0.0..1.0).contains(x)));
        for tenth in 0..10 {
            let inside = draws.iter().filter(|x| (**x * 10.0) as usize == tenth).count();
            assert!((800..1200).contains(&inside), "{tenth}: {inside}");
        }
        assert_eq!(draw(7, 3).to_bits(), draws[3].to_bits());
        assert_ne!(draw(8, 3).to_bits(), draws[3].to_bits());
    }

    #[test]
    fn faults_have_their_shares() {
        let faults = Faults { error: 0.1, close: 0.05, never: 0.01 };
        let seen: Vec<Option<Fault>> = (0..100_000).map(|n| faults.of(1, n)).collect();
        let count = |fault| seen.iter().filter(|f| **f == fault).count();
        assert!((9_000..11_000).contains(&count(Some(Fault::Error))));
        assert!((4_500..5_500).contains(&count(Some(Fault::Close))));
        assert!((800..1_200).contains(&count(Some(Fault::Never))));
        assert!((0..100).all(|n| Faults::default().of(1, n).is_none()));
        assert!((0..100).all(|n| Faults { error: 1.0, ..Faults::default() }.of(1, n) == Some(Fault::Error)));
    }
}
