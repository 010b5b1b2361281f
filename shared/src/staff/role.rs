//! As what somebody works in the hotel.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::identity::Account;

/// As what somebody works in the hotel. It says which account of the NATS server they are in, and so what they may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Whatever the front desk may, the rooms there are, and the staff.
    Manager,
    /// Everything about rooms and stays.
    FrontDesk,
    /// Which rooms to clean, and that they are clean.
    Housekeeping,
    /// A machine that sells rooms elsewhere.
    Channel,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role: expected manager, front-desk, housekeeping or channel")]
pub struct RoleError(String);

impl Role {
    pub const ALL: [Self; 4] = [
        Self::Manager,
        Self::FrontDesk,
        Self::Housekeeping,
        Self::Channel,
    ];

    /// Its text in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::FrontDesk => "front-desk",
            Self::Housekeeping => "housekeeping",
            Self::Channel => "channel",
        }
    }

    /// The account of those who have it.
    pub const fn account(self) -> Account {
        match self {
            Self::Manager => Account::Manager,
            Self::FrontDesk => Account::FrontDesk,
            Self::Housekeeping => Account::Housekeeping,
            Self::Channel => Account::Channel,
        }
    }

    /// Whether it is one of machines: they log in with an NKey, and people with a password.
    pub const fn is_of_machines(self) -> bool {
        matches!(self, Self::Channel)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let known = Self::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| RoleError(text.chars().take(40).collect()))
    }
}
