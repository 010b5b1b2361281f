//! How long a stay is.

use std::fmt;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use crate::Date;

/// The nights of a stay, from 1 to [`Nights::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "u16")]
pub struct Nights(NonZeroU16);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stay has 1 to {max} nights, not {0}", max = Nights::MAX)]
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
