//! One attempt at a call: a request, and the redirects that follow it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use lab::clock;
use tokio::time::timeout;

use super::attempt::{Answer, Connection};
use super::failure::Failure;
use super::keep::{KeepPlan, Kept};
use super::lane::Lane;
use super::pace::Pace;
use super::request::RequestPlan;
use super::target::Target;

/// The result of a successful attempt: a response with status 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    /// The length of the body.
    pub bytes: u64,
    /// Number of redirects that were followed.
    pub redirects: u32,
    /// The final URL, if there were redirects.
    pub to: Option<Arc<str>>,
    /// What was kept of the response.
    pub kept: Option<Box<Kept>>,
    /// When the last request was sent and when its response was complete, in ns on [`clock::now`].
    pub waited: (u64, u64),
}

/// How requests are sent; the same for all calls.
#[derive(Debug)]
pub struct Sending {
    /// What a call sends, unless its row of a list says otherwise.
    pub request: RequestPlan,
    /// Time limit for one request and its response.
    pub timeout: Duration,
    /// Maximum number of redirects to follow.
    pub redirects: u32,
    pub pace: Pace,
    pub keep: Arc<KeepPlan>,
}

/// Sends the request and follows redirects. The time limit is that of each request, without the wait until it may be sent. `server` is
/// set to the address of the server that got the last request.
pub async fn attempt(
    connection: &mut Connection,
    (call, target, request): (usize, &Target, &RequestPlan),
    sending: &Sending,
    lane: &mut Lane,
    server: &mut Arc<str>,
) -> Result<Fetched, Failure> {
    let (mut target, mut request, mut redirects) = (Cow::Borrowed(target), Cow::Borrowed(request), 0);
    loop {
        lane.idle();
        *server = Arc::clone(&target.address);
        let turn = sending.pace.turn(&target.address).await;
        lane.wait();
        let start = clock::now();
        let exchange =
            timeout(sending.timeout, connection.exchange(&target, &request, Some((&sending.keep, call)))).await;
        drop(turn);
        let answer = exchange.unwrap_or(Err(Failure::TimedOut))?;
        let Answer { status, bytes, location, retry_after, kept } = answer;
        match (status, location) {
            (200..=299, _) => {
                let to = (redirects > 0).then(|| Arc::clone(&target.url));
                return Ok(Fetched { status, bytes, redirects, to, kept, waited: (start, clock::now()) });
            }
            (301 | 302 | 303 | 307 | 308, Some(location)) => {
                let next = next(&target, status, &location, redirects, sending)?;
                if !next.same_origin(&target) {
                    // They are not sent again, even if a later redirect leads back here.
                    request = Cow::Owned(request.without_credentials());
                }
                request = Cow::Owned(request.redirected(status));
                (target, redirects) = (Cow::Owned(next), redirects + 1);
            }
            (300..=399, _) if status != 304 => {
                return Err(Failure::Redirect(status, "it names no other address".to_owned()));
            }
            _ => return Err(Failure::Status(status, retry_after)),
        }
    }
}

fn next(from: &Target, status: u16, location: &str, followed: u32, sending: &Sending) -> Result<Target, Failure> {
    let most = sending.redirects;
    if most == 0 {
        return Err(Failure::Redirect(status, format!("not followed: {}", location.escape_debug())));
    }
    if followed == most {
        return Err(Failure::Redirect(status, format!("more than {most} redirects")));
    }
    from.join(location).map_err(|why| Failure::Redirect(status, format!("{}: {}", location.escape_debug(), why.en)))
}
