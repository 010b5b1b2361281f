//! Reading a command: who sent it, from the subject; what it wants, from the message, which is a CloudEvent in structured or
//! in binary mode.

use std::borrow::Cow;
use std::collections::BTreeMap;

use async_nats::header::NATS_MESSAGE_ID;
use jetstream_es::StoredMessage;
use serde::Serialize;
use serde_json::value::RawValue;
use shared::cloud_event::{CONTENT_TYPE, MessageId};
use shared::identity::Actor;
use shared::outcome::{Code, Refusal};
use shared::subjects::CommandSubject;

use super::catalogue::{self, Envelope, Wish};
use crate::invalid;

/// A message of the stream `commands`, as far as it could be read.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) actor: Actor,
    /// By this id the one who asked finds the answer. `None` if there is none, and then nobody can be answered.
    pub(super) id: Option<MessageId>,
    /// The first message of the chain that this one belongs to.
    pub(super) correlation: Option<MessageId>,
    pub(super) wish: Result<Wish, Refusal>,
}

/// Reads a message.
///
/// # Errors
/// When the subject does not say who sent it. The server's permissions make that impossible for everybody but the
/// programs inside the account `HOTEL`.
pub(super) fn read(message: &StoredMessage) -> Result<Received, shared::subjects::SubjectError> {
    let CommandSubject { actor, command } = message.subject.parse()?;
    // The id in the header is the one that the sender's client and the stream agreed on; in a message that cannot be
    // read it is the only one.
    let header = message.headers.get(NATS_MESSAGE_ID);
    let header = header.and_then(|id| id.as_str().parse::<MessageId>().ok());

    let entry = catalogue::find(command.as_str()).ok_or_else(|| {
        let message = format!("There is no command {command}.");
        Refusal::of_the_whole(Code::UnknownCommand, message)
    });
    let read = entry.and_then(|entry| Ok((entry, (entry.read)(&structured(message))?)));
    let received = match read {
        Err(refusal) => Received {
            actor,
            id: header,
            correlation: None,
            wish: Err(refusal),
        },
        Ok((entry, envelope)) => {
            let Envelope {
                id,
                correlation,
                wish,
            } = envelope;
            let wish = match &header {
                Some(header) if *header != id => Err(invalid::refusal(
                    "id",
                    format!(
                        "the command says that its id is {id}, its header Nats-Msg-Id says {header}"
                    ),
                )),
                _ if !entry.may_send(actor.account) => Err(Refusal::of_the_whole(
                    Code::Forbidden,
                    format!("The account {} may not send {command}.", actor.account),
                )),
                _ => Ok(wish),
            };
            Received {
                actor,
                id: Some(header.unwrap_or(id)),
                correlation,
                wish,
            }
        }
    };
    Ok(received)
}

/// The message as it is in structured mode. In binary mode each attribute is a header `ce-<name>`, and the payload is the
/// data alone ([NATS protocol binding], 3.1).
///
/// [NATS protocol binding]: https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md
fn structured(message: &StoredMessage) -> Cow<'_, [u8]> {
    #[derive(Serialize)]
    struct Structured<'a> {
        #[serde(flatten)]
        attributes: BTreeMap<String, &'a str>,
        data: &'a RawValue,
    }
    let headers = &message.headers;
    let content_type = headers.get("Content-Type");
    let is_structured = content_type.is_some_and(|found| found.as_str().starts_with(CONTENT_TYPE));
    let attributes = headers.iter().filter_map(|(name, values)| {
        let name = name.to_string().to_ascii_lowercase();
        let name = name.strip_prefix("ce-")?;
        Some((name.to_owned(), values.first()?.as_str()))
    });
    let attributes: BTreeMap<String, &str> = attributes.collect();
    if is_structured || !attributes.contains_key("specversion") {
        return Cow::Borrowed(&message.payload);
    }
    let written = serde_json::from_slice(&message.payload)
        .and_then(|data| serde_json::to_vec(&Structured { attributes, data }));
    // What is no JSON is read as it is, and refused with the reason.
    written.map_or(Cow::Borrowed(&message.payload), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use async_nats::HeaderMap;

    use super::*;

    fn message(attributes: &[(&str, &str)], payload: &str) -> StoredMessage {
        let mut headers = HeaderMap::new();
        for (name, value) in attributes {
            headers.insert(*name, *value);
        }
        StoredMessage {
            subject: "cmd.hotel.sdk.cleanup".to_owned(),
            sequence: 1,
            headers,
            payload: payload.to_owned().into(),
            time: None,
        }
    }

    #[test]
    fn a_command_in_binary_mode_is_read() {
        let attributes = [
            ("ce-id", "c1"),
            ("CE-Type", "vacancy.housekeeping.cleanup.v1"),
            ("ce-source", "/sdk"),
            ("ce-specversion", "1.0"),
            ("Content-Type", "application/json; charset=utf-8"),
        ];
        let data = r#"{"room":{"id":1},"date":"2022-12-12"}"#;
        let received = read(&message(&attributes, data)).unwrap();
        assert_eq!(received.id.unwrap().as_str(), "c1");
        assert!(received.wish.is_ok());

        let refused = |headers: &[(&str, &str)], payload: &str| {
            read(&message(headers, payload)).unwrap().wish.unwrap_err()
        };
        let refusal = refused(&attributes, r#"{"room":{"id":0},"date":"2022-12-12"}"#);
        assert_eq!(refusal.field.as_deref(), Some("room.id"));
        assert!(
            refused(&attributes, "{")
                .message
                .starts_with("this is not JSON")
        );
        let refusal = refused(&attributes[1..], data);
        assert_eq!(refusal.field.as_deref(), Some("id"));
    }
}
