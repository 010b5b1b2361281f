//! How a stay goes from one room to another: what `change-stay` and `swap-stays` have in common.

use super::rules::{known, stay_that_is, unused};
use super::{
    BookingEvent, BookingId, BookingRefusal, RoomLedger, Span, Stay, StayMovedIn, StayMovedOut,
    StayStatus,
};
use crate::rooms::{Room, RoomRef};

/// A room with what is known of its nights.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub room: Option<&'a Room>,
    pub ledger: &'a RoomLedger,
}

/// The events of a move, which are appended to both rooms or to none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Those of the room that the command names first.
    pub here: Vec<BookingEvent>,
    /// Those of the other room; the last one is about the stay that the command is about.
    pub there: Vec<BookingEvent>,
}

/// A room while stays leave it and others come.
pub(super) struct Moving<'a> {
    id: RoomRef,
    room: &'a Room,
    ledger: RoomLedger,
    events: Vec<BookingEvent>,
}

impl<'a> Moving<'a> {
    /// # Errors
    /// When the room is not there.
    pub(super) fn of(id: RoomRef, side: Side<'a>) -> Result<Self, BookingRefusal> {
        Ok(Self {
            id,
            room: known(side.room, id)?,
            ledger: side.ledger.clone(),
            events: Vec::new(),
        })
    }

    /// The stay leaves for the room `to`.
    ///
    /// # Errors
    /// When it is not there, is over, is pinned, or has its guest in the house.
    pub(super) fn leave(
        &mut self,
        booking: BookingId,
        to: RoomRef,
    ) -> Result<Stay, BookingRefusal> {
        let stay = changeable(self.room, &self.ledger, booking)?.clone();
        if stay.status == StayStatus::InHouse {
            return Err(BookingRefusal::InHouse(booking));
        }
        if stay.pinned {
            return Err(BookingRefusal::Pinned(booking));
        }
        self.happened(
            booking,
            BookingEvent::StayMovedOut(StayMovedOut {
                room: self.id,
                room_type: self.room.room_type.clone(),
                booking,
                arrival: stay.arrival,
                nights: stay.nights,
                to,
            }),
        );
        Ok(stay)
    }

    /// The stay comes from the room `from`, for these nights.
    ///
    /// # Errors
    /// When one of the nights cannot be had, or another stay has its id.
    pub(super) fn come(
        &mut self,
        stay: Stay,
        span: Span,
        from: RoomRef,
    ) -> Result<(), BookingRefusal> {
        if let Some(obstacle) = self.ledger.obstacle(span, None) {
            return Err(BookingRefusal::obstacle(self.room, obstacle));
        }
        let booking = stay.booking();
        unused(self.room, &self.ledger, booking)?;
        self.happened(
            booking,
            BookingEvent::StayMovedIn(StayMovedIn {
                room: self.id,
                room_type: self.room.room_type.clone(),
                booking,
                client: stay.client,
                arrival: span.arrival,
                nights: span.nights,
                status: stay.status,
                until: stay.until,
                from,
            }),
        );
        Ok(())
    }

    pub(super) fn events(self) -> Vec<BookingEvent> {
        self.events
    }

    fn happened(&mut self, booking: BookingId, event: BookingEvent) {
        self.ledger.evolve_stay(booking, &event);
        self.events.push(event);
    }
}

/// The stay, which has to be one that is not over.
pub(super) fn changeable<'a>(
    room: &Room,
    ledger: &'a RoomLedger,
    booking: BookingId,
) -> Result<&'a Stay, BookingRefusal> {
    let changeable = [
        StayStatus::Tentative,
        StayStatus::Booked,
        StayStatus::InHouse,
    ];
    stay_that_is(room, ledger, booking, &changeable, "changed")
}
