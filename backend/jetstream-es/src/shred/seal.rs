//! Sealing what is about to be appended, and opening what was read.

use std::collections::{BTreeSet, HashMap};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use bytes::Bytes;

use super::cipher::{Key, Opened};
use super::keys::{KeyError, Keys};
use super::{Personal, SEALED, SEALED_FOR, fields};
use crate::boundary::{NewEvent, StoredMessage};
use crate::history::ReadError;
use crate::publish::PublishError;

/// Takes the personal data out of the messages, and puts it sealed into their headers.
pub(super) async fn seal(keys: &Keys, messages: &mut [NewEvent]) -> Result<(), PublishError> {
    let personal = messages
        .iter()
        .filter_map(|message| message.personal.as_ref());
    let persons: BTreeSet<String> = personal.map(|personal| personal.of.clone()).collect();
    let mut found = HashMap::new();
    for (of, key) in keys.find_or_make(persons).await {
        match key {
            Ok(key) => drop(found.insert(of, key)),
            Err(error) => {
                let is_of = |personal: &Personal| personal.of == of;
                let of_whom = |message: &&NewEvent| message.personal.as_ref().is_some_and(is_of);
                let subject = messages.iter().find(of_whom);
                let subject = subject.map(|message| message.subject.clone());
                return Err(unsealed(subject.unwrap_or_default(), error));
            }
        }
    }
    for message in messages {
        let Some(personal) = message.personal.take() else {
            continue;
        };
        let Some(key) = found.get(&personal.of) else {
            continue;
        };
        let sealed = seal_one(key, message, &personal);
        sealed.map_err(|error| unsealed(message.subject.clone(), error))?;
    }
    Ok(())
}

fn unsealed(subject: String, error: KeyError) -> PublishError {
    PublishError::Unsealed {
        subject,
        source: Box::new(error),
    }
}

fn seal_one(key: &Key, message: &mut NewEvent, personal: &Personal) -> Result<(), KeyError> {
    let taken = fields::take_out(&message.headers, &message.payload, personal.fields);
    let json = |error: serde_json::Error| KeyError::Json(error.to_string());
    let Some((payload, fields)) = taken.map_err(json)? else {
        return Ok(());
    };
    let text = serde_json::to_vec(&fields).map_err(json)?;
    let sealed = key.seal(text, &context(&personal.of, &message.subject))?;
    message.payload = payload.into();
    message.headers.insert(SEALED, BASE64.encode(sealed));
    message.headers.insert(SEALED_FOR, personal.of.as_str());
    Ok(())
}

/// Puts the personal data back into those messages whose keys are there.
pub(super) async fn open(keys: &Keys, messages: &mut [StoredMessage]) -> Result<(), ReadError> {
    let persons: BTreeSet<&str> = messages.iter().filter_map(person).collect();
    if persons.is_empty() {
        return Ok(());
    }
    let found = keys.find(persons.into_iter()).await?;
    for message in messages {
        if let Some(key) = person(message).and_then(|of| found.get(of))
            && let Some(payload) = open_one(key, message)
        {
            message.payload = payload;
        }
    }
    Ok(())
}

/// Whose personal data is sealed in the message.
fn person(message: &StoredMessage) -> Option<&str> {
    message.headers.get(SEALED_FOR).map(|of| of.as_str())
}

/// The payload with the sealed fields in it. What cannot be opened is left out: the event is read without it, as when the key was
/// deleted.
fn open_one(key: &Key, message: &StoredMessage) -> Option<Bytes> {
    let (of, sealed) = (person(message)?, message.headers.get(SEALED)?);
    let spoilt = |reason: &dyn std::fmt::Display| {
        tracing::error!(
            subject = message.subject,
            sequence = message.sequence,
            "the sealed fields of an event do not open, it is read without them: {reason}"
        );
    };
    let sealed = BASE64.decode(sealed.as_str());
    let sealed = sealed.inspect_err(|error| spoilt(error)).ok()?;
    let text = match key.open(&sealed, &context(of, &message.subject)) {
        Opened::Text(text) => text,
        Opened::OfAnotherKey => return None,
        Opened::Spoilt => {
            spoilt(&"they are not what was sealed for this event");
            return None;
        }
    };
    let fields = serde_json::from_slice(&text);
    let fields = fields.inspect_err(|error| spoilt(error)).ok()?;
    let payload = fields::put_back(&message.headers, &message.payload, fields);
    let payload = payload.inspect_err(|error| spoilt(error)).ok()?;
    payload.map(Into::into)
}

/// What sealed fields belong to. A subject has no spaces, so no two places have the same text.
fn context(of: &str, subject: &str) -> String {
    format!("{subject} {of}")
}

#[cfg(test)]
mod tests {
    use async_nats::HeaderMap;

    use super::*;

    const STORED: &str = r#"{"specversion":"1.0","id":"1","source":"/bank","type":"bank.owner-named.v1","data":{"owner":7}}"#;

    /// Events are kept for ever, so whatever was ever sealed opens. This was sealed by another implementation of AES-256-GCM,
    /// and is never changed.
    #[test]
    fn what_was_ever_sealed_is_opened() {
        const SEALED_ONCE: &str = "AUuwb45OOncVAAECAwQFBgcICQoLY6PGHnxkvGtNkKT4g3gglZdZ2u97B1VMNu5Dmq73TS\
            X+T2bCt+8R3dTF45Z815UT1BB8WfT1xLZRb5SsgOA770hMEXglS2YrrU/PZxVHgTk";
        let mut headers = HeaderMap::new();
        headers.insert("Jetstream-Es-Sealed", SEALED_ONCE);
        headers.insert("Jetstream-Es-Sealed-For", "7");
        let message = StoredMessage {
            subject: "owner.7.said".to_owned(),
            sequence: 1,
            headers,
            payload: STORED.into(),
            time: None,
        };
        let key = Key::of(&[7; 32]).unwrap();
        let opened = open_one(&key, &message).unwrap();
        let opened: serde_json::Value = serde_json::from_slice(&opened).unwrap();
        assert_eq!(opened["data"]["name"], "Ada Lovelace");
    }
}
