//! The command `checkin`: a guest has arrived and takes the room.

use serde::{Deserialize, Serialize};

use super::rules::{known, wrong_status};
use super::{BookingEvent, BookingRefusal, ClientRef, GuestCheckedIn, RoomLedger, StayStatus};
use crate::Date;
use crate::cloud_event::Command;
use crate::housekeeping::{CleanupLog, Housekeeping, Open};
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A guest has arrived and takes the room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckIn {
    pub room: RoomRef,
    pub client: ClientRef,
    /// The day it is when the guest arrives: one of the days of the stay, up to the day of departure.
    pub date: Date,
}

impl Command for CheckIn {
    const NAME: &'static str = "checkin";
    const TYPE: &'static str = "vacancy.booking.checkin.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl CheckIn {
    /// `cleanups` is no part of the room's consistency boundary: whoever needs the newest answer reads the newest log.
    ///
    /// # Errors
    /// When the room or the stay is not there, the guest is not awaited, or the room is not fit for a guest.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
        cleanups: &CleanupLog,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let client = self.client.id;
        let Some(stay) = ledger.stay_on(client, self.date) else {
            return Err(BookingRefusal::NoSuchStay {
                room: room.name.clone(),
                client,
                date: self.date,
            });
        };
        match stay.status {
            StayStatus::Booked => {}
            StayStatus::InHouse => return Err(BookingRefusal::AlreadyCheckedIn(stay.booking())),
            _ => return Err(wrong_status(stay, "checked in")),
        }
        if let Some(block) = ledger.block_on(self.date) {
            return Err(BookingRefusal::blocked(room, block));
        }
        let before = ledger.occupied_before(stay.arrival);
        let name = || room.name.clone();
        match cleanups.open(self.date) {
            Some(Open::Asked(asked)) => {
                return Err(BookingRefusal::CleaningAsked {
                    room: name(),
                    asked,
                });
            }
            Some(Open::Failed(failed)) => {
                return Err(BookingRefusal::CleaningFailed {
                    room: name(),
                    date: failed.date,
                    note: failed.note.clone(),
                });
            }
            None => {}
        }
        if let Some(before) = before
            && Housekeeping::on(self.date, cleanups, Some(before)) == Housekeeping::Dirty
        {
            return Err(BookingRefusal::RoomNotReady {
                room: name(),
                since: before.departure(),
            });
        }
        // The check-out is known before the request for a cleaning that follows from it.
        if let Some(left) = ledger.left().filter(|left| *left <= self.date)
            && cleanups.owes_cleaning_since(left)
        {
            return Err(BookingRefusal::RoomNotReady {
                room: name(),
                since: left,
            });
        }
        Ok(vec![BookingEvent::GuestCheckedIn(GuestCheckedIn {
            room: self.room,
            booking: stay.booking(),
            arrival: stay.arrival,
            nights: stay.nights,
            date: self.date,
        })])
    }
}
