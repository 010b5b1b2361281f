//! The read model `days`, for the front desk: who arrives, who leaves and who is in the house on a day.
//!
//! There is a value for each stay on each of its days, the day of departure included, so that a day is read by its
//! prefix (`2022-12-12.>`) and a stay that changes writes no more than its own days.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::view_key::ViewKeyError;
use super::{BookingEvent, BookingId, Nights, Span, StayStatus};
use crate::Date;
use crate::rooms::RoomId;

/// The key of a stay on a day: `2022-12-12.1.7_2022-12-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayKey {
    pub date: Date,
    pub room: RoomId,
    pub booking: BookingId,
}

/// A stay on one of its days. A day that a stay no longer has keeps its value, whose nights then are others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DayView {
    pub arrival: Date,
    pub nights: Nights,
    pub status: StayStatus,
    /// The sequence of the last event about it in the stream `room-booking`.
    pub sequence: u64,
}

/// What a stay does on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Arrives,
    Stays,
    Leaves,
}

impl DayView {
    /// What the stay does on `date`, if it still has to do with that day.
    pub fn part(&self, date: Date) -> Option<Part> {
        let span = Span::new(self.arrival, self.nights);
        if !self.status.takes_nights() {
            None
        } else if date == span.arrival {
            Some(Part::Arrives)
        } else if date == span.departure() {
            // Whoever did not come does not leave either.
            (self.status != StayStatus::NoShow).then_some(Part::Leaves)
        } else {
            span.has(date).then_some(Part::Stays)
        }
    }

    /// The value after an event.
    pub fn after(event: &BookingEvent, sequence: u64) -> Option<Self> {
        let effect = event.stay_effect()?;
        Some(Self {
            arrival: effect.span.arrival,
            nights: effect.span.nights,
            status: effect.status,
            sequence,
        })
    }
}

impl DayKey {
    /// The values that an event changes: the days that its stay had, and those that it has.
    pub fn of(event: &BookingEvent) -> Vec<Self> {
        let (Some(booking), Some(effect)) = (event.booking(), event.stay_effect()) else {
            return Vec::new();
        };
        let room = event.room().id;
        let spans = [Some(effect.span), effect.before];
        let days = |span: Span| span.dates().chain([span.departure()]);
        let mut dates: Vec<Date> = spans.into_iter().flatten().flat_map(days).collect();
        dates.sort_unstable();
        dates.dedup();
        let key = |date| Self {
            date,
            room,
            booking,
        };
        dates.into_iter().map(key).collect()
    }
}

impl fmt::Display for DayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.date, self.room, self.booking)
    }
}

impl FromStr for DayKey {
    type Err = ViewKeyError;

    fn from_str(text: &str) -> Result<Self, ViewKeyError> {
        let mut tokens = text.splitn(3, '.');
        let (Some(date), Some(room), Some(booking)) = (tokens.next(), tokens.next(), tokens.next())
        else {
            return Err(ViewKeyError::Form("YYYY-MM-DD.room.booking"));
        };
        Ok(Self {
            date: date.parse()?,
            room: room.parse()?,
            booking: booking.parse()?,
        })
    }
}
