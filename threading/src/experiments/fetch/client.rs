//! One GET.

use std::time::Duration;

use super::failure::Reason;
use super::plain;

/// One GET on a connection of its own, including the body, within the timeout, without a proxy.
pub fn get(url: &str, timeout: Duration) -> Result<(), Reason> {
    #[cfg(feature = "https")]
    if url.starts_with("https://") {
        return over_tls(url, timeout);
    }
    plain::get(url, timeout)
}

/// By minreq, which does TLS. For its timeout it starts one more thread for each request; `plain` does not.
#[cfg(feature = "https")]
fn over_tls(url: &str, timeout: Duration) -> Result<(), Reason> {
    let answer = minreq::get(url).with_timeout(timeout.as_secs().max(1)).with_follow_redirects(false).send();
    let answer = answer.map_err(|e| match e {
        minreq::Error::AddressNotFound => Reason::NoAddress,
        minreq::Error::IoError(io) => Reason::of(&io),
        other => Reason::Other(other.to_string()),
    })?;
    match answer.status_code {
        200..=299 => Ok(()),
        code => Err(Reason::Status(code, answer.reason_phrase)),
    }
}
