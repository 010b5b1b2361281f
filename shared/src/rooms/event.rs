//! What happened to a room. The names are the storage format.

use serde::{Deserialize, Serialize};

use super::{RoomRef, RoomType};
use crate::text::Name;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data")]
pub enum RoomEvent {
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
