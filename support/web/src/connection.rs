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
use crate::request_line::LineLimit;
use crate::state::Shared;
use crate::write_timeout::WriteTimeout;

/// Serves until the client leaves or exceeds a limit, or until the server drains and the requests in flight are answered.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let number = shared.counters.accepted.fetch_add(1, Relaxed);
    let _open = shared.counters.open();
    let limits = &shared.options.limits;
    // Sends small answers at once. If the option cannot be set, answers are only later.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(MOST_HEAD)
        .max_headers(MOST_HEADERS)
        // A client may close its sending half and still wait for the answer.
        .half_close(true)
        .serve_connection(
            TokioIo::new(WriteTimeout::new(LineLimit::new(stream), limits.read)),
            service_fn(|request| answer(request, &shared, number)),
        );
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopped_and_polled(&shared) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(e) = ended {
        let counters = &shared.counters;
        if is_slow(&e) { &counters.cut_off } else { &counters.broken }.fetch_add(1, Relaxed);
    }
}

/// Waits until the server stops and the runtime has polled the kernel once more: a connection whose request arrived before the
/// stop is not idle.
async fn stopped_and_polled(shared: &Shared) {
    shared.stopped().await;
    // Two turns: in the first the runtime is notified of the request, in the second hyper reads it.
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
}

/// Whether a time limit ended the connection: hyper's for the head, or ours for writing.
fn is_slow(e: &hyper::Error) -> bool {
    let inner = e.source().and_then(|source| source.downcast_ref::<io::Error>());
    e.is_timeout() || inner.is_some_and(|e| e.kind() == io::ErrorKind::TimedOut)
}
