//! The new value of a view.

use serde::{Deserialize, Serialize};

use crate::bookings::{StayKey, StayView};
use crate::housekeeping::HousekeepingView;
use crate::identity::Account;
use crate::rooms::{RoomId, RoomView};
use crate::subjects::{HOUSEKEEPING, ROOMS, STAYS};

/// What the bucket of a view will have at a key. What it says of how far other streams have been read than that of the
/// command's event is how far the one who decided had read them.
///
/// The name of the bucket stands outside, since a tag inside would be read by way of a tree of values (ADR 19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ViewValue {
    Stays {
        key: StayKey,
        value: StayView,
    },
    Rooms {
        key: RoomId,
        value: RoomView,
    },
    Housekeeping {
        key: RoomId,
        value: HousekeepingView,
    },
}

impl ViewValue {
    /// The name of the bucket.
    pub const fn bucket(&self) -> &'static str {
        match self {
            Self::Stays { .. } => STAYS.name(),
            Self::Rooms { .. } => ROOMS.name(),
            Self::Housekeeping { .. } => HOUSEKEEPING.name(),
        }
    }

    /// Whether somebody of the account may see it.
    pub fn is_for(&self, account: Account) -> bool {
        may_read(account, self.bucket())
    }
}

impl From<StayView> for ViewValue {
    fn from(value: StayView) -> Self {
        let key = value.key();
        Self::Stays { key, value }
    }
}

impl From<RoomView> for ViewValue {
    fn from(value: RoomView) -> Self {
        let key = value.id;
        Self::Rooms { key, value }
    }
}

impl From<HousekeepingView> for ViewValue {
    fn from(value: HousekeepingView) -> Self {
        let key = value.id;
        Self::Housekeeping { key, value }
    }
}

/// Whether somebody of the account may read the bucket of a view.
pub(super) fn may_read(account: Account, bucket: &str) -> bool {
    let readers = [
        (STAYS.name(), STAYS.readers()),
        (ROOMS.name(), ROOMS.readers()),
        (HOUSEKEEPING.name(), HOUSEKEEPING.readers()),
    ];
    let readers = readers.into_iter().find(|(name, _)| *name == bucket);
    readers.is_some_and(|(_, readers)| account == Account::Hotel || readers.contains(&account))
}
