//! The command `checkout`: a guest leaves.

use serde::{Deserialize, Serialize};

use super::rules::{known, stay_that_is};
use super::{
    BookingEvent, BookingId, BookingRefusal, Nights, RoomLedger, Span, StayShortened, StayStatus,
};
use crate::Date;
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};

/// A guest leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CheckOut {
    pub room: RoomRef,
    pub booking: BookingId,
    /// The day the guest leaves on.
    pub date: Date,
}

impl Command for CheckOut {
    const NAME: &'static str = "checkout";
    const TYPE: &'static str = "vacancy.booking.checkout.v1";
    const SENDERS: &'static [Account] = &[Account::Manager, Account::FrontDesk];
}

impl CheckOut {
    /// A guest who leaves early gives back the nights from that day on, but never the first one. One who leaves late has
    /// the nights that were booked: others are to be booked by `change-stay`.
    ///
    /// # Errors
    /// When there is no such booking, its guest is not in the house, or the day is before the arrival.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let in_house = [StayStatus::InHouse];
        let stay = stay_that_is(room, ledger, self.booking, &in_house, "checked out")?;
        if self.date < stay.arrival {
            return Err(BookingRefusal::TooEarly {
                booking: self.booking,
                arrival: stay.arrival,
                date: self.date,
            });
        }
        let stayed = Span::until(stay.arrival, self.date.min(stay.departure()));
        Ok(vec![BookingEvent::GuestCheckedOut(StayShortened {
            room: self.room,
            room_type: room.room_type.clone(),
            booking: self.booking,
            arrival: stay.arrival,
            nights: stayed.map_or(Nights::ONE, |stayed| stayed.nights),
            before: stay.nights,
            date: self.date,
        })])
    }
}
