//! A room as its events tell it.

use super::{RoomAdded, RoomEvent, RoomType};
use crate::text::Name;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    pub name: Name,
    pub room_type: RoomType,
    pub floor: i16,
}

impl Room {
    /// The room after `event`; `room` is `None` before there is one.
    pub fn evolve(_room: Option<Self>, event: &RoomEvent) -> Option<Self> {
        match event {
            RoomEvent::RoomAdded(RoomAdded {
                name,
                room_type,
                floor,
                ..
            }) => Some(Self {
                name: name.clone(),
                room_type: room_type.clone(),
                floor: *floor,
            }),
        }
    }
}
