//! One GET, by ureq: a blocking client without a runtime.

use std::io::{self, Read};
use std::time::Duration;

use ureq::Agent;
use ureq::http::{Response, StatusCode, header::LOCATION};

use super::failure::Reason;

// ANCHOR: client
/// Each GET uses its own connection, within the timeout, without a proxy. Redirects are not followed.
pub fn client(timeout: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_idle_connections(0)
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .user_agent("threading")
        .build()
        .into()
}

/// Sends a GET and reads the whole body. Returns its length.
pub fn get(client: &Agent, url: &str) -> Result<u64, Reason> {
    let mut answer = client.get(url).call().map_err(|e| Reason::of(&e))?;
    let body = read(answer.body_mut().as_reader()).map_err(|e| Reason::of(&e.into()))?;
    if answer.status().is_success() { Ok(body) } else { Err(status(&answer)) }
}
// ANCHOR_END: client

/// Reads a body to its end without keeping it. Returns its length.
fn read(mut body: impl Read) -> io::Result<u64> {
    let (mut piece, mut length) = ([0; 16 * 1024], 0);
    loop {
        match body.read(&mut piece) {
            Ok(0) => return Ok(length),
            Ok(n) => length += n as u64,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

fn status<T>(answer: &Response<T>) -> Reason {
    let status = answer.status();
    let phrase = status.canonical_reason().unwrap_or_default().to_owned();
    match answer.headers().get(LOCATION) {
        Some(_) if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
            Reason::Redirect(status.as_u16(), phrase)
        }
        _ => Reason::Status(status.as_u16(), phrase),
    }
}
