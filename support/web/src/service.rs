//! Answers of the caller's own, instead of the routes that misbehave: the same server, with the same limits.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode};
use tokio::time::timeout;

use crate::body::Body;

/// A request that was read to its end.
#[derive(Debug)]
pub struct Request {
    /// GET, POST, …
    pub method: Method,
    /// The path without the query, as it was sent.
    pub path: String,
    /// All header fields.
    pub headers: HeaderMap,
    /// The body; not larger than the server's limit.
    pub body: Vec<u8>,
}

impl Request {
    /// A header field that is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.get_all(name).iter();
        let first = all.next()?.to_str().ok()?;
        all.next().is_none().then_some(first)
    }

    /// How often a header field is there.
    pub fn count(&self, name: &str) -> usize {
        self.headers.get_all(name).iter().count()
    }
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// A status from 200 on.
    pub status: u16,
    /// Names in lower case, with their values.
    pub headers: Vec<(&'static str, String)>,
    /// All of the body.
    pub body: Vec<u8>,
}

/// Who answers. It runs on a thread on which it may block, several requests at a time.
pub trait Service: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(&self, request: Request) -> Answer;
}

/// Why a body was not read to its end.
pub(crate) enum NoBody {
    TooLarge,
    TooSlow,
    Cut,
}

/// Reads a body of at most `most` bytes within the time limit.
pub(crate) async fn read(mut body: Incoming, most: u64, limit: Duration) -> Result<Vec<u8>, NoBody> {
    if body.size_hint().lower() > most {
        return Err(NoBody::TooLarge);
    }
    let all = async {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| NoBody::Cut)?;
            bytes.extend_from_slice(frame.data_ref().map_or(&[][..], |data| &data[..]));
            // A chunked body does not state its length in advance.
            if bytes.len() as u64 > most {
                return Err(NoBody::TooLarge);
            }
        }
        Ok(bytes)
    };
    timeout(limit, all).await.unwrap_or(Err(NoBody::TooSlow))
}

/// The service's answer as hyper sends it; `None` if the service panicked.
pub(crate) async fn answer(service: Arc<dyn Service>, request: Request) -> Option<Response<Body>> {
    let answer = tokio::task::spawn_blocking(move || service.answer(request)).await.ok()?;
    let mut response = Response::new(Body::of(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).ok()?;
    for (name, value) in answer.headers {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::try_from(value).ok()?);
    }
    Some(response)
}
