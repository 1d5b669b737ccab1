//! Retries: exponential back-off with jitter.

use std::time::Duration;

/// The retry policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Maximum number of attempts after the first.
    pub most: u32,
    /// The longest pause before the first retry. It doubles with each further retry.
    pub base: Duration,
    /// Upper bound for every pause.
    pub cap: Duration,
}

impl Retry {
    /// The pause before a retry, numbered from 1: its longest pause times `part`, a random number from 0 to 1. With this full jitter,
    /// calls that failed at the same time do not retry at the same time.
    pub fn pause(&self, retry: u32, part: f64) -> Duration {
        let doubled = 2_u32.checked_pow(retry.saturating_sub(1)).and_then(|times| self.base.checked_mul(times));
        doubled.map_or(self.cap, |longest| longest.min(self.cap)).mul_f64(part.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap() {
        let ms = Duration::from_millis;
        let retry = Retry { most: 9, base: ms(10), cap: ms(50) };
        let longest: Vec<Duration> = [1, 2, 3, 4, 33, 4_000_000_000].iter().map(|n| retry.pause(*n, 1.0)).collect();
        assert_eq!(longest, [ms(10), ms(20), ms(40), ms(50), ms(50), ms(50)]);
        assert_eq!(retry.pause(3, 0.5), ms(20));
        assert_eq!(retry.pause(3, 0.0), Duration::ZERO);
    }
}
