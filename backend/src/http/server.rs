//! The connections: how long a client may take to send a request, and to read a response.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use super::places::Places;
use super::tls::{self, Tls};

/// How long a client may take to send the head of a request, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(20);
/// How long a client may take nothing of what is sent to it.
const STALL: Duration = Duration::from_secs(30);
/// How long the responses that have begun may take when the backend ends.
const GRACE: Duration = Duration::from_secs(10);
/// How long to wait when no connection can be accepted, such as for want of file descriptors.
const PAUSE: Duration = Duration::from_millis(500);
/// How many bytes a connection holds of what is read and written. The head of a request has to fit.
const BUFFER: usize = 64 * 1024;

/// Serves until `stop`, and finishes the responses that have begun.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    places: Places,
    app: Router,
    stop: CancellationToken,
) {
    let app = match tls {
        Some(_) => app.layer(middleware::from_fn(strictly)),
        None => app,
    };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match places.take(peer.ip()) {
                    Ok(place) => {
                        let (tls, app, stop) = (tls.clone(), app.clone(), stop.clone());
                        let connection = accept(stream, tls, peer, app, stop);
                        connections.spawn(async move {
                            connection.await;
                            drop(place);
                        });
                    }
                    Err(why) => {
                        connections.spawn(places.clone().turn_away(stream, tls.clone(), why));
                    }
                },
                Err(error) => {
                    tracing::warn!("no connection was accepted: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = stop.cancelled() => break,
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!(
            "{} connections are closed before their end",
            connections.len()
        );
    }
}

/// A connection from its beginning: by TLS, if that is what is served.
async fn accept(
    stream: TcpStream,
    tls: Option<Tls>,
    peer: SocketAddr,
    app: Router,
    stop: CancellationToken,
) {
    // A response is small, and is not to wait for a next one.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("{peer}: {error}");
    }
    let stream = Impatient::new(stream);
    let Some(tls) = tls else {
        return connection(stream, peer, app, stop).await;
    };
    match stop.run_until_cancelled(tls.accept(stream)).await {
        Some(Ok(stream)) => connection(stream, peer, app, stop).await,
        Some(Err(error)) => tracing::debug!("{peer}: {error}"),
        None => {}
    }
}

/// Tells browsers that there is nothing here in plain text.
async fn strictly(request: Request, next: Next) -> Response {
    let is_strict = tls::is_strict(request.headers());
    let mut response = next.run(request).await;
    if is_strict {
        let headers = response.headers_mut();
        headers.insert(header::STRICT_TRANSPORT_SECURITY, tls::STRICT);
    }
    response
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
    app: Router,
    stop: CancellationToken,
) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        app.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!("{peer}: {error}");
    }
}

/// A connection that breaks when the client takes nothing for [`STALL`].
#[derive(Debug)]
struct Impatient {
    stream: TcpStream,
    /// When it breaks. There is none while the client takes what it gets.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Impatient {
    fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            stalled: None,
        }
    }

    fn patiently(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let until = || Box::pin(tokio::time::sleep_until(Instant::now() + STALL));
        let stalled = self.stalled.get_or_insert_with(until);
        ready!(stalled.as_mut().poll(cx));
        let error = "the client takes nothing of the response";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, error)))
    }
}

impl AsyncRead for Impatient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Impatient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patiently(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.patiently(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
