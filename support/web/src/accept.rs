//! The listening socket: accepting connections, and draining them at shutdown.

use std::io;
use std::iter;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connection;
use crate::state::{Drained, Shared};

/// Connections that the kernel completes before they are accepted; it caps this at `net.core.somaxconn`.
const BACKLOG: u32 = 4096;

const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 21\r\n\r\ntoo many connections\n";

/// Must be called within a runtime.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Allows binding a port whose last connections have just closed. On Windows the option means something else.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts connections until the server stops, then drains.
pub(crate) async fn listen(listener: TcpListener, shared: Arc<Shared>) -> Drained {
    let mut connections = JoinSet::new();
    let mut stopped = pin!(shared.stopped());
    let grace = loop {
        tokio::select! {
            biased;
            grace = stopped.as_mut() => break grace,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => admit(stream, &shared, &mut connections),
                // Most likely out of file descriptors; some will be closed soon.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    // Clients in the backlog are already connected, so they are served too.
    for stream in accept_backlog(listener) {
        admit(stream, &shared, &mut connections);
    }
    drain(connections, grace).await
}

fn admit(stream: TcpStream, shared: &Arc<Shared>, connections: &mut JoinSet<()>) {
    if connections.len() < shared.options.limits.connections {
        connections.spawn(connection::serve(stream, Arc::clone(shared)));
    } else {
        shared.counters.turned_away.fetch_add(1, Relaxed);
        // The send buffer of a new socket has room for this. If it has not, the client only sees the connection closed.
        let _ = stream.try_write(TOO_MANY);
    }
}

/// Accepts what is in the backlog, straight from the kernel: the runtime may not have been notified yet. Closes the port.
fn accept_backlog(listener: TcpListener) -> Vec<TcpStream> {
    let Ok(listener) = listener.into_std() else {
        return Vec::new();
    };
    let accept = || {
        let (stream, _) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    iter::from_fn(accept).collect()
}

/// Waits for the answers in flight; after the grace period, closes the remaining connections.
async fn drain(mut connections: JoinSet<()>, grace: Duration) -> Drained {
    let open = connections.len();
    let _ = timeout(grace, async { while connections.join_next().await.is_some() {} }).await;
    let aborted = connections.len();
    connections.shutdown().await;
    Drained { open, aborted }
}
