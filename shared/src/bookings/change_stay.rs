//! The command `change-stay`: other nights, another room, or both.

use serde::{Deserialize, Serialize};

use super::moving::{Moved, Moving, Side, changeable};
use super::rules::known;
use super::{
    BookingEvent, BookingId, BookingRefusal, Nights, RoomLedger, Span, Stay, StayChanged,
    StayStatus,
};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// Other nights, another room, or both.
///
/// What is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeStay {
    /// The room that the stay is in.
    pub room: RoomRef,
    pub booking: BookingId,
    /// The room that the stay is to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<RoomRef>,
    /// The day of arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nights: Option<Nights>,
}

impl Command for ChangeStay {
    const NAME: &'static str = "change-stay";
    const TYPE: &'static str = "vacancy.booking.change-stay.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk, Account::Channel];
}

impl ChangeStay {
    /// The other room that the stay is to have, if it is to have one.
    pub fn other_room(&self) -> Option<RoomRef> {
        self.to.filter(|to| *to != self.room)
    }

    /// Decides on a change within the room.
    ///
    /// # Errors
    /// When there is no such booking, it cannot be changed any more, or one of the nights cannot be had.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let stay = changeable(room, ledger, self.booking)?;
        let span = self.span(stay);
        if span == stay.span() {
            return Err(BookingRefusal::NoChange(self.booking));
        }
        if stay.status == StayStatus::InHouse && span.arrival != stay.arrival {
            return Err(BookingRefusal::InHouse(self.booking));
        }
        if let Some(obstacle) = ledger.obstacle(span, Some(self.booking)) {
            return Err(BookingRefusal::obstacle(room, obstacle));
        }
        Ok(vec![BookingEvent::StayChanged(StayChanged {
            room: self.room,
            room_type: room.room_type.clone(),
            booking: self.booking,
            arrival: span.arrival,
            nights: span.nights,
            status: stay.status,
            before: stay.span(),
        })])
    }

    /// Decides on a change to another room, `to`. The booking keeps its id.
    ///
    /// # Errors
    /// When one of the rooms or the booking is not there, the guest is in the house, the stay is pinned, or one of the
    /// nights cannot be had in the other room.
    pub fn decide_move(
        &self,
        to: RoomRef,
        here: Side<'_>,
        there: Side<'_>,
    ) -> Result<Moved, BookingRefusal> {
        let mut here = Moving::of(self.room, here)?;
        let mut there = Moving::of(to, there)?;
        let stay = here.leave(self.booking, to)?;
        let span = self.span(&stay);
        there.come(stay, span, self.room)?;
        Ok(Moved {
            here: here.events(),
            there: there.events(),
        })
    }

    fn span(&self, stay: &Stay) -> Span {
        Span::new(
            self.date.unwrap_or(stay.arrival),
            self.nights.unwrap_or(stay.nights),
        )
    }
}
