//! The command `add-room`: the hotel gets a room.

use serde::{Deserialize, Serialize};

use super::{Room, RoomAdded, RoomEvent, RoomRef, RoomType};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::outcome::{Code, Refusal};
use crate::text::Name;
use crate::whole;

/// The hotel gets a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddRoom {
    pub room: RoomRef,
    /// What is painted on the door.
    pub name: Name,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    #[serde(deserialize_with = "whole::deserialize")]
    pub floor: i16,
}

impl Command for AddRoom {
    const NAME: &'static str = "add-room";
    const TYPE: &'static str = "vacancy.rooms.add-room.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("There is a room {id} already: {name}.", id = .0.id, name = .1)]
pub struct RoomExists(pub RoomRef, pub Name);

impl From<RoomExists> for Refusal {
    fn from(reason: RoomExists) -> Self {
        Self::new(Code::RoomExists, "room.id", reason.to_string())
    }
}

impl AddRoom {
    /// # Errors
    /// When a room with this id is there already.
    pub fn decide(&self, room: Option<&Room>) -> Result<Vec<RoomEvent>, RoomExists> {
        match room {
            Some(existing) => Err(RoomExists(self.room, existing.name.clone())),
            None => Ok(vec![self.event()]),
        }
    }

    /// What has happened when it is done.
    pub fn event(&self) -> RoomEvent {
        RoomEvent::RoomAdded(RoomAdded {
            room: self.room,
            name: self.name.clone(),
            room_type: self.room_type.clone(),
            floor: self.floor,
        })
    }
}
