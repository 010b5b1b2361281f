//! How long a stay is, and which nights it has.

use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{Date, whole};

/// The nights of a stay, from 1 to [`Nights::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(into = "u16")]
pub struct Nights(NonZeroU16);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stay has {min} to {max} nights, not {0}", min = Nights::ONE, max = Nights::MAX)]
pub struct NightsError(i64);

impl Nights {
    pub const ONE: Self = Self(NonZeroU16::MIN);
    /// Two years. Longer is a lease, and more likely a slip of the finger.
    pub const MAX: u16 = 730;

    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The day a guest leaves who arrives on `arrival`: the night before it is the last one.
    pub fn departure(self, arrival: Date) -> Date {
        arrival.plus_days(i32::from(self.get()))
    }
}

impl Default for Nights {
    fn default() -> Self {
        Self::ONE
    }
}

impl<'de> Deserialize<'de> for Nights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        whole::deserialize(deserializer)
    }
}

impl TryFrom<i64> for Nights {
    type Error = NightsError;

    fn try_from(nights: i64) -> Result<Self, NightsError> {
        let number = u16::try_from(nights)
            .ok()
            .filter(|nights| *nights <= Self::MAX);
        number
            .and_then(NonZeroU16::new)
            .map(Self)
            .ok_or(NightsError(nights))
    }
}

impl From<Nights> for u16 {
    fn from(nights: Nights) -> Self {
        nights.get()
    }
}

impl fmt::Display for Nights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Nights in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Span {
    /// The day that the first night begins on.
    pub arrival: Date,
    pub nights: Nights,
}

impl Span {
    pub const fn new(arrival: Date, nights: Nights) -> Self {
        Self { arrival, nights }
    }

    /// From `arrival` until the morning of `departure`; `None` if there is no night in between.
    pub fn until(arrival: Date, departure: Date) -> Option<Self> {
        let nights = Nights::try_from(i64::from(departure.days_since(arrival)));
        nights.ok().map(|nights| Self { arrival, nights })
    }

    /// These nights, unless `other` began later.
    #[must_use]
    pub fn later_of(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.arrival > self.arrival => other,
            _ => self,
        }
    }

    /// The day after the last night.
    pub fn departure(self) -> Date {
        self.nights.departure(self.arrival)
    }

    /// Whether the night that begins on `date` is one of them.
    pub fn has(self, date: Date) -> bool {
        self.arrival <= date && date < self.departure()
    }

    /// Whether there is a night in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.arrival < other.departure() && other.arrival < self.departure()
    }

    /// The days that its nights begin on.
    pub fn dates(self) -> impl Iterator<Item = Date> + Clone {
        (0..i32::from(self.nights.get())).map(move |night| self.arrival.plus_days(night))
    }
}
