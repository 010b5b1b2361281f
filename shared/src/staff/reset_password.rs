//! The command `reset-password`: somebody's password is no longer theirs.

use serde::{Deserialize, Serialize};

use super::{OfStaff, Roster, StaffEvent, StaffName, StaffRefusal};
use crate::cloud_event::Command;
use crate::identity::Account;

/// Somebody's password is no longer theirs, and they are cut off where they are. The new one is no part of this: they choose it
/// themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResetPassword {
    pub staff: StaffName,
}

impl Command for ResetPassword {
    const NAME: &'static str = "reset-password";
    const TYPE: &'static str = "vacancy.staff.reset-password.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl ResetPassword {
    /// # Errors
    /// When there is nobody of that name, or it is a machine.
    pub fn decide(&self, roster: &Roster) -> Result<Vec<StaffEvent>, StaffRefusal> {
        if roster.known(&self.staff)?.role.is_of_machines() {
            return Err(StaffRefusal::NoPassword(self.staff.clone()));
        }
        Ok(vec![StaffEvent::PasswordReset(OfStaff {
            staff: self.staff.clone(),
        })])
    }
}
