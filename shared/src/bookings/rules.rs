//! What several commands ask of a room.

use super::{BookingId, BookingRefusal, Client, RoomLedger, Span, Stay, StayFacts, StayStatus};
use crate::rooms::{Room, RoomRef};

/// The room, which has to be there.
pub(crate) fn known(room: Option<&Room>, id: RoomRef) -> Result<&Room, BookingRefusal> {
    room.ok_or(BookingRefusal::UnknownRoom(id.id))
}

/// The room has to be free for somebody new, under an id that is not in use.
pub(super) fn free_for(
    room: &Room,
    ledger: &RoomLedger,
    client: &Client,
    span: Span,
) -> Result<(), BookingRefusal> {
    if let Some(obstacle) = ledger.obstacle(span, None) {
        return Err(BookingRefusal::obstacle(room, obstacle));
    }
    let booking = BookingId {
        client: client.id,
        arrival: span.arrival,
    };
    unused(room, ledger, booking)
}

/// A booking that was moved to other nights keeps its id, and two must not have the same.
pub(super) fn unused(
    room: &Room,
    ledger: &RoomLedger,
    booking: BookingId,
) -> Result<(), BookingRefusal> {
    let in_use = ledger
        .stay(booking)
        .is_some_and(|stay| stay.status.takes_nights());
    if in_use {
        let room = room.name.clone();
        return Err(BookingRefusal::BookingExists { room, booking });
    }
    Ok(())
}

/// The stay with this id, which has to be there.
pub(super) fn stay<'a>(
    room: &Room,
    ledger: &'a RoomLedger,
    booking: BookingId,
) -> Result<&'a Stay, BookingRefusal> {
    ledger
        .stay(booking)
        .ok_or_else(|| BookingRefusal::NoSuchBooking {
            room: room.name.clone(),
            booking,
        })
}

/// The stay with this id, which has to be in one of the states; `wish` completes "it cannot be …".
pub(super) fn stay_that_is<'a>(
    room: &Room,
    ledger: &'a RoomLedger,
    booking: BookingId,
    allowed: &[StayStatus],
    wish: &'static str,
) -> Result<&'a Stay, BookingRefusal> {
    let stay = stay(room, ledger, booking)?;
    if !allowed.contains(&stay.status) {
        return Err(wrong_status(stay, wish));
    }
    Ok(stay)
}

pub(super) fn wrong_status(stay: &Stay, wish: &'static str) -> BookingRefusal {
    BookingRefusal::WrongStatus {
        booking: stay.booking(),
        status: stay.status,
        wish,
    }
}

/// The facts of an event that leaves the stay's nights as they are.
pub(super) fn facts(id: RoomRef, room: &Room, stay: &Stay, status: StayStatus) -> StayFacts {
    StayFacts {
        room: id,
        room_type: room.room_type.clone(),
        booking: stay.booking(),
        arrival: stay.arrival,
        nights: stay.nights,
        status,
    }
}
