//! One connection, from its first byte to its end.

use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use crate::answer::answer;
use crate::limits::{MOST_HEAD, MOST_HEADERS};
use crate::patience::Patient;
use crate::state::Shared;

/// Serves until the client leaves, breaks a limit, or the server drains; then until what is in flight is answered.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let number = shared.counters.accepted.fetch_add(1, Relaxed);
    let _open = shared.counters.open();
    let limits = &shared.options.limits;
    // Small answers should not wait for more to send with them; that it cannot be set is no reason not to serve.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MOST_HEAD)
        .max_headers(MOST_HEADERS)
        // A client that has said all it wants to say may still want the answer.
        .half_close(true)
        .serve_connection(
            TokioIo::new(Patient::new(stream, limits.read)),
            service_fn(|request| answer(request, &shared, number)),
        );
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped_and_heard(&shared) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = ended {
        let counters = &shared.counters;
        if is_slow(&e) { &counters.cut_off } else { &counters.broken }.fetch_add(1, Relaxed);
    }
}

/// The server stops, and the runtime has asked the kernel once more what has come: a request that was there before the end is in
/// flight, and not an idle connection.
async fn stopped_and_heard(shared: &Shared) {
    shared.stopped().await;
    // Two turns: in the first the runtime hears of it, in the second hyper reads it.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
}

/// hyper's own limit for the head, or ours for writing.
fn is_slow(e: &hyper::Error) -> bool {
    let inner = e.source().and_then(|source| source.downcast_ref::<io::Error>());
    e.is_timeout() || inner.is_some_and(|e| e.kind() == io::ErrorKind::TimedOut)
}
