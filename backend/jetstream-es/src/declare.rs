//! Streams and buckets as they should be. What is missing is created, what differs is updated, and an update that would
//! lose data, or keep it less safely, is refused unless that loss is accepted by its name.

mod change;
mod spec;

use async_nats::jetstream::context::{CreateStreamErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self, ErrorCode};

pub use change::{Difference, Loss, UnknownLoss};
pub use spec::stream_of_bucket;
pub use spec::{
    BucketSpec, Discard, Placement, Republish, Retention, SourceSpec, Storage, StreamSpec,
};

/// What was done to make it so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// It was missing.
    Created,
    /// It was different.
    Updated,
    /// It was so already.
    Unchanged,
}

/// How a stream or a bucket is, compared with its declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// It is not there.
    Missing,
    /// It is as declared.
    Same,
    /// It differs in these properties.
    Different(Vec<Difference>),
}

/// Why a stream is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum DeclareError {
    /// Messages that are kept now would be deleted, or kept less safely.
    #[error(
        "the update of the stream {stream} would lose data ({difference}): change the declaration, or accept the loss \
         by its name, {loss}"
    )]
    WouldLose {
        /// The stream.
        stream: String,
        /// What would be lost.
        loss: Loss,
        /// By what.
        difference: Difference,
    },
    /// The property was chosen when the stream was made.
    #[error(
        "the stream {stream} can not be changed into what is declared ({difference}): change the declaration, or copy \
         its messages into a new stream"
    )]
    Immutable {
        /// The stream.
        stream: String,
        /// The property.
        difference: Difference,
    },
    /// The server does not make this change, or not this stream.
    #[error("the server refuses the stream {stream} as it is declared: {reason}")]
    Refused {
        /// The stream.
        stream: String,
        /// What the server says.
        reason: String,
    },
    /// The account has as many streams as it may have.
    #[error(
        "the stream {stream} would be one too many for the account: raise max_streams in the account's limits, or delete a \
         stream that nobody needs"
    )]
    TooMany {
        /// The stream.
        stream: String,
    },
    /// JetStream does not answer. Another try may be successful.
    #[error("JetStream does not answer about the stream {stream}: {reason}")]
    Unanswered {
        /// The stream.
        stream: String,
        /// What happened.
        reason: String,
    },
}

/// Makes a stream be as declared.
///
/// # Errors
/// When that would lose data, when the server refuses, or when it does not answer.
pub async fn stream(
    jetstream: &jetstream::Context,
    spec: &StreamSpec,
) -> Result<Declared, DeclareError> {
    stream_accepting(jetstream, spec, &[]).await
}

/// Makes a stream be as declared, although that loses what is named.
///
/// # Errors
/// When something else would be lost, when the server refuses, or when it does not answer.
pub async fn stream_accepting(
    jetstream: &jetstream::Context,
    spec: &StreamSpec,
    accepted: &[Loss],
) -> Result<Declared, DeclareError> {
    declare(jetstream, spec.name, accepted, |there| spec.over(there)).await
}

/// Makes a bucket be as declared.
///
/// # Errors
/// When that would lose data, when the server refuses, or when it does not answer.
pub async fn bucket(
    jetstream: &jetstream::Context,
    spec: &BucketSpec,
) -> Result<Declared, DeclareError> {
    bucket_accepting(jetstream, spec, &[]).await
}

/// Makes a bucket be as declared, although that loses what is named.
///
/// # Errors
/// When something else would be lost, when the server refuses, or when it does not answer.
pub async fn bucket_accepting(
    jetstream: &jetstream::Context,
    spec: &BucketSpec,
    accepted: &[Loss],
) -> Result<Declared, DeclareError> {
    let name = stream_of_bucket(spec.name);
    declare(jetstream, &name, accepted, |there| spec.over(there)).await
}

/// Compares a stream with its declaration, and changes nothing.
///
/// # Errors
/// When the server does not answer.
pub async fn compare_stream(
    jetstream: &jetstream::Context,
    spec: &StreamSpec,
) -> Result<Compared, DeclareError> {
    compare(jetstream, spec.name, |there| spec.over(there)).await
}

/// Compares a bucket with its declaration, and changes nothing.
///
/// # Errors
/// When the server does not answer.
pub async fn compare_bucket(
    jetstream: &jetstream::Context,
    spec: &BucketSpec,
) -> Result<Compared, DeclareError> {
    let name = stream_of_bucket(spec.name);
    compare(jetstream, &name, |there| spec.over(there)).await
}

async fn compare(
    jetstream: &jetstream::Context,
    name: &str,
    over: impl Fn(Config) -> Config,
) -> Result<Compared, DeclareError> {
    let Some(there) = config(jetstream, name).await? else {
        return Ok(Compared::Missing);
    };
    let declared = over(there.clone());
    if declared == there {
        return Ok(Compared::Same);
    }
    let differences = change::differences(&there, &declared);
    Ok(Compared::Different(differences))
}

async fn declare(
    jetstream: &jetstream::Context,
    name: &str,
    accepted: &[Loss],
    over: impl Fn(Config) -> Config,
) -> Result<Declared, DeclareError> {
    let stream = || name.to_owned();
    let refused = |error: jetstream::context::CreateStreamError| {
        let (stream, reason) = (stream(), error.to_string());
        match &error {
            error if passes(error) => DeclareError::Unanswered { stream, reason },
            error if is_too_many(error) => DeclareError::TooMany { stream },
            _ => DeclareError::Refused { stream, reason },
        }
    };
    let Some(there) = config(jetstream, name).await? else {
        let created = jetstream.create_stream(over(Config::default())).await;
        return created.map(|_| Declared::Created).map_err(refused);
    };
    let declared = over(there.clone());
    if declared == there {
        return Ok(Declared::Unchanged);
    }
    if let Some(difference) = change::immutable(&there, &declared) {
        return Err(DeclareError::Immutable {
            stream: stream(),
            difference,
        });
    }
    let mut losses = change::losses(&there, &declared).into_iter();
    if let Some((loss, difference)) = losses.find(|(loss, _)| !accepted.contains(loss)) {
        return Err(DeclareError::WouldLose {
            stream: stream(),
            loss,
            difference,
        });
    }
    let updated = jetstream.update_stream(declared).await;
    updated.map(|_| Declared::Updated).map_err(refused)
}

/// The configuration that the server has; `None` without the stream.
async fn config(
    jetstream: &jetstream::Context,
    name: &str,
) -> Result<Option<Config>, DeclareError> {
    match jetstream.get_stream(name).await {
        Ok(there) => Ok(Some(there.cached_info().config.clone())),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(DeclareError::Unanswered {
            stream: name.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn is_not_found(error: &jetstream::context::GetStreamError) -> bool {
    matches!(error.kind(), GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND)
}

/// Whether the account may have no more streams.
fn is_too_many(error: &jetstream::context::CreateStreamError) -> bool {
    matches!(
        error.kind(),
        CreateStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::MAXIMUM_STREAMS_LIMIT
    )
}

/// Whether the same declaration may be accepted a moment later.
fn passes(error: &jetstream::context::CreateStreamError) -> bool {
    use CreateStreamErrorKind::{JetStream, JetStreamUnavailable, TimedOut};
    match error.kind() {
        TimedOut | JetStreamUnavailable => true,
        // A cluster without a leader says so, and one that has not seen enough of its servers yet finds no place for copies.
        JetStream(error) => {
            error.code() == 503 || error.error_code() == ErrorCode::CLUSTER_NO_PEERS
        }
        _ => false,
    }
}
