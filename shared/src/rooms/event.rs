//! What happened to a room. The names are the storage format.

use serde::{Deserialize, Serialize};

use super::{RoomRef, RoomType};
use crate::outcome::Next;
use crate::subjects::ROOMS;
use crate::text::Name;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data")]
pub enum RoomEvent {
    /// The hotel has got a room.
    #[serde(rename = "vacancy.rooms.room-added.v1")]
    RoomAdded(RoomAdded),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomAdded {
    pub room: RoomRef,
    /// What is painted on the door.
    pub name: Name,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub floor: i16,
}

impl RoomEvent {
    /// What the one whose command led to the event can do now.
    pub fn next(&self) -> Vec<Next> {
        let Self::RoomAdded(added) = self;
        vec![
            Next::message(format!("The hotel has room {} now.", added.name)),
            Next::Open {
                view: ROOMS.name().into(),
                key: added.room.id.to_string(),
            },
        ]
    }
}
