//! What happened to a room's cleanliness. The names are the storage format.

use serde::{Deserialize, Serialize};

use crate::Date;
use crate::rooms::RoomRef;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum CleanupEvent {
    #[serde(rename = "vacancy.housekeeping.room-cleaned.v1")]
    RoomCleaned(RoomCleaned),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCleaned {
    pub room: RoomRef,
    pub date: Date,
}
