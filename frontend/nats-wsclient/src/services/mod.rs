//! Finding the services that answer on NATS, and how they are (ADR-32).
//!
//! ```no_run
//! # async fn f(client: nats_wsclient::Client) -> Result<(), Box<dyn std::error::Error>> {
//! let mut statistics = client.services().name("booking")?.stats()?;
//! while let Some(service) = statistics.next().await {
//!     for endpoint in service?.endpoints {
//!         println!("{}: {} requests", endpoint.subject, endpoint.num_requests);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod error;

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;

pub use answer::{EndpointInfo, EndpointStats, Info, Ping, Stats};
pub use error::{DiscoveryError, ServiceNameError};

use crate::client::{Answers, Client, RequestError, RequestMany};
use crate::json::{self, JsonError, Object};
use crate::proto::{PublishError, Subject, SubjectError};

/// Which services are asked: see [`Client::services`].
#[derive(Debug, Clone)]
pub struct Services {
    client: Client,
    prefix: String,
    /// A kind of services, and maybe one of them, as the end of a subject.
    whom: String,
    max_wait: Duration,
    stall: Duration,
}

/// The answers of services, as they come. It ends when no service has answered for a while.
#[derive(Debug)]
pub struct Discovered<T> {
    answers: Answers,
    read: fn(&[u8]) -> Result<T, JsonError>,
}

impl Client {
    /// Asks the services that this account reaches who they are, and how.
    pub fn services(&self) -> Services {
        Services {
            client: self.clone(),
            prefix: "$SRV".to_owned(),
            whom: String::new(),
            max_wait: Duration::from_secs(2),
            stall: Duration::from_millis(300),
        }
    }
}

impl Services {
    /// Asks only services of this name, that is of this kind.
    ///
    /// # Errors
    /// When it has other characters than ASCII letters and digits, `-` and `_`.
    pub fn name(mut self, name: impl AsRef<str>) -> Result<Self, ServiceNameError> {
        self.whom = format!(".{}", check_name(name.as_ref())?);
        Ok(self)
    }

    /// Asks only this one of the services of a name.
    ///
    /// # Errors
    /// As [`name`](Self::name); of the id too.
    pub fn instance(
        mut self,
        name: impl AsRef<str>,
        id: impl AsRef<str>,
    ) -> Result<Self, ServiceNameError> {
        let (name, id) = (check_name(name.as_ref())?, check_name(id.as_ref())?);
        self.whom = format!(".{name}.{id}");
        Ok(self)
    }

    /// Sets what the subjects begin with, for an account that imports them under another name. By default `$SRV`.
    ///
    /// # Errors
    /// When it is not a subject.
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Result<Self, SubjectError> {
        self.prefix = Subject::try_from(prefix.as_ref())?.as_str().to_owned();
        Ok(self)
    }

    /// How long answers are waited for: in all, and for the next one after one was received. By default 2 seconds and 300
    /// milliseconds.
    #[must_use]
    pub fn wait(mut self, in_all: Duration, for_the_next: Duration) -> Self {
        self.max_wait = in_all;
        self.stall = for_the_next;
        self
    }

    /// Asks who is there.
    ///
    /// # Errors
    /// When it cannot be asked. Whatever happens later is an item of the stream.
    pub fn ping(&self) -> Result<Discovered<Ping>, PublishError> {
        self.ask("PING")
    }

    /// Asks what the services offer.
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub fn info(&self) -> Result<Discovered<Info>, PublishError> {
        self.ask("INFO")
    }

    /// Asks what the services have done.
    ///
    /// # Errors
    /// As [`ping`](Self::ping).
    pub fn stats(&self) -> Result<Discovered<Stats>, PublishError> {
        self.ask("STATS")
    }

    fn ask<T: Object + Default>(&self, verb: &str) -> Result<Discovered<T>, PublishError> {
        let request = RequestMany::new().max_wait(self.max_wait).stall(self.stall);
        let subject = format!("{}.{verb}{}", self.prefix, self.whom);
        Ok(Discovered {
            answers: self.client.request_many(subject, request)?,
            read: json::read,
        })
    }
}

impl<T> Discovered<T> {
    /// The next answer, or `None` at the end; also at once, if there are no services.
    pub async fn next(&mut self) -> Option<Result<T, DiscoveryError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl<T> Stream for Discovered<T> {
    type Item = Result<T, DiscoveryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let answer = match ready!(Pin::new(&mut self.answers).poll_next(context)) {
            None | Some(Err(RequestError::NoResponders)) => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
            Some(Ok(answer)) => answer,
        };
        let read = match error::refusal(&answer.headers) {
            Some(refusal) => Err(refusal),
            None => (self.read)(&answer.payload).map_err(|error| DiscoveryError::Malformed {
                reason: error.to_string(),
            }),
        };
        Poll::Ready(Some(read))
    }
}

fn check_name(name: &str) -> Result<&str, ServiceNameError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(ServiceNameError {
            name: name.to_owned(),
        });
    }
    Ok(name)
}
