//! What happened to the staff. The names are the storage format.

use serde::{Deserialize, Serialize};

use super::{Role, StaffName, UserNkey};
use crate::outcome::Next;
use crate::text::Name;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data")]
pub enum StaffEvent {
    /// Somebody works in the hotel from now on.
    #[serde(rename = "vacancy.staff.staff-added.v1")]
    StaffAdded(StaffAdded),
    /// Somebody works as something else from now on.
    #[serde(rename = "vacancy.staff.role-changed.v1")]
    RoleChanged(RoleChanged),
    /// Somebody can no longer log in.
    #[serde(rename = "vacancy.staff.staff-disabled.v1")]
    StaffDisabled(OfStaff),
    /// Somebody can log in again.
    #[serde(rename = "vacancy.staff.staff-enabled.v1")]
    StaffEnabled(OfStaff),
    /// Somebody's password is no longer theirs.
    #[serde(rename = "vacancy.staff.password-reset.v1")]
    PasswordReset(OfStaff),
}

/// Somebody new. The name is personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StaffAdded {
    pub staff: StaffName,
    pub name: Name,
    pub role: Role,
    /// What a machine logs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nkey: Option<UserNkey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RoleChanged {
    pub staff: StaffName,
    pub role: Role,
}

/// One of the staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfStaff {
    pub staff: StaffName,
}

impl StaffEvent {
    /// Whom it is about.
    pub const fn staff(&self) -> &StaffName {
        match self {
            Self::StaffAdded(event) => &event.staff,
            Self::RoleChanged(event) => &event.staff,
            Self::StaffDisabled(event) | Self::StaffEnabled(event) | Self::PasswordReset(event) => {
                &event.staff
            }
        }
    }

    /// What the one whose command led to the event can do now.
    pub fn next(&self) -> Vec<Next> {
        vec![Next::message(match self {
            Self::StaffAdded(event) => format!(
                "{} is one of the staff as {}, with the role {}.",
                event.name, event.staff, event.role
            ),
            Self::RoleChanged(event) => {
                format!("{} has the role {} from now on.", event.staff, event.role)
            }
            Self::StaffDisabled(event) => format!("{} can no longer log in.", event.staff),
            Self::StaffEnabled(event) => format!("{} can log in again.", event.staff),
            Self::PasswordReset(event) => format!("The password of {} is reset.", event.staff),
        })]
    }
}
