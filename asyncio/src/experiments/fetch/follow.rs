//! One attempt at a call: the request, and where redirects lead.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use lab::clock;
use tokio::time::timeout;

use super::attempt::{Answer, Line};
use super::failure::Failure;
use super::keep::{KeepPlan, Kept};
use super::lane::Lane;
use super::pace::Pace;
use super::request::RequestPlan;
use super::target::Target;

/// A result: an answer 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    pub status: u16,
    /// The length of the body.
    pub bytes: u64,
    /// The redirects on the way to it.
    pub redirects: u32,
    /// Where they led, if there were any.
    pub to: Option<Arc<str>>,
    /// What was kept of it.
    pub kept: Option<Box<Kept>>,
    /// When the last request was sent and its answer was whole, in ns on [`clock::now`].
    pub waited: (u64, u64),
}

/// How requests are sent.
#[derive(Debug)]
pub struct Sending {
    pub request: RequestPlan,
    /// Time for one request and its answer.
    pub timeout: Duration,
    /// Redirects that are followed, at the most.
    pub redirects: u32,
    pub pace: Pace,
    pub keep: Arc<KeepPlan>,
}

/// Sends the request, and again wherever redirects lead. The wait for its turn is no part of a request's time.
pub async fn attempt(
    line: &mut Line,
    (call, target): (usize, &Target),
    sending: &Sending,
    lane: &mut Lane,
) -> Result<Got, Failure> {
    let (mut target, mut request, mut redirects) = (Cow::Borrowed(target), Cow::Borrowed(&sending.request), 0);
    loop {
        lane.idle();
        let turn = sending.pace.turn(&target.address).await;
        lane.wait();
        let start = clock::now();
        let exchange = timeout(sending.timeout, line.exchange(&target, &request, Some((&sending.keep, call)))).await;
        drop(turn);
        let answer = exchange.unwrap_or(Err(Failure::TimedOut)).inspect_err(|_| lane.failed())?;
        let Answer { status, bytes, location, retry_after, kept } = answer;
        match (status, location) {
            (200..=299, _) => {
                let to = (redirects > 0).then(|| Arc::clone(&target.url));
                return Ok(Got { status, bytes, redirects, to, kept, waited: (start, clock::now()) });
            }
            (301 | 302 | 303 | 307 | 308, Some(location)) => {
                let next = next(&target, status, &location, redirects, sending).inspect_err(|_| lane.failed())?;
                if !next.same_origin(&target) {
                    // They stay away, also if it leads back here.
                    request = Cow::Owned(request.without_credentials());
                }
                request = Cow::Owned(request.redirected(status));
                (target, redirects) = (Cow::Owned(next), redirects + 1);
            }
            (300..=399, _) if status != 304 => {
                lane.failed();
                return Err(Failure::Redirect(status, "it names no other address".to_owned()));
            }
            _ => {
                lane.failed();
                return Err(Failure::Status(status, retry_after));
            }
        }
    }
}

fn next(from: &Target, status: u16, location: &str, so_far: u32, sending: &Sending) -> Result<Target, Failure> {
    let most = sending.redirects;
    if most == 0 {
        return Err(Failure::Redirect(status, format!("not followed: {}", location.escape_debug())));
    }
    if so_far == most {
        return Err(Failure::Redirect(status, format!("more than {most} redirects")));
    }
    from.join(location).map_err(|why| Failure::Redirect(status, format!("{}: {}", location.escape_debug(), why.en)))
}
