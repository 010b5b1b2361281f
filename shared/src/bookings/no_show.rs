//! The command `no-show`: a guest did not come. It is sent by a schedule on the morning after the first night, or by
//! somebody.

use serde::{Deserialize, Serialize};

use super::rules::{known, stay_that_is};
use super::{
    BookingEvent, BookingId, BookingRefusal, Nights, RoomLedger, StayShortened, StayStatus,
};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A guest did not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoShow {
    pub room: RoomRef,
    pub booking: BookingId,
    /// The day it is noted on, which is after the first night.
    pub date: Date,
}

impl Command for NoShow {
    const NAME: &'static str = "no-show";
    const TYPE: &'static str = "vacancy.booking.no-show.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl NoShow {
    /// The first night counts, the others are free. A schedule that was set before the arrival was put off comes too
    /// early, and changes nothing.
    ///
    /// # Errors
    /// When there is no such booking, its guest is not awaited, or the first night is not over.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let booked = [StayStatus::Booked];
        let stay = stay_that_is(room, ledger, self.booking, &booked, "a no-show")?;
        if self.date <= stay.arrival {
            return Err(BookingRefusal::TooEarly {
                booking: self.booking,
                arrival: stay.arrival,
                date: self.date,
            });
        }
        Ok(vec![BookingEvent::NoShowNoted(StayShortened {
            room: self.room,
            room_type: room.room_type.clone(),
            booking: self.booking,
            arrival: stay.arrival,
            nights: Nights::ONE,
            before: stay.nights,
            date: self.date,
        })])
    }
}
