//! From a request to its answer.

use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request, Response, StatusCode, Version};
use tokio::time::{sleep, timeout};

use crate::body::Body;
use crate::draw::{Fault, draw};
use crate::limits::MOST_URI;
use crate::route::{NoRoute, Route};
use crate::service::{self, NoBody, Service};
use crate::state::Shared;

/// An error of a service makes hyper close the connection without an answer.
pub(crate) async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    connection: usize,
) -> io::Result<Response<Body>> {
    let (n, mut in_flight) = shared.counters.begin(connection);
    let answer = respond(request, shared, n).await?;
    in_flight.status = Some(answer.status().as_u16());
    Ok(answer)
}

async fn respond(request: Request<Incoming>, shared: &Shared, n: u64) -> io::Result<Response<Body>> {
    if let Some(status) = flaw(&request) {
        return Ok(refuse(status));
    }
    if let Some(service) = &shared.service {
        return Ok(serviced(request, Arc::clone(service), shared).await);
    }
    let route = match Route::of(request.uri().path()) {
        Ok(route) => route,
        Err(NoRoute::Unknown) => return Ok(refuse(StatusCode::NOT_FOUND)),
        Err(NoRoute::BadNumber) => return Ok(refuse(StatusCode::BAD_REQUEST)),
    };
    let wanted = if route == Route::Upload { &[Method::POST][..] } else { &[Method::GET, Method::HEAD] };
    if !wanted.contains(request.method()) {
        return Ok(not_allowed(if route == Route::Upload { "POST" } else { "GET, HEAD" }));
    }
    let fault = shared.options.faults.of(shared.options.seed, n).filter(|_| route.is_plain());
    match fault {
        Some(Fault::Error) => Ok(refuse(StatusCode::INTERNAL_SERVER_ERROR)),
        Some(Fault::Close) => Err(on_purpose()),
        Some(Fault::Never) => never(shared).await,
        None => serve(route, request, shared, n).await,
    }
}

/// The answer of the caller's own service.
async fn serviced(request: Request<Incoming>, service: Arc<dyn Service>, shared: &Shared) -> Response<Body> {
    let limits = &shared.options.limits;
    let (head, body) = request.into_parts();
    let body = match service::read(body, limits.body, limits.upload).await {
        Ok(body) => body,
        Err(NoBody::TooLarge) => return refuse(StatusCode::PAYLOAD_TOO_LARGE),
        Err(NoBody::TooSlow) => return refuse(StatusCode::REQUEST_TIMEOUT),
        Err(NoBody::Cut) => return closing(refuse(StatusCode::BAD_REQUEST)),
    };
    let (method, path, headers) = (head.method, head.uri.path().to_owned(), head.headers);
    let answer = service::answer(service, service::Request { method, path, headers, body }).await;
    answer.unwrap_or_else(|| refuse(StatusCode::INTERNAL_SERVER_ERROR))
}

/// The status for a request head that hyper could parse but that is wrong.
fn flaw(request: &Request<Incoming>) -> Option<StatusCode> {
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > MOST_URI) {
        return Some(StatusCode::URI_TOO_LONG);
    }
    // RFC 9112, 3.2: HTTP/1.1 requires exactly one Host; with several, it is unclear which one is meant.
    let hosts = request.headers().get_all(HOST).iter().count();
    let good = hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11);
    (!good).then_some(StatusCode::BAD_REQUEST)
}

async fn serve(route: Route, request: Request<Incoming>, shared: &Shared, n: u64) -> io::Result<Response<Body>> {
    match route {
        Route::Root => Ok(ok_after(shared.options.delay).await),
        Route::Delay(delay) => Ok(ok_after(delay).await),
        Route::Random(least, most) => {
            let part = draw(!shared.options.seed, n);
            Ok(ok_after(least + (most - least).mul_f64(part)).await)
        }
        Route::Error => Ok(refuse(StatusCode::INTERNAL_SERVER_ERROR)),
        Route::Close => Err(on_purpose()),
        Route::Never => never(shared).await,
        Route::Bytes(n) => Ok(Response::new(Body::bytes(n))),
        Route::Cut(n) => Ok(Response::new(Body::broken(n))),
        Route::Upload => upload(request.into_body(), shared).await,
    }
}

async fn ok_after(delay: Duration) -> Response<Body> {
    // A timer of zero length would still wait for the next millisecond tick.
    if !delay.is_zero() {
        sleep(delay).await;
    }
    plain_text(StatusCode::OK, "ok\n")
}

/// Ends without an answer also when the server stops, so that draining does not wait for it.
async fn never(shared: &Shared) -> io::Result<Response<Body>> {
    tokio::select! {
        _ = timeout(shared.options.limits.never, pending::<()>()) => {}
        _ = shared.stopped() => {}
    }
    Err(on_purpose())
}

async fn upload(mut body: Incoming, shared: &Shared) -> io::Result<Response<Body>> {
    let limits = &shared.options.limits;
    if body.size_hint().lower() > limits.body {
        return Ok(refuse(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let count = async {
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            // The body was cut, or its chunks are malformed. A client that closed only its sending half still gets the answer.
            let Ok(frame) = frame else {
                return Ok(closing(refuse(StatusCode::BAD_REQUEST)));
            };
            bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            // A chunked body does not state its length in advance.
            if bytes > limits.body {
                return Ok(refuse(StatusCode::PAYLOAD_TOO_LARGE));
            }
        }
        Ok(plain_text(StatusCode::OK, format!("{bytes}\n")))
    };
    timeout(limits.upload, count).await.unwrap_or_else(|_| Ok(refuse(StatusCode::REQUEST_TIMEOUT)))
}

fn plain_text(status: StatusCode, text: impl Into<hyper::body::Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::of(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// A status with its name as the body. If the request is refused before all of it was read, the client may still be sending it, so
/// the connection is closed.
fn refuse(status: StatusCode) -> Response<Body> {
    let response = plain_text(status, format!("{status}\n"));
    match status {
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT | StatusCode::URI_TOO_LONG => closing(response),
        _ => response,
    }
}

/// The answer after which the connection is closed.
fn closing(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

fn not_allowed(methods: &'static str) -> Response<Body> {
    let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

fn on_purpose() -> io::Error {
    io::Error::other("closed on purpose")
}
