//! The command `disable-staff`: somebody can no longer log in.

use serde::{Deserialize, Serialize};

use super::{OfStaff, Roster, StaffEvent, StaffName, StaffRefusal};
use crate::cloud_event::Command;
use crate::identity::Account;

/// Somebody can no longer log in, and is cut off where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DisableStaff {
    pub staff: StaffName,
}

impl Command for DisableStaff {
    const NAME: &'static str = "disable-staff";
    const TYPE: &'static str = "vacancy.staff.disable-staff.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl DisableStaff {
    /// # Errors
    /// When there is nobody of that name, they are disabled already, or are the last manager.
    pub fn decide(&self, roster: &Roster) -> Result<Vec<StaffEvent>, StaffRefusal> {
        let member = roster.known(&self.staff)?;
        if !member.active {
            return Err(StaffRefusal::NoChange(self.staff.clone()));
        }
        roster.without(&self.staff, member)?;
        Ok(vec![StaffEvent::StaffDisabled(OfStaff {
            staff: self.staff.clone(),
        })])
    }
}
