//! One request and its response. The connection is kept for the next request.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
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

/// A response, of any status. Its body has been read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// The length of the body.
    pub bytes: u64,
    /// The `Location` of a redirect.
    pub location: Option<String>,
    /// How long the server asks to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// What was kept of a response with status 2xx.
    pub kept: Option<Box<Kept>>,
}

/// A worker's connection, which is kept between requests as long as it is usable.
#[derive(Default)]
pub struct Connection {
    open: Option<OpenConnection>,
    tls: Tls,
    proxies: Proxies,
}

struct OpenConnection {
    address: Arc<str>,
    tls: bool,
    /// The proxy that reads the requests. `None` without a proxy, and for TLS, because a tunnel passes on what it cannot read.
    proxy: Option<Arc<Proxy>>,
    sender: SendRequest<Full<Bytes>>,
    /// The task that reads and writes the socket; aborted on drop.
    driver: JoinHandle<()>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Why an exchange failed, and whether its request may be sent again.
struct FailedExchange {
    failure: Failure,
    /// Whether the request was sent, so that the server may have acted on it.
    sent: bool,
    /// Whether the response had begun.
    answered: bool,
}

impl Connection {
    pub fn new(tls: Tls, proxies: Proxies) -> Connection {
        Connection { open: None, tls, proxies }
    }

    /// Sends a request and reads the response. If this future is dropped, the connection is closed; otherwise the next request on it
    /// would receive this response.
    ///
    /// A server may close a kept connection at any time, even while the request is being sent. In that case the request is sent once
    /// more on a new connection, unless the response had begun, or the request was sent and is not idempotent.
    pub async fn exchange(
        &mut self,
        target: &Target,
        plan: &RequestPlan,
        keep: Option<(&Arc<KeepPlan>, usize)>,
    ) -> Result<Answer, Failure> {
        if let Some(mut open) = self.open.take().filter(|open| open.fits(target)) {
            match open.exchange(target, plan, keep).await {
                Ok(answer) => return Ok(self.keep(open, answer)),
                Err(failed) if failed.answered || (failed.sent && !plan.is_idempotent()) => return Err(failed.failure),
                Err(FailedExchange { failure: Failure::Closed(_), .. }) => {}
                Err(failed) => return Err(failed.failure),
            }
        }
        let mut open = OpenConnection::connect(target, &self.tls, self.proxies.proxy_for(target)).await?;
        let answer = open.exchange(target, plan, keep).await.map_err(|failed| failed.failure)?;
        Ok(self.keep(open, answer))
    }

    fn keep(&mut self, open: OpenConnection, answer: Answer) -> Answer {
        self.open = Some(open);
        answer
    }
}

impl OpenConnection {
    fn fits(&self, target: &Target) -> bool {
        self.address == target.address && self.tls == target.tls && !self.sender.is_closed()
    }

    async fn connect(target: &Target, tls: &Tls, proxy: Option<&Arc<Proxy>>) -> Result<OpenConnection, Failure> {
        let address = proxy.map_or(&target.address, |proxy| &proxy.address);
        let mut stream = TcpStream::connect(&**address).await.map_err(|e| Failure::Unreachable(e.to_string()))?;
        // Only an optimization: a small request is sent without delay. Without it the program still works.
        let _ = stream.set_nodelay(true);
        if let Some(proxy) = proxy.filter(|_| target.tls) {
            proxy.open_tunnel(target, &mut stream).await?;
        }
        let (sender, driver) =
            if target.tls { tls_handshake(target, tls, stream).await? } else { http_handshake(stream).await? };
        let proxy = proxy.filter(|_| !target.tls).cloned();
        Ok(OpenConnection { address: Arc::clone(&target.address), tls: target.tls, proxy, sender, driver })
    }

    async fn exchange(
        &mut self,
        target: &Target,
        plan: &RequestPlan,
        keep: Option<(&Arc<KeepPlan>, usize)>,
    ) -> Result<Answer, FailedExchange> {
        let request = request(target, plan, self.proxy.as_deref()).map_err(|failure| FailedExchange {
            failure,
            sent: false,
            answered: false,
        })?;
        let unsent = |e: hyper::Error| FailedExchange { failure: explain(&e), sent: false, answered: false };
        self.sender.ready().await.map_err(unsent)?;
        let response = self.sender.try_send_request(request).await.map_err(|mut e| {
            // hyper returns the request if it was not sent.
            let sent = e.take_message().is_none();
            FailedExchange { failure: explain(e.error()), sent, answered: false }
        })?;
        let status = response.status();
        let mut answer = Answer {
            status: status.as_u16(),
            bytes: 0,
            location: location(&response),
            retry_after: retry_after(response.headers()),
            kept: None,
        };
        let late = |failure| FailedExchange { failure, sent: true, answered: true };
        let keep = keep.filter(|_| status.is_success());
        let headers = keep.map(|(keep, _)| keep.headers_of(response.headers())).unwrap_or_default();
        let keeping = keep
            .filter(|(keep, _)| keep.keeps_bodies())
            .map(|(keep, call)| Keeping::start(keep, call, &target.path, response.headers()));
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|e| late(explain(&e)))?.into_data() else { continue };
            answer.bytes += data.len() as u64;
            if let Some(keeping) = &keeping
                && !keeping.push(data).await
            {
                break; // `Keeping::finish` returns the error
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

async fn http_handshake<S>(stream: S) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| explain(&e))?;
    // The result is ignored here, because the pending request receives the error too.
    Ok((sender, tokio::spawn(async { drop(connection.await) })))
}

#[cfg(feature = "https")]
async fn tls_handshake(
    target: &Target,
    tls: &Tls,
    stream: TcpStream,
) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), Failure> {
    let host = target.address.rsplit_once(':').map_or(&*target.address, |(host, _)| host);
    http_handshake(tls.connect(host, stream).await.map_err(Failure::Tls)?).await
}

#[cfg(not(feature = "https"))]
async fn tls_handshake(
    _: &Target,
    _: &Tls,
    _: TcpStream,
) -> Result<(SendRequest<Full<Bytes>>, JoinHandle<()>), Failure> {
    Err(Failure::Tls("built without TLS".to_owned()))
}

fn request(target: &Target, plan: &RequestPlan, proxy: Option<&Proxy>) -> Result<Request<Full<Bytes>>, Failure> {
    let mut request = Request::new(Full::new(plan.body.clone()));
    *request.method_mut() = plan.method.clone();
    let not_http = |e: &dyn std::fmt::Display| Failure::NotHttp(e.to_string());
    // The request to a proxy names the whole URL (RFC 9112, 3.2.2).
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
