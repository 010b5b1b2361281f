//! The command `hold`: a client wants a room for some nights, and decides within some minutes.

use serde::{Deserialize, Deserializer, Serialize};

use super::rules::{free_for, known};
use super::{BookingEvent, BookingRefusal, Client, Nights, RoomHeld, RoomLedger, Span};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::rooms::{Room, RoomRef};
use crate::{Date, Timestamp, whole};

/// A client wants a room for some nights, and decides within some minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hold {
    pub room: RoomRef,
    pub client: Client,
    /// The day of arrival.
    pub date: Date,
    /// One night when left out.
    #[serde(default)]
    pub nights: Nights,
    /// How long the room is held.
    #[serde(default)]
    pub minutes: HoldMinutes,
}

/// How long a room is held, in minutes: from 1 to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "u16")]
pub struct HoldMinutes(u16);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a room is held for {min} to {max} minutes, not {0}", min = HoldMinutes::MIN, max = HoldMinutes::MAX)]
pub struct HoldMinutesError(i64);

impl HoldMinutes {
    pub const MIN: u16 = 1;
    pub const MAX: u16 = 24 * 60;

    pub const fn get(self) -> u16 {
        self.0
    }

    /// Somebody whom nobody knows holds a room for the usual time at most.
    ///
    /// # Errors
    /// When it is longer.
    pub fn for_guest(self) -> Result<(), BookingRefusal> {
        let max = Self::default();
        if self > max {
            return Err(BookingRefusal::HoldTooLong(max));
        }
        Ok(())
    }
}

impl Default for HoldMinutes {
    fn default() -> Self {
        Self(15)
    }
}

impl<'de> Deserialize<'de> for HoldMinutes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole::deserialize(deserializer)
    }
}

impl TryFrom<i64> for HoldMinutes {
    type Error = HoldMinutesError;

    fn try_from(minutes: i64) -> Result<Self, HoldMinutesError> {
        let number = u16::try_from(minutes).ok();
        let number = number.filter(|number| (Self::MIN..=Self::MAX).contains(number));
        number.map(Self).ok_or(HoldMinutesError(minutes))
    }
}

impl From<HoldMinutes> for u16 {
    fn from(minutes: HoldMinutes) -> Self {
        minutes.0
    }
}

impl Command for Hold {
    const NAME: &'static str = "hold";
    const TYPE: &'static str = "vacancy.booking.hold.v1";
    const SENDERS: &'static [Account] = &[
        Account::Manager,
        Account::FrontDesk,
        Account::Channel,
        Account::Guest,
    ];
}

impl Hold {
    /// # Errors
    /// When the room is not there, or one of the nights cannot be had.
    pub fn decide(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
        now: Timestamp,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        let room = known(room, self.room)?;
        let span = Span::new(self.date, self.nights);
        free_for(room, ledger, &self.client, span)?;
        Ok(vec![BookingEvent::RoomHeld(RoomHeld {
            room: self.room,
            room_type: room.room_type.clone(),
            client: self.client.clone(),
            arrival: self.date,
            nights: self.nights,
            until: now.plus_minutes(self.minutes.get()),
        })])
    }

    /// The same for somebody whom nobody knows: not for long, and without a word of who has the room.
    ///
    /// # Errors
    /// When it is to be held for longer than by default, or the room cannot be had.
    pub fn decide_for_guest(
        &self,
        room: Option<&Room>,
        ledger: &RoomLedger,
        now: Timestamp,
    ) -> Result<Vec<BookingEvent>, BookingRefusal> {
        self.minutes.for_guest()?;
        let decided = self.decide(room, ledger, now);
        decided.map_err(|reason| match (reason, room) {
            (reason @ BookingRefusal::UnknownRoom(_), _) | (reason, None) => reason,
            (_, Some(room)) => BookingRefusal::NotFree(room.name.clone()),
        })
    }
}
