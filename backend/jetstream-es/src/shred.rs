//! Personal data in events that are never changed: it is sealed before it is stored, each person's with a key of its own, and
//! whoever is to be forgotten has the key deleted (crypto-shredding).
//!
//! A [`Boundary`](crate::Boundary) says which fields of an event are whose ([`Personal`]). What is stored under `data` is the event
//! *without* these fields; they go, encrypted, into two headers of the message. A connection that has the keys
//! ([`Connection::with_keys`](crate::Connection::with_keys)) puts them back wherever a state or a read model is made of events.
//! Without the key, because it was deleted or because somebody may not have it, the same event is read without the fields: so they
//! have to be such as serde can do without.
//!
//! ```text
//! cipher   one set of fields, sealed and opened: AES-256-GCM
//! fields   out of the data of a CloudEvent and back into it
//! keys     the bucket of keys: made when they are needed first, deleted for good
//! ```
//!
//! # What it does and what not
//!
//! - The decider and the fold see plain events. Sealing comes after the decision, opening before the fold.
//! - No key is kept in memory. A deleted one opens nothing from that moment on, whichever instance reads.
//! - An event of before the data was sealed is read as it is. It can be no more erased than any other event.
//! - A sealed value belongs to its person and to the subject of its event. Put elsewhere, it does not open.
//! - Somebody who is known again after having been forgotten gets a new key, which does not open what the old one sealed.
//! - What was made of opened events is the user's: values of read models, snapshots, the text of a refusal. Append an event that
//!   takes the data out of them, *then* [delete the key](Keys::erase).
//! - An event that is appended in the very moment in which the key is deleted may be sealed with the deleted one, and is read
//!   without its personal data.
//!
//! Needs the feature `shred`. Without it, an event with personal data is not appended.

#[cfg(feature = "shred")]
mod cipher;
#[cfg(feature = "shred")]
mod fields;
#[cfg(feature = "shred")]
mod keys;
#[cfg(feature = "shred")]
mod seal;

use std::borrow::Cow;

use crate::Connection;
use crate::boundary::{NewEvent, StoredMessage};
use crate::history::ReadError;
use crate::publish::PublishError;

#[cfg(feature = "shred")]
pub use keys::{KeyError, Keys};

/// The header with the sealed fields, in base64.
pub const SEALED: &str = "Jetstream-Es-Sealed";
/// The header that says whose they are.
pub const SEALED_FOR: &str = "Jetstream-Es-Sealed-For";

/// Which fields of an event are personal data, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personal {
    /// Whose: what the key is found by, such as the id of a customer. No personal data itself, because it is not sealed.
    pub of: String,
    /// The fields in the event's `data`, as JSON pointers (RFC 6901) to members of objects: `/client/name`. What an event does not
    /// have is passed over.
    pub fields: &'static [&'static str],
}

/// Takes the personal data out of the messages, and puts it sealed into their headers.
pub(crate) async fn seal(
    connection: &Connection,
    messages: &mut [NewEvent],
) -> Result<(), PublishError> {
    let Some(first) = messages.iter().find(|message| message.personal.is_some()) else {
        return Ok(());
    };
    #[cfg(feature = "shred")]
    if let Some(bucket) = connection.keys() {
        return seal::seal(&Keys::new(connection, bucket), messages).await;
    }
    let _ = connection;
    Err(PublishError::Refused {
        subject: first.subject.clone(),
        reason: "it has personal data, and the connection has no keys to seal it with: \
                 give it some (feature `shred`, `Connection::with_keys`)"
            .to_owned(),
    })
}

/// Puts the personal data back into those messages whose keys are there.
pub(crate) async fn open(
    connection: &Connection,
    messages: &mut [StoredMessage],
) -> Result<(), ReadError> {
    #[cfg(feature = "shred")]
    if let Some(bucket) = connection.keys() {
        return seal::open(&Keys::new(connection, bucket), messages).await;
    }
    let _ = (connection, messages);
    Ok(())
}

/// The messages as they are, but those with sealed data with it, if their keys are there.
pub(crate) async fn opened_each<'a>(
    connection: &Connection,
    messages: impl Iterator<Item = &'a StoredMessage>,
) -> Result<Vec<Cow<'a, StoredMessage>>, ReadError> {
    let mut each: Vec<_> = messages.map(Cow::Borrowed).collect();
    let is_sealed = |message: &StoredMessage| message.headers.get(SEALED).is_some();
    let sealed = each.iter().filter(|message| is_sealed(message));
    let mut opened: Vec<_> = sealed
        .map(|message| StoredMessage::clone(message))
        .collect();
    open(connection, &mut opened).await?;
    let sealed = each.iter_mut().filter(|message| is_sealed(message));
    for (message, opened) in sealed.zip(opened) {
        *message = Cow::Owned(opened);
    }
    Ok(each)
}

/// A message with its personal data, if its key is there.
pub(crate) async fn opened(
    connection: &Connection,
    message: StoredMessage,
) -> Result<StoredMessage, ReadError> {
    let mut one = [message];
    open(connection, &mut one).await?;
    let [message] = one;
    Ok(message)
}
