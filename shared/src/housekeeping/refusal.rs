//! Why a command about a room's cleanliness is refused.

use crate::Date;
use crate::outcome::{Code, Refusal};
use crate::rooms::{Room, RoomId, RoomRef};
use crate::text::Name;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CleanupRefusal {
    #[error("There is no room {0} in this hotel.")]
    UnknownRoom(RoomId),
    #[error("Room {room} is not clean on {date}: it is to be cleaned before somebody inspects it.")]
    NotClean { room: Name, date: Date },
}

impl CleanupRefusal {
    /// The room, which has to be there.
    pub(super) fn known(room: Option<&Room>, id: RoomRef) -> Result<&Room, Self> {
        room.ok_or(Self::UnknownRoom(id.id))
    }
}

impl From<CleanupRefusal> for Refusal {
    fn from(reason: CleanupRefusal) -> Self {
        let (code, field) = match reason {
            CleanupRefusal::UnknownRoom(_) => (Code::UnknownRoom, "room.id"),
            CleanupRefusal::NotClean { .. } => (Code::NotClean, "date"),
        };
        Self::new(code, field, reason.to_string())
    }
}
