//! The durable consumer of a feed, as it is declared.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::{
    AckPolicy, DeliverPolicy, PriorityPolicy, PullConsumer, pull,
};
use async_nats::jetstream::context::ConsumerInfoErrorKind;
use async_nats::jetstream::stream::{self, ConsumerError, ConsumerErrorKind};

use super::{ACK_WAIT, FeedSpec, GROUP, PIN_TIMEOUT, Start};

impl FeedSpec {
    fn config(&self) -> pull::Config {
        pull::Config {
            durable_name: Some(self.durable.clone()),
            description: Some(self.description.clone()),
            deliver_policy: match self.start {
                Start::Beginning => DeliverPolicy::All,
                Start::Now => DeliverPolicy::New,
            },
            // Not `All`: one acknowledgement that comes from before a reset, late, would make the server take the new ones for
            // old, since they are counted anew.
            ack_policy: AckPolicy::Explicit,
            ack_wait: ACK_WAIT,
            max_ack_pending: i64::from(self.in_flight),
            filter_subject: self.filter.clone().unwrap_or_default(),
            priority_policy: PriorityPolicy::PinnedClient,
            priority_groups: vec![GROUP.to_owned()],
            priority_timeout: PIN_TIMEOUT,
            ..pull::Config::default()
        }
    }

    /// The consumer, which has been declared before. It is asked itself: to make one takes the leader of the whole cluster, too, which
    /// may be away for some seconds longer.
    pub(super) async fn find(
        &self,
        jetstream: &jetstream::Context,
        within: Duration,
    ) -> Result<Option<PullConsumer>, String> {
        let mut impatient = jetstream.clone();
        impatient.set_timeout(within);
        let stream = impatient.get_stream_no_info(self.stream).await;
        let stream = stream.map_err(|error| error.to_string())?;
        match stream.consumer_info(&self.durable).await {
            Ok(info) => Ok(Some(PullConsumer::new(
                self.config(),
                info,
                jetstream.clone(),
            ))),
            Err(error) if error.kind() == ConsumerInfoErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Makes the consumer, or brings it up to date.
    pub(crate) async fn declare(
        &self,
        jetstream: &jetstream::Context,
    ) -> Result<PullConsumer, ConsumerError> {
        let declared = jetstream
            .create_consumer_on_stream(self.config(), self.stream)
            .await;
        let Err(refused) = declared else {
            return declared;
        };
        let changed = match self.replace(jetstream).await {
            None => self.adopt(jetstream).await,
            replaced => replaced,
        };
        changed.unwrap_or(Err(refused))
    }

    /// Brings a consumer up to date that began elsewhere than is declared, which the server does not change. `None` if it
    /// did not.
    async fn adopt(
        &self,
        jetstream: &jetstream::Context,
    ) -> Option<Result<PullConsumer, ConsumerError>> {
        let stream = jetstream.get_stream_no_info(self.stream).await.ok()?;
        let there = stream.consumer_info(&self.durable).await.ok()?;
        let began = there.config.deliver_policy;
        let declared = self.config();
        if began == declared.deliver_policy {
            return None;
        }
        let config = pull::Config {
            deliver_policy: began,
            ..declared
        };
        Some(stream.create_consumer(config).await)
    }

    /// Puts a new consumer in the place of one that acknowledged all before a message with it, as this crate once declared them,
    /// and which the server does not change. Should this be interrupted, everything comes again. `None` if it is not one.
    async fn replace(
        &self,
        jetstream: &jetstream::Context,
    ) -> Option<Result<PullConsumer, ConsumerError>> {
        let stream = jetstream.get_stream_no_info(self.stream).await.ok()?;
        let old = stream.consumer_info(&self.durable).await.ok()?;
        if old.config.ack_policy != AckPolicy::All {
            return None;
        }
        stream.delete_consumer(&self.durable).await.ok()?;
        let after = old.ack_floor.stream_sequence;
        Some(self.declare_after(&stream, after).await)
    }

    async fn declare_after(
        &self,
        stream: &stream::Stream<()>,
        sequence: u64,
    ) -> Result<PullConsumer, ConsumerError> {
        let mut consumer = stream.create_consumer(self.config()).await?;
        let placed = consumer.reset(Some(sequence + 1)).await;
        placed.map_err(|error| ConsumerError::with_source(ConsumerErrorKind::Other, error))?;
        Ok(consumer)
    }
}
