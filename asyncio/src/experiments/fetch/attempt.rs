//! One attempt at one call. The connection is kept for the next attempt.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::Request;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::target::Target;

/// The result of a successful attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The status, below 400.
    pub status: u16,
    /// The length of the body, which is read to its end and discarded.
    pub bytes: u64,
}

/// The reason why an attempt failed. Every call that has begun ends with a [`Fetched`] or with one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, for example refused or no such host.
    Unreachable(String),
    /// The connection ended before the response was complete.
    Closed(String),
    /// No complete response within the timeout.
    TimedOut,
    /// A response with status 400 or above.
    Status(u16),
    /// A response that is not HTTP.
    NotHttp(String),
    /// Cancelled by Ctrl-C.
    Cancelled,
}

impl Failure {
    /// The name in results and measurements; it is not translated.
    pub fn name(&self) -> &'static str {
        match self {
            Failure::Unreachable(_) => "unreachable",
            Failure::Closed(_) => "closed",
            Failure::TimedOut => "timed out",
            Failure::Status(_) => "status",
            Failure::NotHttp(_) => "not http",
            Failure::Cancelled => "cancelled",
        }
    }

    /// Whether another attempt may succeed. Repeating a GET is safe (RFC 9110, 9.2.2); if the request itself is wrong (most 4xx), a
    /// repetition fails again.
    pub fn may_be_retried(&self) -> bool {
        match self {
            Failure::Unreachable(_) | Failure::Closed(_) | Failure::TimedOut => true,
            Failure::Status(status) => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Failure::NotHttp(_) | Failure::Cancelled => false,
        }
    }
}

/// A caller's connection, which is kept between attempts as long as it is usable.
#[derive(Default)]
pub struct Connection(Option<OpenConnection>);

struct OpenConnection {
    address: Arc<str>,
    sender: SendRequest<EmptyBody>,
    /// The task that reads and writes the socket; aborted on drop.
    driver: JoinHandle<()>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// Sends a GET and reads the response. If this future is dropped, the connection is closed; otherwise the next request on it would
    /// receive this response.
    pub async fn get(&mut self, target: &Target) -> Result<Fetched, Failure> {
        let mut open = match self.0.take() {
            Some(open) if open.address == target.address && !open.sender.is_closed() => open,
            _ => connect(&target.address).await?,
        };
        let fetched = open.get(target).await?;
        self.0 = Some(open);
        if fetched.status < 400 { Ok(fetched) } else { Err(Failure::Status(fetched.status)) }
    }
}

impl OpenConnection {
    async fn get(&mut self, target: &Target) -> Result<Fetched, Failure> {
        let request = Request::get(&*target.path).header(HOST, &*target.host).body(EmptyBody);
        let request = request.map_err(|e| Failure::NotHttp(e.to_string()))?;
        self.sender.ready().await.map_err(|e| explain(&e))?;
        let response = self.sender.send_request(request).await.map_err(|e| explain(&e))?;
        let status = response.status().as_u16();
        let (mut body, mut bytes) = (response.into_body(), 0);
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            bytes += frame.map_err(|e| explain(&e))?.data_ref().map_or(0, |data| data.len() as u64);
        }
        Ok(Fetched { status, bytes })
    }
}

async fn connect(address: &Arc<str>) -> Result<OpenConnection, Failure> {
    let stream = TcpStream::connect(&**address).await.map_err(|e| Failure::Unreachable(e.to_string()))?;
    // Only an optimization: a small request is sent without delay. Without it the program still works.
    let _ = stream.set_nodelay(true);
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| explain(&e))?;
    // The result is ignored here, because the pending request receives the error too.
    let driver = tokio::spawn(async { drop(connection.await) });
    Ok(OpenConnection { address: Arc::clone(address), sender, driver })
}

fn explain(e: &hyper::Error) -> Failure {
    if e.is_parse() { Failure::NotHttp(e.to_string()) } else { Failure::Closed(e.to_string()) }
}

/// The empty body of a GET.
struct EmptyBody;

impl Body for EmptyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}
