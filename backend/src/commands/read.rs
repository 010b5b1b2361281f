//! Reading a command: who sent it, from the subject; what it wants, from the message.

use async_nats::header::NATS_MESSAGE_ID;
use jetstream_es::StoredMessage;
use shared::bookings::{BookRoom, CheckIn};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::housekeeping::Cleanup;
use shared::identity::Actor;
use shared::outcome::Refusal;
use shared::rooms::{AddRoom, RoomId};
use shared::subjects::CommandSubject;

use super::catalogue;
use crate::invalid;

/// A command that is understood.
#[derive(Debug)]
pub(super) enum Wish {
    AddRoom(AddRoom),
    BookRoom(BookRoom),
    CheckIn(CheckIn),
    Cleanup(Cleanup),
}

impl Wish {
    pub(super) fn room(&self) -> RoomId {
        match self {
            Self::AddRoom(command) => command.room.id,
            Self::BookRoom(command) => command.room.id,
            Self::CheckIn(command) => command.room.id,
            Self::Cleanup(command) => command.room.id,
        }
    }
}

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

    let entry = catalogue::find(command.as_str());
    let envelope = match entry {
        Some(entry) => (entry.read)(&message.payload),
        None => Err(Refusal {
            code: "unknown-command".into(),
            field: None,
            message: format!("There is no command {command}."),
        }),
    };
    let received = match envelope {
        Err(refusal) => Received {
            actor,
            id: header,
            correlation: None,
            wish: Err(refusal),
        },
        Ok(Envelope {
            id,
            correlation,
            wish,
        }) => {
            let wish = match &header {
                Some(header) if *header != id => Err(invalid::refusal(
                    "id",
                    format!(
                        "the command says that its id is {id}, its header Nats-Msg-Id says {header}"
                    ),
                )),
                _ if !entry.is_some_and(|entry| entry.may_be_sent_by(actor.account)) => {
                    Err(Refusal {
                        code: "forbidden".into(),
                        field: None,
                        message: format!("The account {} may not send {command}.", actor.account),
                    })
                }
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

/// A message that could be read.
pub(super) struct Envelope {
    pub(super) id: MessageId,
    pub(super) correlation: Option<MessageId>,
    pub(super) wish: Wish,
}

/// Reads the message of a command `C`.
pub(super) fn envelope<C: Command>(
    payload: &[u8],
    wish: fn(C) -> Wish,
) -> Result<Envelope, Refusal> {
    let event: CloudEvent<C> = invalid::read(payload).map_err(|invalid| {
        // Inside the data the path is that of the data, as the sender of a form knows it.
        let field = invalid
            .field
            .strip_prefix("data.")
            .unwrap_or(&invalid.field);
        invalid::refusal(field, invalid.message)
    })?;
    if event.message_type != C::TYPE {
        let found = &event.message_type;
        let message = format!(
            "a command {} has the type {}, not {found:?}",
            C::NAME,
            C::TYPE
        );
        return Err(invalid::refusal("type", message));
    }
    Ok(Envelope {
        id: event.id,
        correlation: event.correlationid,
        wish: wish(event.data),
    })
}
