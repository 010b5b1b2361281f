//! `vacancy listen`: prints events as they happen, each a CloudEvent on a line of its own.

use std::process::ExitCode;
use std::str;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use clap::Args;
use serde_json::value::RawValue;
use shared::subjects::Stream;

use super::output::{Reader, print_line};
use super::{OperateError, Operated, connect, next};
use crate::cli::NatsOptions;

#[derive(Debug, Args)]
pub struct ListenOptions {
    #[command(flatten)]
    pub nats: NatsOptions,
    /// The stream to listen to.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(Stream::ALL.map(Stream::name)))]
    pub stream: String,
    /// Only subjects that match this filter, such as `booking.1.>`.
    #[arg(long, value_name = "FILTER")]
    pub subject: Option<String>,
    /// Begin with the first event there is, instead of with the next one.
    #[arg(long)]
    pub from_start: bool,
    /// Remember under this name how far this listener has come, and go on from there the next time. Listeners of the same
    /// name share the events.
    #[arg(long, value_name = "NAME")]
    pub durable: Option<String>,
    /// End after that many events.
    #[arg(long, value_name = "NUMBER")]
    pub count: Option<u64>,
}

/// Prints events until Ctrl-C, or until nobody reads on.
///
/// # Errors
/// When the server is away or refuses.
pub async fn listen(options: ListenOptions) -> Operated {
    let connection = connect(&options.nats, "listen").await?;
    let jetstream = connection.jetstream();
    let deliver_policy = if options.from_start {
        DeliverPolicy::All
    } else {
        DeliverPolicy::New
    };
    let ack_policy = match options.durable {
        Some(_) => AckPolicy::Explicit,
        // Nothing is remembered, so there is nothing to acknowledge.
        None => AckPolicy::None,
    };
    let config = pull::Config {
        durable_name: options.durable.clone(),
        description: Some("vacancy listen".to_owned()),
        deliver_policy,
        ack_policy,
        filter_subject: options.subject.clone().unwrap_or_default(),
        ..pull::Config::default()
    };
    let stream = jetstream.get_stream_no_info(&options.stream).await;
    let stream = stream.map_err(OperateError::nats)?;
    // A durable that is there goes on as it is; what was said at its first start holds.
    let consumer = match &options.durable {
        Some(name) => stream.get_or_create_consumer(name, config).await,
        None => stream.create_consumer(config).await,
    };
    let consumer = consumer.map_err(OperateError::nats)?;
    let mut messages = consumer.stream();
    if options.durable.is_some() {
        // What was sent to this listener and not printed would be kept from the others until it is sent again.
        messages = messages.max_messages_per_batch(1);
    }
    let mut messages = messages.messages().await.map_err(OperateError::nats)?;
    let mut printed = 0_u64;
    while options.count.is_none_or(|count| printed < count) {
        let Some(message) = next(&mut messages).await? else {
            break;
        };
        let reader = match str::from_utf8(&message.payload).ok().and_then(raw) {
            Some(event) => print_line(event.get())?,
            None => {
                let subject = &message.subject;
                tracing::warn!(%subject, "a message that is no JSON is passed over");
                Reader::Reads
            }
        };
        if reader == Reader::Gone {
            break;
        }
        if options.durable.is_some() {
            // Only now that it has been printed, so nothing is missed by whoever reads this.
            message.double_ack().await.map_err(OperateError::nats)?;
        }
        printed += 1;
    }
    Ok(ExitCode::SUCCESS)
}

fn raw(text: &str) -> Option<&RawValue> {
    serde_json::from_str(text).ok()
}
