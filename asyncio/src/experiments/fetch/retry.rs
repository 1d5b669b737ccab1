//! Retries: exponential back-off with jitter, and `Retry-After`.

use std::time::{Duration, SystemTime};

use hyper::header::{HeaderMap, RETRY_AFTER};

/// The retry policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Maximum number of attempts after the first.
    pub most: u32,
    /// The longest pause before the first retry. It doubles with each further retry.
    pub base: Duration,
    /// Upper bound for every pause that the server did not ask for.
    pub cap: Duration,
    /// Whether requests that are not idempotent are repeated even if the server may have carried them out.
    pub any_method: bool,
}

/// Upper bound for the pause between two attempts, unless the server asks for a longer one.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// If a server asks for a longer wait than this, the call fails.
pub const LONGEST_ASKED: Duration = Duration::from_secs(600);

impl Retry {
    /// The pause before a retry, numbered from 1: its longest pause times `part`, a random number from 0 to 1. With this full jitter,
    /// calls that failed at the same time do not retry at the same time.
    pub fn pause(&self, retry: u32, part: f64) -> Duration {
        let doubled = 2_u32.checked_pow(retry.saturating_sub(1)).and_then(|times| self.base.checked_mul(times));
        doubled.map_or(self.cap, |longest| longest.min(self.cap)).mul_f64(part.clamp(0.0, 1.0))
    }
}

/// How long the server asks to wait: `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3).
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    Some(until.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap() {
        let ms = Duration::from_millis;
        let retry = Retry { most: 9, base: ms(10), cap: ms(50), any_method: false };
        let longest: Vec<Duration> = [1, 2, 3, 4, 33, 4_000_000_000].iter().map(|n| retry.pause(*n, 1.0)).collect();
        assert_eq!(longest, [ms(10), ms(20), ms(40), ms(50), ms(50), ms(50)]);
        assert_eq!(retry.pause(3, 0.5), ms(20));
        assert_eq!(retry.pause(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_in_seconds_or_a_date() {
        let asked = |value: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]));
        assert_eq!(asked("120"), Some(Duration::from_secs(120)));
        assert_eq!(asked("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO), "the date is past");
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        let hour = asked(&date).unwrap();
        assert!(hour > Duration::from_secs(3000) && hour <= Duration::from_secs(3600), "{hour:?}");
        assert_eq!([asked("-1"), asked("soon"), asked("")], [None; 3]);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
