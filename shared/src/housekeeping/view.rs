//! The read model `housekeeping`, a value per room: what there is to do. It holds no personal data.

use serde::{Deserialize, Serialize};

use super::{CleanupEvent, CleanupLog, Housekeeping};
use crate::Date;
use crate::bookings::{BookingEvent, RoomLedger, Span};
use crate::rooms::{Room, RoomAdded, RoomId, RoomPosition, RoomType, Trace};
use crate::text::Name;

/// A room on housekeeping's list. Key: the room's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HousekeepingView {
    pub id: RoomId,
    pub name: Name,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub floor: i16,
    pub cleanups: CleanupLog,
    /// The nights of the guest who was in the room last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied: Option<Span>,
    /// The first day the hotel no longer has the room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Date>,
    /// How far each stream has been read into this value.
    pub position: RoomPosition,
}

impl HousekeepingView {
    /// A room that was added at `sequence` of the stream `room`.
    pub fn new(added: &RoomAdded, sequence: u64) -> Self {
        Self {
            id: added.room.id,
            name: added.name.clone(),
            room_type: added.room_type.clone(),
            floor: added.floor,
            cleanups: CleanupLog::default(),
            occupied: None,
            retired: None,
            position: RoomPosition {
                room: sequence,
                ..RoomPosition::default()
            },
        }
    }

    /// The room as the rules know it: by what is decided about its nights, and its cleanups.
    pub fn of(id: RoomId, room: &Room, ledger: &RoomLedger, cleanups: CleanupLog) -> Self {
        Self {
            id,
            name: room.name.clone(),
            room_type: room.room_type.clone(),
            floor: room.floor,
            cleanups,
            occupied: ledger.occupied(),
            retired: ledger.retired(),
            position: RoomPosition::default(),
        }
    }

    /// The room after an event of the stream `room-booking` that leaves a trace in it.
    #[must_use]
    pub fn after_booking(mut self, event: &BookingEvent, sequence: u64) -> Self {
        match Trace::of(event) {
            Some(Trace::Occupied(span)) => self.occupied = Some(span.later_of(self.occupied)),
            Some(Trace::OccupiedAgain(occupied)) => self.occupied = occupied,
            Some(Trace::Retired(date)) => self.retired = Some(date),
            Some(Trace::Blocked) | None => return self,
        }
        self.position.booking = sequence;
        self
    }

    /// The room after an event of the stream `room-cleanup`.
    #[must_use]
    pub fn after_cleanup(mut self, event: &CleanupEvent, sequence: u64) -> Self {
        self.cleanups = self.cleanups.evolve(event);
        self.position.cleanup = sequence;
        self
    }

    pub fn status(&self, today: Date) -> Housekeeping {
        Housekeeping::on(today, &self.cleanups, self.occupied)
    }

    /// Whether it is on the list of the day.
    pub fn is_to_do(&self, today: Date) -> bool {
        let is_there = self.retired.is_none_or(|retired| today < retired);
        is_there && self.status(today).needs_cleaning()
    }
}
