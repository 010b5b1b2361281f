//! The steps of a house as messages for the stream `commands`.

use bytes::Bytes;
use shared::Timestamp;
use shared::bookings::{ClientIdError, NightsError};
use shared::cloud_event::{CloudEvent, Command, MessageId};
use shared::identity::Actor;
use shared::rooms::RoomIdError;
use shared::subjects::CommandSubject;
use shared::text::{NameError, TokenError};

use super::house::Step;

/// A command that is ready to be sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: MessageId,
    pub(super) subject: String,
    pub(super) payload: Bytes,
}

/// Why a command could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error(transparent)]
    Room(#[from] RoomIdError),
    #[error(transparent)]
    Client(#[from] ClientIdError),
    #[error(transparent)]
    Nights(#[from] NightsError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// The messages of the steps. The id of each says what it is, so the same step is the same command on any day.
pub(super) fn messages(
    steps: &[Step],
    actor: &Actor,
    time: Timestamp,
) -> Result<Vec<Message>, PlanError> {
    let message = |step: &Step| match step {
        Step::AddRoom(command) => {
            let id = format!("seed_room_{}", command.room.id);
            message(id, actor, time, command.clone())
        }
        Step::BookRoom(command) => {
            let (room, client, date) = (command.room.id, command.client.id, command.date);
            let id = format!("seed_book_{room}_{client}_{date}_{}", command.nights);
            message(id, actor, time, command.clone())
        }
        Step::Cleanup(command) => {
            let id = format!("seed_clean_{}_{}", command.room.id, command.date);
            message(id, actor, time, command.clone())
        }
        Step::CheckIn(command) => {
            let (room, client, date) = (command.room.id, command.client.id, command.date);
            let id = format!("seed_in_{room}_{client}_{date}");
            message(id, actor, time, command.clone())
        }
    };
    steps.iter().map(message).collect()
}

fn message<C: Command>(
    id: String,
    actor: &Actor,
    time: Timestamp,
    command: C,
) -> Result<Message, PlanError> {
    let id: MessageId = id.parse()?;
    let event = CloudEvent::command(id.clone(), "/seed", time, command);
    Ok(Message {
        id,
        subject: CommandSubject::text::<C>(actor),
        payload: serde_json::to_vec(&event)?.into(),
    })
}
