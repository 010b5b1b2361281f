//! All rooms of the hotel at once.

use std::collections::BTreeMap;
use std::fmt;

use jetstream_es::{Boundary, Recorded};
use shared::rooms::{Room, RoomEvent, RoomId, RoomType};
use shared::subjects::Stream;

use super::Rooms;
use crate::hotel::SOURCE;

/// The stream `room` as a whole: which rooms the hotel has. For looking only; what is decided about a room is decided under
/// its own boundary, [`Rooms`].
#[derive(Debug)]
pub struct House;

/// There is one house.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TheHouse;

impl fmt::Display for TheHouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the house")
    }
}

/// The rooms that the hotel has had, by their ids.
#[derive(Debug, Default)]
pub struct AllRooms(BTreeMap<RoomId, Room>);

impl AllRooms {
    /// All of them, also those that the hotel has no longer.
    pub fn ids(&self) -> Vec<RoomId> {
        self.0.keys().copied().collect()
    }

    /// The rooms that are sold as this type.
    pub fn of_type(&self, room_type: &RoomType) -> Vec<(RoomId, Room)> {
        let of_type = self
            .0
            .iter()
            .filter(|(_, room)| room.room_type == *room_type);
        of_type.map(|(id, room)| (*id, room.clone())).collect()
    }
}

impl Boundary for House {
    type Id = TheHouse;
    type Event = RoomEvent;
    type State = AllRooms;

    const STREAM: &'static str = Stream::Room.name();
    const SOURCE: &'static str = SOURCE;

    fn filter(TheHouse: &TheHouse) -> String {
        Stream::Room.subjects().to_owned()
    }

    fn subject(event: &RoomEvent) -> String {
        Rooms::subject(event)
    }

    fn about(event: &RoomEvent) -> String {
        Rooms::about(event)
    }

    fn evolve(mut rooms: AllRooms, event: &Recorded<RoomEvent>) -> AllRooms {
        let RoomEvent::RoomAdded(added) = &event.event;
        let id = added.room.id;
        let room = Room::evolve(rooms.0.remove(&id), &event.event);
        rooms.0.extend(room.map(|room| (id, room)));
        rooms
    }
}
