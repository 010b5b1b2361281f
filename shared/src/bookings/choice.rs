//! Which room of a type a stay is pencilled into.

use super::rules::free_for;
use super::{BookingRefusal, Client, RoomLedger, Span};
use crate::rooms::{Room, RoomId, RoomType};

/// The most nights beside a stay that make a difference: whoever comes for longer is rare.
const FAR: u32 = 14;

/// A room that can have a stay, and how well the stay fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    /// The nights that would be left free right before and right after the stay. The fewer, the fewer nights are left over
    /// that nobody can use, and the longer are the stays that the other rooms can still take.
    left_over: u32,
    /// Of rooms that fit equally well the first one in the books is taken, so that the others stay wholly empty.
    pub room: RoomId,
}

impl Fit {
    /// How well the nights fit into the room; `None` if it cannot have them.
    pub fn of(
        id: RoomId,
        room: &Room,
        ledger: &RoomLedger,
        client: &Client,
        span: Span,
    ) -> Option<Self> {
        free_for(room, ledger, client, span).ok()?;
        let (before, after) = ledger.free_around(span);
        let nights = |free: Option<u32>| free.unwrap_or(FAR).min(FAR);
        Some(Self {
            left_over: nights(before) + nights(after),
            room: id,
        })
    }
}

/// Why a stay cannot be pencilled in anywhere. `exists` says whether the hotel has a room of the type at all.
pub fn no_room_for(room_type: &RoomType, exists: bool, span: Span) -> BookingRefusal {
    let room_type = room_type.clone();
    if exists {
        BookingRefusal::NoneFree { room_type, span }
    } else {
        BookingRefusal::UnknownRoomType(room_type)
    }
}
