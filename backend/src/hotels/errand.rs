//! What an operator's tool asks of the backend about the other hotels, over NATS in the account of the first one.

use serde::{Deserialize, Serialize};
use shared::HotelName;

/// The request that a hotel be opened: the payload is its name, the answer a [`Told`].
pub const OPEN: &str = "backend.hotels.open";
/// The request for all hotels: the answer is a list of [`Told`].
pub const LIST: &str = "backend.hotels.list";

/// How a hotel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub hotel: HotelName,
    #[serde(flatten)]
    pub standing: Standing,
}

/// How far a hotel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// It is the first one, which is always there.
    First,
    /// Its work is being started.
    Opening,
    /// It could not be opened, and is tried again.
    Failing {
        reason: String,
    },
    Open,
    /// It has no key in the folder.
    Unknown,
}
