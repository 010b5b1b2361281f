//! A webhook that is told when something is parked, in the format of Slack's incoming webhooks, which many others take too.
//!
//! It is a processor of the stream of dead letters, so of all instances one sends a notice for each time that a letter is parked (and
//! another one only if it dies before it can note that it did), and nothing that parks letters waits for it. A webhook that is
//! away is left alone by a [`Breaker`] after some failures, and hears of everything when it is back, unless the letter has been
//! dealt with by then.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, StatusCode, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use crate::boundary::StoredMessage;
use crate::breaker::BreakerError;
use crate::dead_letters::{DeadLetter, LetterState, STREAM, filed};
use crate::processor::{Handler, ProcessorSpec};
use crate::{Breaker, BreakerPolicy, Connection, Failure};

/// The durable consumer, and the name of the breaker.
const CONSUMER: &str = "notice";
/// How long the webhook may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How many bytes of an error are told. Slack takes 3,000 in a block.
const ERROR_LENGTH: usize = 1_000;

/// Sends a notice for each letter that is parked. To be run by a [`Processor`](crate::Processor) with [`Notice::spec`].
#[derive(Debug)]
pub struct Notice {
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    webhook: Uri,
    breaker: Breaker,
}

/// Why notices cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The address is none. It may hold a secret all the same, so it is not told.
    #[error("the address of the webhook is no http(s) address")]
    Address,
    /// The machine trusts nobody.
    #[error("no certificates to trust a webhook by: {0}; install the package ca-certificates")]
    Certificates(std::io::Error),
    /// The breaker cannot be made.
    #[error(transparent)]
    Breaker(#[from] BreakerError),
}

impl Notice {
    /// Notices to `webhook`. One with `https` is trusted by the machine's certificates, or by those of the file that the
    /// environment variable `SSL_CERT_FILE` names. The bucket of breakers ([`Breaker::bucket`]) must have been declared.
    ///
    /// # Errors
    /// When `webhook` is no address of HTTP, or the machine has no certificates to trust.
    pub fn new(
        connection: &Connection,
        webhook: &str,
        policy: BreakerPolicy,
    ) -> Result<Self, NoticeError> {
        let address = webhook.parse().ok().filter(|uri: &Uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some()
        });
        let webhook = address.ok_or(NoticeError::Address)?;
        let provider = rustls::crypto::ring::default_provider();
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .map_err(NoticeError::Certificates)?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            http: Client::builder(TokioExecutor::new()).build(https),
            webhook,
            breaker: Breaker::new(connection, CONSUMER, policy)?,
        })
    }

    /// What the processor has to be like.
    pub fn spec(&self) -> ProcessorSpec {
        ProcessorSpec {
            breaker: Some(self.breaker.clone()),
            description: "tells a webhook of what is parked".to_owned(),
            concurrency: 4,
            in_flight: 64,
            ..ProcessorSpec::new(STREAM, CONSUMER)
        }
    }

    async fn tell(&self, letter: &DeadLetter) -> Result<(), Failure> {
        match self.post(&text(letter)).await? {
            status if status.is_success() => Ok(()),
            status if is_passing(status) => {
                Err(Failure::outage(format!("the webhook says {status}")))
            }
            status => Err(Failure::permanent(format!(
                "the webhook does not take the notice: {status}"
            ))),
        }
    }

    /// The address may hold a secret, so no error names it.
    async fn post(&self, notice: &Value) -> Result<StatusCode, Failure> {
        let request = Request::post(self.webhook.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(notice.to_string())))
            .map_err(Failure::permanent)?;
        match tokio::time::timeout(TIMEOUT, self.http.request(request)).await {
            Ok(answer) => Ok(answer.map_err(Failure::outage)?.status()),
            Err(_) => Err(Failure::outage(format!(
                "the webhook has not answered within {TIMEOUT:?}"
            ))),
        }
    }
}

impl Handler for Notice {
    /// The letter: no notice waits for another.
    fn key(&self, message: &StoredMessage) -> String {
        message.subject.clone()
    }

    async fn handle(&self, message: &StoredMessage) -> Result<(), Failure> {
        let letter = filed(message).map_err(Failure::permanent)?.letter;
        // Letters about notices are not told of by notices.
        if letter.state != LetterState::Parked || letter.consumer == CONSUMER {
            return Ok(());
        }
        self.tell(&letter).await
    }
}

/// Whether another try may have another answer.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        )
}

/// The notice: `text` for where blocks are not shown.
fn text(letter: &DeadLetter) -> Value {
    let name = escape(letter.name().as_str());
    let consumer = escape(&letter.consumer);
    let what = letter.event_type.as_deref().unwrap_or("a message");
    let (what, key) = (escape(what), escape(&letter.key));
    let error = letter.attempts.last().map_or("", |last| &last.error);
    let error = escape(&error[..error.floor_char_boundary(ERROR_LENGTH)]);
    let pointer = &letter.pointer;
    let place = escape(&format!("{} of {}", pointer.sequence, pointer.stream));
    let tries = letter.attempts.len();
    json!({
        "text": format!("{consumer} has parked {what} about {key}: {error}"),
        "blocks": [
            {
                "type": "section",
                "text": {
                    "type": "mrkdwn",
                    "text": format!("*{consumer}* has parked {what} about *{key}*\n>{}", error.replace('\n', "\n>")),
                },
            },
            {
                "type": "context",
                "elements": [{
                    "type": "mrkdwn",
                    "text": format!("letter `{name}` · message {place} · {tries} failed tries"),
                }],
            },
        ],
    })
}

/// The three characters that mean something to Slack.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
