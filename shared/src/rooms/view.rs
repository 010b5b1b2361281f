//! The read model `rooms`, a value per room, for the hotel's staff. It holds no personal data.

use serde::{Deserialize, Serialize};

use super::{Block, Room, RoomAdded, RoomId, RoomType};
use crate::Date;
use crate::bookings::{BookingEvent, RoomLedger, Span, Undone};
use crate::housekeeping::{CleanupEvent, CleanupLog, FailedCleanup, Housekeeping};
use crate::text::Name;

/// A room as the board's row shows it. Key: the room's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomView {
    pub id: RoomId,
    pub name: Name,
    #[serde(rename = "type")]
    pub room_type: RoomType,
    pub floor: i16,
    /// The last day the room was cleaned on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleaned: Option<Date>,
    /// The day of the inspection it passed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspected: Option<Date>,
    /// The day for which somebody was asked to clean it, and has not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Date>,
    /// Why it could not be cleaned, and has not been since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedCleanup>,
    /// The nights of the guest who checked in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occupied: Option<Span>,
    /// When it is out of order or out of service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// The first night on which the hotel no longer has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Date>,
    /// How far each stream has been read into this value.
    pub position: RoomPosition,
}

/// The sequence of the last event that changed this value, by stream; 0 before the first. A booking changes no room until
/// its guest checks in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoomPosition {
    pub room: u64,
    #[serde(rename = "room-booking")]
    pub booking: u64,
    #[serde(rename = "room-cleanup")]
    pub cleanup: u64,
}

/// What an event of the stream `room-booking` leaves in the room itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// Somebody is, or was, in the room for these nights.
    Occupied(Span),
    /// Who was in the room last is now somebody else, or nobody.
    OccupiedAgain(Option<Span>),
    Blocked,
    Retired(Date),
}

impl Trace {
    /// `None` for what leaves no trace in the room: a stay that is only booked.
    pub fn of(event: &BookingEvent) -> Option<Self> {
        match event {
            BookingEvent::RoomBlocked(_) | BookingEvent::RoomReleased(_) => Some(Self::Blocked),
            BookingEvent::RoomRetired(event) => Some(Self::Retired(event.date)),
            BookingEvent::ChangeUndone(event) => match &event.undone {
                Undone::Block(_) => Some(Self::Blocked),
                Undone::Stay(stay) => [stay.was.status, stay.is.status]
                    .into_iter()
                    .any(crate::bookings::StayStatus::is_or_was_there)
                    .then_some(Self::OccupiedAgain(stay.occupied)),
            },
            about_a_stay => {
                let effect = about_a_stay.stay_effect()?;
                let in_room = effect.status.is_or_was_there();
                in_room.then_some(Self::Occupied(effect.span))
            }
        }
    }
}

impl RoomView {
    /// A room that was added at `sequence` of the stream `room`.
    pub fn new(added: &RoomAdded, sequence: u64) -> Self {
        Self {
            id: added.room.id,
            name: added.name.clone(),
            room_type: added.room_type.clone(),
            floor: added.floor,
            cleaned: None,
            inspected: None,
            asked: None,
            failed: None,
            occupied: None,
            blocks: Vec::new(),
            retired: None,
            position: RoomPosition {
                room: sequence,
                ..RoomPosition::default()
            },
        }
    }

    /// The room as the rules know it: by what is decided about its nights, and its cleanups.
    pub fn of(id: RoomId, room: &Room, ledger: &RoomLedger, cleanups: CleanupLog) -> Self {
        let mut view = Self {
            id,
            name: room.name.clone(),
            room_type: room.room_type.clone(),
            floor: room.floor,
            cleaned: None,
            inspected: None,
            asked: None,
            failed: None,
            occupied: ledger.occupied(),
            blocks: ledger.blocks().cloned().collect(),
            retired: ledger.retired(),
            position: RoomPosition::default(),
        };
        view.set_cleanups(cleanups);
        view
    }

    /// The room after an event of the stream `room-booking` that leaves a trace in it.
    #[must_use]
    pub fn after_booking(mut self, event: &BookingEvent, sequence: u64) -> Self {
        match Trace::of(event) {
            Some(Trace::Occupied(span)) => self.occupy(span),
            Some(Trace::OccupiedAgain(occupied)) => self.occupied = occupied,
            Some(Trace::Retired(date)) => self.retired = Some(date),
            Some(Trace::Blocked) => {
                let blocks = std::mem::take(&mut self.blocks);
                let ledger = RoomLedger::from_parts([], blocks, None).evolve(event, None);
                self.blocks = ledger.blocks().cloned().collect();
            }
            None => return self,
        }
        self.position.booking = sequence;
        self
    }

    /// The room after an event of the stream `room-cleanup`.
    #[must_use]
    pub fn after_cleanup(mut self, event: &CleanupEvent, sequence: u64) -> Self {
        let log = self.cleanups().evolve(event);
        self.set_cleanups(log);
        self.position.cleanup = sequence;
        self
    }

    /// What housekeeping has to know of the room on the day `today`.
    pub fn housekeeping(&self, today: Date) -> Housekeeping {
        Housekeeping::on(today, &self.cleanups(), self.occupied)
    }

    /// The room's cleanups as the rules see them.
    pub fn cleanups(&self) -> CleanupLog {
        CleanupLog {
            cleaned: self.cleaned,
            inspected: self.inspected,
            asked: self.asked,
            failed: self.failed.clone(),
            requested: None,
        }
    }

    /// Sets all that is known of the room's cleanups.
    pub fn set_cleanups(&mut self, log: CleanupLog) {
        self.cleaned = log.cleaned;
        self.inspected = log.inspected;
        self.asked = log.asked;
        self.failed = log.failed;
    }

    /// Whether the hotel has the room on that night.
    pub fn is_there_on(&self, night: Date) -> bool {
        self.retired.is_none_or(|retired| night < retired)
    }

    /// Notes that a guest checked in for these nights.
    pub fn occupy(&mut self, span: Span) {
        self.occupied = Some(span.later_of(self.occupied));
    }
}
