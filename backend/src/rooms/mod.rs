//! The rooms of the hotel, and what blocks them: the commands about them, and the view `rooms`.

mod add_room;
mod back_in_order;
mod back_in_service;
pub(crate) mod change;
mod house;
mod out_of_order;
mod out_of_service;
mod retire_room;
mod view;

use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, Connection, Position, Recorded, Repository, history};
use shared::rooms::{Room, RoomEvent, RoomId};
use shared::subjects::{RoomSubject, Stream};

use crate::hotel::SOURCE;

pub use house::{AllRooms, House, TheHouse};
pub use view::RoomsView;

/// What happened to each room as such, in the stream `room`.
#[derive(Debug)]
pub struct Rooms;

impl Boundary for Rooms {
    type Id = RoomId;
    type Event = RoomEvent;
    type State = Option<Room>;

    const STREAM: &'static str = Stream::Room.name();
    const SOURCE: &'static str = SOURCE;

    fn filter(room: &RoomId) -> String {
        RoomSubject { room: *room }.to_string()
    }

    fn subject(event: &RoomEvent) -> String {
        let RoomEvent::RoomAdded(added) = event;
        let room = added.room.id;
        RoomSubject { room }.to_string()
    }

    fn about(event: &RoomEvent) -> String {
        let RoomEvent::RoomAdded(added) = event;
        added.room.id.to_string()
    }

    fn evolve(room: Option<Room>, event: &Recorded<RoomEvent>) -> Option<Room> {
        Room::evolve(room, &event.event)
    }
}

/// The room, if there is one. A room that was there stays there, so one that is at hand is not asked for again.
pub async fn find(rooms: &Repository<Rooms>, id: RoomId) -> Result<Option<Room>, LoadError> {
    match rooms.at_hand(&id, Option::clone).flatten() {
        Some(room) => Ok(Some(room)),
        None => rooms.newest(&id, Option::clone).await,
    }
}

/// The events that made the room, with their positions: what a read model needs that heard of something in the room
/// before it heard of the room itself.
pub async fn added(
    connection: &Connection,
    id: RoomId,
) -> Result<Vec<(Position, RoomEvent)>, LoadError> {
    let events = history::events::<Rooms>(connection, &id).await?;
    let at = |sequence| Position {
        stream: Rooms::STREAM,
        sequence,
    };
    let events = events.into_iter();
    Ok(events
        .map(|(sequence, recorded)| (at(sequence), recorded.event))
        .collect())
}
