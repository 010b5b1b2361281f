//! Old events once more, for a listener that wants them: all of a stream, or those of some types, or of a range of time.
//!
//! This is a run of its own, asked for explicitly and at an end when it is done. It moves no consumer, and no reaction hears of
//! it. A read model is not replayed but [rebuilt](crate::rebuild), and only from all of its events: what is folded from some
//! of them would be wrong, which [`Selection::require_all`] says to whoever asks for it.

use std::time::SystemTime;

use tokio::sync::watch;

use crate::Connection;
use crate::boundary::StoredMessage;
use crate::bulk::Bulk;
use crate::cloud_event::{self, DecodeError, Metadata};
use crate::history::ReadError;

/// Which events are replayed. By default all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The filter of their subjects; `None` for all of the stream.
    pub filter: Option<String>,
    /// Their CloudEvents types, as they were written; empty for all.
    pub types: Vec<String>,
    /// The earliest time at which they happened (their CloudEvents attribute `time`).
    pub from: Option<SystemTime>,
    /// The time before which they happened.
    pub until: Option<SystemTime>,
}

/// Why a read model is not made from a selection of events.
#[derive(Debug, thiserror::Error)]
#[error(
    "{bucket} is folded from all of its events, and would be wrong if some of them were left out: rebuild it whole, \
     without a selection of {selected}"
)]
pub struct Partial {
    bucket: String,
    selected: &'static str,
}

impl Selection {
    /// Refuses a selection for a read model.
    ///
    /// # Errors
    /// If any events are left out.
    pub fn require_all(&self, bucket: &str) -> Result<(), Partial> {
        let selected = match self {
            Self {
                filter: Some(_), ..
            } => "subjects",
            Self { types, .. } if !types.is_empty() => "types",
            Self { from: Some(_), .. } | Self { until: Some(_), .. } => "time",
            _ => return Ok(()),
        };
        let bucket = bucket.to_owned();
        Err(Partial { bucket, selected })
    }

    /// Whether the event's own attributes matter.
    fn looks_inside(&self) -> bool {
        !self.types.is_empty() || self.from.is_some() || self.until.is_some()
    }

    fn has(&self, metadata: &Metadata) -> bool {
        let of_type = self.types.is_empty() || self.types.contains(&metadata.event_type);
        let since = self
            .from
            .is_none_or(|from| metadata.time.is_some_and(|time| time >= from));
        let until = self
            .until
            .is_none_or(|until| metadata.time.is_some_and(|time| time < until));
        of_type && since && until
    }
}

/// How far a replay has come, or what it has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Events that were read.
    pub read: u64,
    /// Those that were handled.
    pub handled: u64,
    /// Those of which it is not known whether they are selected, since they are no CloudEvents. The log names them.
    pub unreadable: u64,
    /// How many events the stream had at the beginning.
    pub total: u64,
}

/// Why a replay has ended early.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError<E> {
    /// The events could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The handler failed.
    #[error("event {sequence} was not handled, and those after it were not tried: {source}")]
    Handler {
        /// The sequence of the event: a replay may go on there.
        sequence: u64,
        /// What the handler says.
        source: E,
    },
}

/// Hands the selected events of a stream that come after the sequence `after` to `handle`, in order, one after another, up to
/// the last one there is.
///
/// # Errors
/// When the events cannot be read, or the handler fails, which ends the replay.
pub async fn replay<E>(
    connection: &Connection,
    stream: &str,
    selection: &Selection,
    after: u64,
    progress: &watch::Sender<Replayed>,
    mut handle: impl AsyncFnMut(&StoredMessage) -> Result<(), E>,
) -> Result<Replayed, ReplayError<E>> {
    let filter = selection.filter.as_deref().unwrap_or(">");
    let found = connection.jetstream().get_stream(stream).await;
    let found = found.map_err(|error| ReadError::new(stream, filter, error))?;
    let mut done = Replayed {
        total: found.cached_info().state.messages,
        ..Replayed::default()
    };
    progress.send_replace(done);
    let mut events = Bulk::read(connection, stream, filter, after);
    while let Some(page) = events.next().await? {
        for message in page {
            done.read += 1;
            match is_selected(selection, &message) {
                Ok(false) => {}
                Ok(true) => {
                    let sequence = message.sequence;
                    let handled = handle(&message).await;
                    handled.map_err(|source| ReplayError::Handler { sequence, source })?;
                    done.handled += 1;
                }
                Err(error) => {
                    done.unreadable += 1;
                    let (sequence, subject) = (message.sequence, message.subject);
                    tracing::warn!(stream, sequence, subject, "not replayed: {error}");
                }
            }
            progress.send_replace(done);
        }
    }
    Ok(done)
}

fn is_selected(selection: &Selection, message: &StoredMessage) -> Result<bool, DecodeError> {
    if !selection.looks_inside() {
        return Ok(true);
    }
    let metadata = cloud_event::read_metadata(&message.headers, &message.payload)?;
    Ok(selection.has(&metadata))
}
