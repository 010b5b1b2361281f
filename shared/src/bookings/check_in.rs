//! The command `checkin`: a guest has arrived and takes the room.

use serde::{Deserialize, Serialize};

use super::{
    BookingEvent, BookingRefusal, ClientRef, GuestCheckedIn, RoomLedger, Stay, StayStatus,
};
use crate::Date;
use crate::cloud_event::Command;
use crate::housekeeping::{CleanupLog, Housekeeping};
use crate::rooms::{Room, RoomRef};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl CheckIn {
    /// `cleanups` is no part of the room's consistency boundary: a cleanup only ever makes more check-ins possible,
    /// so one that is seen late refuses a guest for a moment and never lets one into a dirty room.
    ///
    /// # Errors
    /// When the room or the stay is not there, the guest is checked in already, or the room is dirty.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
        cleanups: &CleanupLog,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let Some(room) = room else {
            return Err(BookingRefusal::UnknownRoom(self.room.id));
        };
        let client = self.client.id;
        let Some(stay) = ledger.stay_on(client, self.date) else {
            return Err(BookingRefusal::NoSuchStay {
                room: room.name.clone(),
                client,
                date: self.date,
            });
        };
        if stay.status == StayStatus::InHouse {
            return Err(BookingRefusal::AlreadyCheckedIn(stay.booking()));
        }
        if let Some(before) = ledger.occupied_before(stay.arrival)
            && Housekeeping::on(self.date, cleanups.last, Some(before)) == Housekeeping::Dirty
        {
            return Err(BookingRefusal::RoomNotReady {
                room: room.name.clone(),
                since: before.departure(),
            });
        }
        let Stay {
            arrival, nights, ..
        } = *stay;
        let checked_in = GuestCheckedIn {
            room: self.room,
            client: self.client,
            arrival,
            nights,
            date: self.date,
        };
        Ok(vec![BookingEvent::GuestCheckedIn(checked_in)])
    }
}
