//! How fast requests may go out: a rate for all, a bound for each server, and servers that asked to be left alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lab::{Error, Result, text};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// Of more servers than this, those are forgotten that nobody waits for.
const MOST_SERVERS: usize = 10_000;

#[derive(Debug, Default)]
pub struct Pace {
    /// From one request to the next; none: as fast as they come.
    interval: Option<Duration>,
    /// Requests to one server at a time.
    per_host: Option<usize>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next request may go out.
    next: Option<Instant>,
    bounds: HashMap<Arc<str>, Arc<Semaphore>>,
    /// Until when a server is left alone.
    held: HashMap<Arc<str>, Instant>,
}

impl Pace {
    pub fn new(interval: Option<Duration>, per_host: Option<usize>) -> Pace {
        Pace { interval, per_host, state: Mutex::default() }
    }

    /// Waits until a request to this server may go out. It counts until what is returned is dropped.
    pub async fn turn(&self, server: &Arc<str>) -> Option<OwnedSemaphorePermit> {
        let permit = match self.bound(server) {
            Some(bound) => Some(bound.acquire_owned().await.expect("it is never closed")),
            None => None,
        };
        // Others may have been told to wait while we did.
        while let Some(until) = self.held_until(server) {
            sleep_until(until).await;
        }
        if let Some(slot) = self.slot() {
            sleep_until(slot).await;
        }
        permit
    }

    /// Nobody asks this server before so long.
    pub fn hold(&self, server: &Arc<str>, pause: Duration) {
        let mut state = self.state();
        let until = Instant::now() + pause;
        let held = state.held.entry(Arc::clone(server)).or_insert(until);
        *held = until.max(*held);
    }

    fn held_until(&self, server: &Arc<str>) -> Option<Instant> {
        let mut state = self.state();
        let until = *state.held.get(server)?;
        if until > Instant::now() {
            return Some(until);
        }
        state.held.remove(server);
        None
    }

    /// When it is this request's turn by the rate. Slots lie evenly: what was not used is not made up for.
    fn slot(&self) -> Option<Instant> {
        let interval = self.interval?;
        let mut state = self.state();
        let slot = state.next.unwrap_or_else(Instant::now).max(Instant::now());
        state.next = Some(slot + interval);
        Some(slot)
    }

    fn bound(&self, server: &Arc<str>) -> Option<Arc<Semaphore>> {
        let most = self.per_host?;
        let mut state = self.state();
        if state.bounds.len() > MOST_SERVERS {
            state.bounds.retain(|_, bound| Arc::strong_count(bound) > 1 || bound.available_permits() < most);
        }
        Some(Arc::clone(state.bounds.entry(Arc::clone(server)).or_insert_with(|| Arc::new(Semaphore::new(most)))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a rate, `50/s`, `10/m` or `2.5`, as the time from one request to the next.
pub fn interval(rate: &str) -> Result<Duration> {
    let (number, unit) = rate.split_once('/').unwrap_or((rate, "s"));
    let seconds = match unit {
        "s" => Some(1.0),
        "m" => Some(60.0),
        "h" => Some(3600.0),
        _ => None,
    };
    let number = number.parse::<f64>().ok().filter(|n| (0.001..=1e6).contains(n));
    match seconds.zip(number) {
        Some((seconds, number)) => Ok(Duration::from_secs_f64(seconds / number)),
        None => Err(Error::usage(text!(
            "--rate {rate}: 50/s, 10/m, 100/h처럼 주십시오.",
            "--rate {rate}: give it like 50/s, 10/m or 100/h."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read() {
        for (rate, ms) in [("50/s", 20), ("50", 20), ("2.5/s", 400), ("10/m", 6000), ("60/h", 60_000)] {
            assert_eq!(interval(rate).unwrap(), Duration::from_millis(ms), "{rate}");
        }
        for wrong in ["", "0", "-1/s", "x/s", "1/d", "1/", "NaN", "inf/s", "1e9"] {
            assert_eq!(interval(wrong).unwrap_err().code(), 2, "{wrong}");
        }
    }
}
