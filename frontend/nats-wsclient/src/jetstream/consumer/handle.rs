//! A consumer by its name.

use std::rc::Rc;

use super::{Config, Info, Messages, Pull};
use crate::client::SubscribeError;
use crate::jetstream::error::check_name;
use crate::jetstream::stream::Stream;
use crate::jetstream::{JetStream, JetStreamError, NameError};

/// A consumer by its name: see [`Stream::consumer`]. Clones are cheap.
///
/// ```no_run
/// use nats_wsclient::jetstream::consumer::{Config, Pull};
/// # async fn f(client: nats_wsclient::Client) -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config {
///     durable_name: Some("billing".to_owned()),
///     ..Config::default()
/// };
/// let consumer = client.jetstream().stream("orders")?.create_consumer(&config).await?;
/// let mut messages = consumer.messages(Pull::new().max_messages(50))?;
/// while let Some(message) = messages.next().await {
///     let message = message?;
///     println!("{} is number {}", message.subject, message.info().stream_sequence);
///     message.ack()?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Consumer {
    js: JetStream,
    stream: Rc<str>,
    name: Rc<str>,
    info: Option<Rc<Info>>,
}

impl Stream {
    /// The consumer of that name. The server is not asked whether there is one; [`get_consumer`](Self::get_consumer)
    /// does.
    ///
    /// # Errors
    /// When it cannot be the name of a consumer.
    pub fn consumer(&self, name: impl AsRef<str>) -> Result<Consumer, NameError> {
        Ok(Consumer {
            js: self.jetstream().clone(),
            stream: self.name().into(),
            name: check_name(name.as_ref())?.into(),
            info: None,
        })
    }

    /// Gets the consumer of that name, and with it how it is.
    ///
    /// # Errors
    /// [`ErrorCode::CONSUMER_NOT_FOUND`](crate::jetstream::ErrorCode::CONSUMER_NOT_FOUND) when there is none; otherwise
    /// see [`JetStreamError`].
    pub async fn get_consumer(&self, name: impl AsRef<str>) -> Result<Consumer, JetStreamError> {
        let info = self.consumer(name)?.info().await?;
        Ok(self.consumer_with(info))
    }

    /// Makes a consumer; see [`JetStream::create_consumer`].
    ///
    /// # Errors
    /// As there.
    pub async fn create_consumer(&self, config: &Config) -> Result<Consumer, JetStreamError> {
        let js = self.jetstream();
        let info = js.create_consumer(self.name(), config).await?;
        Ok(self.consumer_with(info))
    }

    fn consumer_with(&self, info: Info) -> Consumer {
        Consumer {
            js: self.jetstream().clone(),
            stream: self.name().into(),
            name: (*info.name).into(),
            info: Some(Rc::new(info)),
        }
    }
}

impl Consumer {
    /// The name of the consumer, durable or not.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the stream that it reads.
    pub fn stream_name(&self) -> &str {
        &self.stream
    }

    /// What the server said when the consumer was made or got by this handle; `None` if it was not asked.
    /// [`info`](Self::info) asks.
    pub fn cached_info(&self) -> Option<&Info> {
        self.info.as_deref()
    }

    /// Tells how the consumer is.
    ///
    /// # Errors
    /// As [`JetStream::consumer_info`].
    pub async fn info(&self) -> Result<Info, JetStreamError> {
        self.js.consumer_info(&self.stream, &self.name).await
    }

    /// Deletes the consumer.
    ///
    /// # Errors
    /// As [`JetStream::delete_consumer`].
    pub async fn delete(&self) -> Result<(), JetStreamError> {
        self.js.delete_consumer(&self.stream, &self.name).await
    }

    /// Gets the messages of a pull consumer as they come, for as long as the stream is held. It asks for more whenever
    /// there is room for half of what `pull` lets wait for the reader, and goes on after a reconnect.
    ///
    /// Messages that wait for the reader are being delivered: let few wait if working on one takes long, or else the
    /// consumer delivers them again before their turn.
    ///
    /// # Errors
    /// When the client is closed. Whatever happens later is an item of the stream.
    pub fn messages(&self, pull: Pull) -> Result<Messages, SubscribeError> {
        Messages::all(self.js.client(), self.next_subject(), pull)
    }

    /// Gets messages of a pull consumer once: the stream ends when there are as many as `pull` says, when its time is
    /// over, and after an error.
    ///
    /// # Errors
    /// As [`messages`](Self::messages).
    pub fn fetch(&self, pull: Pull) -> Result<Messages, SubscribeError> {
        Messages::fetch(self.js.client(), self.next_subject(), pull, false)
    }

    /// As [`fetch`](Self::fetch), but only what is there already.
    ///
    /// # Errors
    /// As [`messages`](Self::messages).
    pub fn fetch_no_wait(&self, pull: Pull) -> Result<Messages, SubscribeError> {
        Messages::fetch(self.js.client(), self.next_subject(), pull, true)
    }

    fn next_subject(&self) -> String {
        let end = format!("CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name);
        self.js.api_subject(&end)
    }
}
