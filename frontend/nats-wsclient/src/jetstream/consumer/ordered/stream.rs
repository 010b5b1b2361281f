//! The ordered consumer as an engine, and as a stream.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{OrderedConfig, OrderedError, OrderedEvent, OrderedMachine, Place};
use crate::SubscribeError;
use crate::client::EngineHandle;
use crate::jetstream::error::check_name;
use crate::jetstream::{JetStream, NameError};
use crate::proto::SubjectError;

/// The messages of a stream in their order: see [`JetStream::ordered_consumer`]. Dropping it deletes the consumer.
///
/// An error tells why it is not live; it tries again by itself, unless the error [is final](OrderedError::is_final). It
/// ends after such an error, and when the client is closed.
#[derive(Debug)]
pub struct OrderedConsumer {
    handle: EngineHandle<OrderedMachine>,
}

/// Why there is no ordered consumer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrderedConsumerError {
    /// The name of the stream is none. Nothing was asked.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A filter is no subject.
    #[error(transparent)]
    Filter(#[from] SubjectError),
    /// The subject of the consumer cannot be subscribed to: the client is closed, for one. Nothing was asked.
    #[error(transparent)]
    Subscribe(#[from] SubscribeError),
}

impl JetStream {
    /// Reads the messages of a stream in their order, each once, for as long as the consumer is held. See the [module
    /// `ordered`](super) for how.
    ///
    /// # Errors
    /// When the name of the stream or a filter is none, or the client is closed. Whether there is such a stream turns out later.
    ///
    /// ```no_run
    /// # async fn f(client: nats_wsclient::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use nats_wsclient::jetstream::consumer::{OrderedConfig, OrderedEvent};
    ///
    /// let mut orders = client.jetstream().ordered_consumer("orders", OrderedConfig::new())?;
    /// while let Some(event) = orders.next().await {
    ///     match event? {
    ///         OrderedEvent::Message(order) => println!("{}: {}", order.sequence, order.message.subject),
    ///         OrderedEvent::State(state) => println!("{state:?}"),
    ///         OrderedEvent::Reset => println!("the stream was made anew"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn ordered_consumer(
        &self,
        stream: impl AsRef<str>,
        config: OrderedConfig,
    ) -> Result<OrderedConsumer, OrderedConsumerError> {
        config.check()?;
        let place = self.place(check_name(stream.as_ref())?);
        let machine = OrderedMachine::new(place, config);
        let handle = self.client.start_engine(&machine.subject(), machine)?;
        Ok(OrderedConsumer { handle })
    }

    /// Where the consumers of an ordered consumer of this stream are.
    pub(crate) fn place(&self, stream: &str) -> Place {
        Place {
            api_prefix: self.prefix.to_string(),
            stream: stream.to_owned(),
            inbox: self.client.new_inbox(),
            name: self.client.nuid(),
        }
    }
}

impl OrderedConsumer {
    /// What comes next, or `None` at the end.
    pub async fn next(&mut self) -> Option<Result<OrderedEvent, OrderedError>> {
        std::future::poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for OrderedConsumer {
    type Item = Result<OrderedEvent, OrderedError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.handle.poll(context, OrderedMachine::poll_event)
    }
}
