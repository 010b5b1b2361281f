//! The rooms of the hotel: command add-room, view `rooms`.

mod add_room;
mod view;

use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, CodecError, NewEvent, Recorded, Repository, StoredMessage};
use shared::rooms::{Room, RoomEvent, RoomId};
use shared::subjects::{RoomSubject, Stream};

use crate::events::{self, Cause};

pub use view::RoomsView;

/// What happened to each room as such, in the stream `room`.
#[derive(Debug)]
pub struct Rooms;

impl Boundary for Rooms {
    type Id = RoomId;
    type Event = RoomEvent;
    type State = Option<Room>;
    type Cause = Cause;

    const STREAM: &'static str = Stream::Room.name();

    fn filter(room: &RoomId) -> String {
        RoomSubject { room: *room }.to_string()
    }

    fn evolve(room: Option<Room>, event: &RoomEvent) -> Option<Room> {
        Room::evolve(room, event)
    }

    fn command(cause: &Cause) -> &str {
        cause.command.as_str()
    }

    fn encode(event: &RoomEvent, cause: &Cause) -> Result<NewEvent, CodecError> {
        let RoomEvent::RoomAdded(added) = event;
        let room = added.room.id;
        let subject = RoomSubject { room }.to_string();
        events::encode(event, subject, &room.to_string(), cause)
    }

    fn decode(message: &StoredMessage) -> Result<Recorded<RoomEvent>, CodecError> {
        events::decode(message)
    }
}

/// The room, if there is one. A room that was there stays there, so one that is at hand is not asked for again.
pub async fn find(rooms: &Repository<Rooms>, id: RoomId) -> Result<Option<Room>, LoadError> {
    match rooms.at_hand(&id, Option::clone).flatten() {
        Some(room) => Ok(Some(room)),
        None => rooms.newest(&id, Option::clone).await,
    }
}
