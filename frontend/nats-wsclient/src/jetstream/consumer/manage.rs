//! Making, changing, finding and deleting consumers.

use std::time::Duration;

use super::{Config, Info};
use crate::Timestamp;
use crate::jetstream::error::check_name;
use crate::jetstream::{JetStream, JetStreamError, NameError};
use crate::json::{self, json_object};

/// Whether a consumer is paused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Paused {
    /// Whether it delivers nothing now.
    pub paused: bool,
    /// Until when; `None`: it is not paused.
    pub pause_until: Option<Timestamp>,
    /// For how long it will be paused; 0: it is not paused.
    pub pause_remaining: Duration,
}

json_object!(Paused {
    paused: "paused",
    pause_until: "pause_until",
    pause_remaining: "pause_remaining",
});

#[derive(Default)]
struct ConsumerRequest {
    stream_name: String,
    config: Config,
    action: String,
}
json_object!(ConsumerRequest {
    stream_name: "stream_name",
    config: "config",
    action: "action",
});

#[derive(Default)]
struct PauseRequest {
    pause_until: Option<Timestamp>,
}
json_object!(PauseRequest {
    pause_until: "pause_until"
});

impl JetStream {
    /// Makes a consumer. If there is one of that name with this configuration already, that is as good; without a name
    /// it gets a random one.
    ///
    /// # Errors
    /// [`ErrorCode::CONSUMER_ALREADY_EXISTS`](crate::jetstream::ErrorCode::CONSUMER_ALREADY_EXISTS) when there is one of
    /// that name with another configuration; otherwise see [`JetStreamError`].
    pub async fn create_consumer(
        &self,
        stream: impl AsRef<str>,
        config: &Config,
    ) -> Result<Info, JetStreamError> {
        self.write_consumer(stream.as_ref(), config, "create").await
    }

    /// Changes a consumer.
    ///
    /// # Errors
    /// [`ErrorCode::CONSUMER_DOES_NOT_EXIST`](crate::jetstream::ErrorCode::CONSUMER_DOES_NOT_EXIST) when there is none of
    /// that name; otherwise see [`JetStreamError`].
    pub async fn update_consumer(
        &self,
        stream: impl AsRef<str>,
        config: &Config,
    ) -> Result<Info, JetStreamError> {
        self.write_consumer(stream.as_ref(), config, "update").await
    }

    /// Makes a consumer, or changes the one of that name.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn create_or_update_consumer(
        &self,
        stream: impl AsRef<str>,
        config: &Config,
    ) -> Result<Info, JetStreamError> {
        self.write_consumer(stream.as_ref(), config, "").await
    }

    async fn write_consumer(
        &self,
        stream: &str,
        config: &Config,
        action: &str,
    ) -> Result<Info, JetStreamError> {
        let random;
        let name = match config.consumer_name() {
            Some(name) => name,
            None => {
                random = self.client.nuid();
                &random
            }
        };
        let (stream, name) = (check_name(stream)?, check_name(name)?);
        let subject = create_subject(stream, name, config);
        let body = create_request(stream, config.clone(), action);
        self.request(&subject, Some(&body)).await
    }

    /// Tells how a consumer is.
    ///
    /// # Errors
    /// [`ErrorCode::CONSUMER_NOT_FOUND`](crate::jetstream::ErrorCode::CONSUMER_NOT_FOUND) when there is none of that name;
    /// otherwise see [`JetStreamError`].
    pub async fn consumer_info(
        &self,
        stream: impl AsRef<str>,
        consumer: impl AsRef<str>,
    ) -> Result<Info, JetStreamError> {
        let subject = subject("INFO", stream.as_ref(), consumer.as_ref())?;
        self.request(&subject, None).await
    }

    /// Deletes a consumer.
    ///
    /// # Errors
    /// [`ErrorCode::CONSUMER_NOT_FOUND`](crate::jetstream::ErrorCode::CONSUMER_NOT_FOUND) when there is none of that name;
    /// otherwise see [`JetStreamError`].
    pub async fn delete_consumer(
        &self,
        stream: impl AsRef<str>,
        consumer: impl AsRef<str>,
    ) -> Result<(), JetStreamError> {
        let subject = subject("DELETE", stream.as_ref(), consumer.as_ref())?;
        self.order(&subject, None).await
    }

    /// Lets a consumer deliver nothing until then.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn pause_consumer(
        &self,
        stream: impl AsRef<str>,
        consumer: impl AsRef<str>,
        until: Timestamp,
    ) -> Result<Paused, JetStreamError> {
        self.pause(stream.as_ref(), consumer.as_ref(), Some(until))
            .await
    }

    /// Lets a consumer that is paused go on.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn resume_consumer(
        &self,
        stream: impl AsRef<str>,
        consumer: impl AsRef<str>,
    ) -> Result<Paused, JetStreamError> {
        self.pause(stream.as_ref(), consumer.as_ref(), None).await
    }

    async fn pause(
        &self,
        stream: &str,
        consumer: &str,
        until: Option<Timestamp>,
    ) -> Result<Paused, JetStreamError> {
        let subject = subject("PAUSE", stream, consumer)?;
        self.request(&subject, Some(&PauseRequest { pause_until: until }))
            .await
    }

    /// The names of a stream's consumers.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn consumer_names(
        &self,
        stream: impl AsRef<str>,
    ) -> Result<Vec<String>, JetStreamError> {
        let subject = format!("CONSUMER.NAMES.{}", check_name(stream.as_ref())?);
        self.all_pages(&subject, None).await
    }

    /// A stream's consumers.
    ///
    /// # Errors
    /// See [`JetStreamError`].
    pub async fn consumers(&self, stream: impl AsRef<str>) -> Result<Vec<Info>, JetStreamError> {
        let subject = format!("CONSUMER.LIST.{}", check_name(stream.as_ref())?);
        self.all_pages(&subject, None).await
    }
}

/// The request that makes a consumer: subject and body. The names were checked.
pub(crate) fn create_call(stream: &str, name: &str, config: Config) -> (String, String) {
    let subject = create_subject(stream, name, &config);
    (
        subject,
        json::write(&create_request(stream, config, "create")),
    )
}

fn create_subject(stream: &str, name: &str, config: &Config) -> String {
    let mut subject = format!("CONSUMER.CREATE.{stream}.{name}");
    // In the subject, the filter can be the matter of a permission. The server takes it there only from this field.
    if let Some(filter) = &config.filter_subject {
        subject.push('.');
        subject.push_str(filter);
    }
    subject
}

fn create_request(stream: &str, config: Config, action: &str) -> ConsumerRequest {
    ConsumerRequest {
        stream_name: stream.to_owned(),
        config,
        action: action.to_owned(),
    }
}

fn subject(verb: &str, stream: &str, consumer: &str) -> Result<String, NameError> {
    let (stream, consumer) = (check_name(stream)?, check_name(consumer)?);
    Ok(format!("CONSUMER.{verb}.{stream}.{consumer}"))
}
