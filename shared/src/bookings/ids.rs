//! Clients and bookings.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::{self, Name};
use crate::{Date, date::DateError, whole};

/// A client's number in the books, from 1 to 2⁵³ − 1, the largest that every JSON reader keeps exact (RFC 8259, 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "u64")]
pub struct ClientId(NonZeroU64);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a client's id is a whole number from {min} to {max}", min = ClientId::MIN, max = ClientId::MAX)]
pub struct ClientIdError;

impl ClientId {
    /// The smallest one, where a range of bookings begins.
    pub const MIN: Self = Self(NonZeroU64::MIN);
    pub const MAX: u64 = (1 << 53) - 1;

    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole::deserialize(deserializer)
    }
}

impl TryFrom<i64> for ClientId {
    type Error = ClientIdError;

    fn try_from(id: i64) -> Result<Self, ClientIdError> {
        let id = u64::try_from(id).ok().filter(|id| *id <= Self::MAX);
        id.and_then(NonZeroU64::new).map(Self).ok_or(ClientIdError)
    }
}

impl From<ClientId> for u64 {
    fn from(id: ClientId) -> Self {
        id.get()
    }
}

impl FromStr for ClientId {
    type Err = ClientIdError;

    fn from_str(text: &str) -> Result<Self, ClientIdError> {
        text.parse::<i64>().map_err(|_| ClientIdError)?.try_into()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A client who books: `{"id":1,"name":"Ada Lovelace"}`, where the name may be left out. Personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub id: ClientId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

/// A client as a part of a command or an event that needs no more than the number: `{"id":1}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientRef {
    pub id: ClientId,
}

/// A booking: its client and the day of arrival, unique within a room. Text and JSON form: `1_2022-12-12`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookingId {
    pub client: ClientId,
    pub arrival: Date,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BookingIdError {
    #[error("a booking is written client_YYYY-MM-DD")]
    Form,
    #[error("the client of a booking: {0}")]
    Client(#[from] ClientIdError),
    #[error("the arrival of a booking: {0}")]
    Arrival(#[from] DateError),
}

impl FromStr for BookingId {
    type Err = BookingIdError;

    fn from_str(text: &str) -> Result<Self, BookingIdError> {
        let (client, arrival) = text.split_once('_').ok_or(BookingIdError::Form)?;
        // A booking has one text: it is a part of subjects and keys.
        if client.starts_with(['+', '0']) {
            return Err(BookingIdError::Form);
        }
        Ok(Self {
            client: client.parse()?,
            arrival: arrival.parse()?,
        })
    }
}

impl fmt::Display for BookingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.client, self.arrival)
    }
}

impl Serialize for BookingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BookingId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::deserialize(deserializer, "a booking as client_YYYY-MM-DD")
    }
}
