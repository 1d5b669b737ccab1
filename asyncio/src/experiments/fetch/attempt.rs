//! One exchange of a request for an answer, on a connection that is kept for the next one.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, LOCATION, PROXY_AUTHORIZATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::failure::Failure;
use super::keep::{KeepPlan, Keeping, Kept};
use super::proxy::{Proxies, Proxy};
use super::request::RequestPlan;
use super::retry::retry_after;
use super::target::Target;
use super::tls::Tls;

/// An answer, of whatever status. Its body was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The length of the body.
    pub bytes: u64,
    /// Where it says that the answer is.
    pub location: Option<String>,
    /// How long it asks to be left alone.
    pub retry_after: Option<Duration>,
    /// What was kept of a 2xx.
    pub kept: Option<Box<Kept>>,
}

/// What a caller keeps from one exchange to the next: its connection, as long as that is good.
#[derive(Default)]
pub struct Line {
    kept: Option<Wire>,
    tls: Tls,
    proxies: Proxies,
}

struct Wire {
    address: Arc<str>,
    /// Whether it is a TLS connection.
    tls: bool,
    /// The proxy that reads our requests; a line through it to a TLS server is none.
    proxy: Option<Arc<Proxy>>,
    sender: SendRequest<Whole>,
    /// Reads and writes the socket; ends with the wire.
    driver: JoinHandle<()>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// An exchange that came to nothing.
struct Broken {
    failure: Failure,
    /// Whether the server may have acted on the request: it was sent.
    sent: bool,
    /// Whether a first byte of the answer had come.
    answered: bool,
}

impl Line {
    pub fn new(tls: Tls, proxies: Proxies) -> Line {
        Line { kept: None, tls, proxies }
    }

    /// Sends it and reads the answer. Dropped before its end, it closes the connection: nobody could tell the old answer from the next.
    ///
    /// A server may close a kept connection at any time, also while we send. Then the request goes out once more on a new one, if
    /// nothing had come back and the server cannot have acted on it, or may act twice.
    pub async fn exchange(
        &mut self,
        target: &Target,
        plan: &RequestPlan,
        keep: Option<(&Arc<KeepPlan>, usize)>,
    ) -> Result<Answer, Failure> {
        if let Some(mut wire) = self.kept.take().filter(|wire| wire.is_good_for(target)) {
            match wire.exchange(target, plan, keep).await {
                Ok(answer) => return Ok(self.keep(wire, answer)),
                Err(broken) if broken.answered || (broken.sent && !plan.is_idempotent()) => return Err(broken.failure),
                Err(Broken { failure: Failure::Closed(_), .. }) => {}
                Err(broken) => return Err(broken.failure),
            }
        }
        let mut wire = Wire::connect(target, &self.tls, self.proxies.to(target)).await?;
        let answer = wire.exchange(target, plan, keep).await.map_err(|broken| broken.failure)?;
        Ok(self.keep(wire, answer))
    }

    fn keep(&mut self, wire: Wire, answer: Answer) -> Answer {
        self.kept = Some(wire);
        answer
    }
}

impl Wire {
    fn is_good_for(&self, target: &Target) -> bool {
        self.address == target.address && self.tls == target.tls && !self.sender.is_closed()
    }

    async fn connect(target: &Target, tls: &Tls, proxy: Option<&Arc<Proxy>>) -> Result<Wire, Failure> {
        let address = proxy.map_or(&target.address, |proxy| &proxy.address);
        let mut stream = TcpStream::connect(&**address).await.map_err(|e| Failure::Unreachable(e.to_string()))?;
        // A request is one small write: that it goes at once is welcome, not necessary.
        let _ = stream.set_nodelay(true);
        if let Some(proxy) = proxy.filter(|_| target.tls) {
            proxy.open_line(target, &mut stream).await?;
        }
        let (sender, driver) = if target.tls { secret(target, tls, stream).await? } else { drive(stream).await? };
        let proxy = proxy.filter(|_| !target.tls).cloned();
        Ok(Wire { address: Arc::clone(&target.address), tls: target.tls, proxy, sender, driver })
    }

    async fn exchange(
        &mut self,
        target: &Target,
        plan: &RequestPlan,
        keep: Option<(&Arc<KeepPlan>, usize)>,
    ) -> Result<Answer, Broken> {
        let request = request(target, plan, self.proxy.as_deref()).map_err(|failure| Broken {
            failure,
            sent: false,
            answered: false,
        })?;
        let unsent = |e: hyper::Error| Broken { failure: explain(&e), sent: false, answered: false };
        self.sender.ready().await.map_err(unsent)?;
        let response = self.sender.try_send_request(request).await.map_err(|mut e| {
            // What comes back was not sent.
            let sent = e.take_message().is_none();
            Broken { failure: explain(e.error()), sent, answered: false }
        })?;
        let status = response.status();
        let mut answer = Answer {
            status: status.as_u16(),
            bytes: 0,
            location: location(&response),
            retry_after: retry_after(response.headers()),
            kept: None,
        };
        let late = |failure| Broken { failure, sent: true, answered: true };
        let keep = keep.filter(|_| status.is_success());
        let headers = keep.map(|(keep, _)| keep.headers_of(response.headers())).unwrap_or_default();
        let keeping = keep
            .filter(|(keep, _)| keep.keeps_bodies())
            .map(|(keep, call)| Keeping::start(keep, call, &target.path, response.headers()));
        let mut body = response.into_body();
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            let Ok(data) = frame.map_err(|e| late(explain(&e)))?.into_data() else { continue };
            answer.bytes += data.len() as u64;
            if let Some(keeping) = &keeping
                && !keeping.push(data).await
            {
                break; // `finish` says why
            }
        }
        let kept = match keeping {
            Some(keeping) => Some(keeping.finish().await.map_err(late)?),
            None => (!headers.is_empty()).then(|| Kept { bytes: answer.bytes, ..Kept::default() }),
        };
        answer.bytes = kept.as_ref().map_or(answer.bytes, |kept| kept.bytes);
        answer.kept = kept.map(|kept| Box::new(Kept { headers, ..kept }));
        Ok(answer)
    }
}

fn location<T>(response: &Response<T>) -> Option<String> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    Some(String::from_utf8_lossy(location.as_bytes()).into_owned())
}

async fn drive<S>(stream: S) -> Result<(SendRequest<Whole>, JoinHandle<()>), Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| explain(&e))?;
    // How the connection ended is told to whoever waits for an answer.
    Ok((sender, tokio::spawn(async { drop(connection.await) })))
}

#[cfg(feature = "https")]
async fn secret(
    target: &Target,
    tls: &Tls,
    stream: TcpStream,
) -> Result<(SendRequest<Whole>, JoinHandle<()>), Failure> {
    let host = target.address.rsplit_once(':').map_or(&*target.address, |(host, _)| host);
    drive(tls.connect(host, stream).await.map_err(Failure::Tls)?).await
}

#[cfg(not(feature = "https"))]
async fn secret(_: &Target, _: &Tls, _: TcpStream) -> Result<(SendRequest<Whole>, JoinHandle<()>), Failure> {
    Err(Failure::Tls("built without TLS".to_owned()))
}

fn request(target: &Target, plan: &RequestPlan, proxy: Option<&Proxy>) -> Result<Request<Whole>, Failure> {
    let mut request = Request::new(Whole::of(plan.body.clone()));
    *request.method_mut() = plan.method.clone();
    let not_http = |e: &dyn std::fmt::Display| Failure::NotHttp(e.to_string());
    // A proxy is told the whole address (RFC 9112, 3.2.2).
    let uri = if proxy.is_some() { format!("http://{}{}", target.host, target.path) } else { target.path.to_string() };
    *request.uri_mut() = uri.parse().map_err(|e| not_http(&e))?;
    let headers = request.headers_mut();
    headers.insert(USER_AGENT, hyper::header::HeaderValue::from_static("asyncio"));
    for (name, value) in &plan.headers {
        if name == USER_AGENT {
            headers.insert(name, value.clone());
        } else {
            headers.append(name, value.clone());
        }
    }
    if let Some(credentials) = proxy.and_then(|proxy| proxy.credentials.clone()) {
        headers.insert(PROXY_AUTHORIZATION, credentials);
    }
    if !headers.contains_key(HOST) {
        headers.insert(HOST, target.host.parse().map_err(|e| not_http(&e))?);
    }
    Ok(request)
}

fn explain(e: &hyper::Error) -> Failure {
    if e.is_parse() { Failure::NotHttp(e.to_string()) } else { Failure::Closed(e.to_string()) }
}

/// The body of a request, in one piece.
struct Whole(Option<Bytes>);

impl Whole {
    fn of(bytes: Bytes) -> Whole {
        Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, Bytes::len) as u64)
    }
}
