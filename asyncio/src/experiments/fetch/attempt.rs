//! One attempt at one call, on a connection that is kept for the next one.

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

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Got {
    /// The status, below 400.
    pub status: u16,
    /// The length of the body. It is read to its end and not kept.
    pub bytes: u64,
}

/// What came instead. Every call that has begun ends as a [`Got`] or as one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection: refused, no such host.
    Unreachable(String),
    /// The connection ended before the answer was whole.
    Closed(String),
    /// No whole answer in time.
    TimedOut,
    /// An answer of 400 or more.
    Status(u16),
    /// What came was no HTTP.
    NotHttp(String),
    /// Given up because the reader pressed Ctrl-C.
    Cancelled,
}

impl Failure {
    /// Its name, the same in every language and in every file.
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

    /// Whether another attempt may go better, and does no harm: a GET may be repeated (RFC 9110, 9.2.2), and what is wrong with the
    /// request itself (most of 4xx) will be wrong again.
    pub fn may_be_retried(&self) -> bool {
        match self {
            Failure::Unreachable(_) | Failure::Closed(_) | Failure::TimedOut => true,
            Failure::Status(status) => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Failure::NotHttp(_) | Failure::Cancelled => false,
        }
    }
}

/// What a caller keeps from one attempt to the next: its connection, as long as that is good.
#[derive(Default)]
pub struct Line(Option<Wire>);

struct Wire {
    address: Arc<str>,
    sender: SendRequest<Nothing>,
    /// Reads and writes the socket; ends with the wire.
    driver: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Line {
    /// GETs it. Dropped before its end, it closes the connection: nobody could tell the old answer from the next.
    pub async fn get(&mut self, target: &Target) -> Result<Got, Failure> {
        let mut wire = match self.0.take() {
            Some(wire) if wire.address == target.address && !wire.sender.is_closed() => wire,
            _ => connect(&target.address).await?,
        };
        let got = wire.get(target).await?;
        self.0 = Some(wire);
        if got.status < 400 { Ok(got) } else { Err(Failure::Status(got.status)) }
    }
}

impl Wire {
    async fn get(&mut self, target: &Target) -> Result<Got, Failure> {
        let request = Request::get(&*target.path).header(HOST, &*target.host).body(Nothing);
        let request = request.map_err(|e| Failure::NotHttp(e.to_string()))?;
        self.sender.ready().await.map_err(|e| explain(&e))?;
        let response = self.sender.send_request(request).await.map_err(|e| explain(&e))?;
        let status = response.status().as_u16();
        let (mut body, mut bytes) = (response.into_body(), 0);
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            bytes += frame.map_err(|e| explain(&e))?.data_ref().map_or(0, |data| data.len() as u64);
        }
        Ok(Got { status, bytes })
    }
}

async fn connect(address: &Arc<str>) -> Result<Wire, Failure> {
    let stream = TcpStream::connect(&**address).await.map_err(|e| Failure::Unreachable(e.to_string()))?;
    // A request is one small write: that it goes at once is welcome, not necessary.
    let _ = stream.set_nodelay(true);
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| explain(&e))?;
    // How the connection ended is told to whoever waits for an answer.
    let driver = tokio::spawn(async { drop(connection.await) });
    Ok(Wire { address: Arc::clone(address), sender, driver })
}

fn explain(e: &hyper::Error) -> Failure {
    if e.is_parse() { Failure::NotHttp(e.to_string()) } else { Failure::Closed(e.to_string()) }
}

/// The body of a GET.
struct Nothing;

impl Body for Nothing {
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
