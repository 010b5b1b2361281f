//! The command `enable-staff`: somebody can log in again.

use serde::{Deserialize, Serialize};

use super::{OfStaff, Roster, StaffEvent, StaffName, StaffRefusal};
use crate::cloud_event::Command;
use crate::identity::Account;

/// Somebody who was disabled can log in again, with the password or the NKey that they had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnableStaff {
    pub staff: StaffName,
}

impl Command for EnableStaff {
    const NAME: &'static str = "enable-staff";
    const TYPE: &'static str = "vacancy.staff.enable-staff.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl EnableStaff {
    /// # Errors
    /// When there is nobody of that name, or they are not disabled.
    pub fn decide(&self, roster: &Roster) -> Result<Vec<StaffEvent>, StaffRefusal> {
        let member = roster.known(&self.staff)?;
        if member.active {
            return Err(StaffRefusal::NoChange(self.staff.clone()));
        }
        Ok(vec![StaffEvent::StaffEnabled(OfStaff {
            staff: self.staff.clone(),
        })])
    }
}
