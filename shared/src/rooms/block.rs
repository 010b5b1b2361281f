//! Nights on which a room cannot be used as it should.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Room, RoomRef};
use crate::Date;
use crate::bookings::{
    BookingEvent, BookingRefusal, Nights, RoomBlocked, RoomLedger, RoomReleased, Span, known,
};
use crate::text::Note;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum BlockKind {
    /// The room leaves the inventory: its nights cannot be sold.
    OutOfOrder,
    /// The room stays in the inventory, but no guest is checked in to it.
    OutOfService,
}

/// A block of one room. No two of one kind share a night.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Block {
    pub kind: BlockKind,
    /// The day that its first night begins on, which tells it.
    pub from: Date,
    pub nights: Nights,
    pub reason: Note,
}

impl BlockKind {
    /// Its token in subjects.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OutOfOrder => "out-of-order",
            Self::OutOfService => "out-of-service",
        }
    }

    pub fn from_token(token: &str) -> Option<Self> {
        [Self::OutOfOrder, Self::OutOfService]
            .into_iter()
            .find(|kind| kind.as_str() == token)
    }
}

/// As it completes the sentence "the room is …".
impl fmt::Display for BlockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "out of order",
            Self::OutOfService => "out of service",
        })
    }
}

impl Block {
    pub fn span(&self) -> Span {
        Span::new(self.from, self.nights)
    }

    /// The first day on which the room can be used again.
    pub fn until(&self) -> Date {
        self.span().departure()
    }
}

/// Decides on a new block.
pub(super) fn decide(
    id: RoomRef,
    room: Option<&Room>,
    ledger: &RoomLedger,
    block: Block,
) -> Result<Vec<BookingEvent>, BookingRefusal> {
    let room = known(room, id)?;
    let obstacle = match block.kind {
        BlockKind::OutOfOrder => ledger.obstacle(block.span(), None),
        BlockKind::OutOfService => None,
    };
    if let Some(obstacle) = obstacle {
        return Err(BookingRefusal::obstacle(room, obstacle));
    }
    let mut others = ledger.blocks().filter(|other| other.kind == block.kind);
    if let Some(other) = others.find(|other| other.span().overlaps(block.span())) {
        return Err(BookingRefusal::blocked(room, other));
    }
    Ok(vec![BookingEvent::RoomBlocked(RoomBlocked {
        room: id,
        room_type: room.room_type.clone(),
        block,
    })])
}

/// Decides on the end of a block, told by its first night.
pub(super) fn decide_release(
    id: RoomRef,
    room: Option<&Room>,
    ledger: &RoomLedger,
    (kind, from): (BlockKind, Date),
    date: Date,
) -> Result<Vec<BookingEvent>, BookingRefusal> {
    let room = known(room, id)?;
    let name = || room.name.clone();
    let Some(block) = ledger.block(kind, from) else {
        return Err(BookingRefusal::NoSuchBlock {
            room: name(),
            kind,
            from,
        });
    };
    if date >= block.until() {
        return Err(BookingRefusal::BlockOver {
            room: name(),
            kind,
            until: block.until(),
        });
    }
    Ok(vec![BookingEvent::RoomReleased(RoomReleased {
        room: id,
        room_type: room.room_type.clone(),
        kind,
        from,
        before: block.nights,
        date,
    })])
}
