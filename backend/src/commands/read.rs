//! Reading a command: who sent it, from the subject; what it wants, from the message.

use async_nats::header::NATS_MESSAGE_ID;
use jetstream_es::StoredMessage;
use shared::cloud_event::MessageId;
use shared::identity::Actor;
use shared::outcome::Refusal;
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

    let entry = catalogue::find(command.as_str()).ok_or_else(|| Refusal {
        code: "unknown-command".into(),
        field: None,
        message: format!("There is no command {command}."),
    });
    let read = entry.and_then(|entry| Ok((entry, (entry.read)(&message.payload)?)));
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
                _ if !entry.may_send(actor.account) => Err(Refusal {
                    code: "forbidden".into(),
                    field: None,
                    message: format!("The account {} may not send {command}.", actor.account),
                }),
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
