//! The command `change-role`: somebody works as something else from now on.

use serde::{Deserialize, Serialize};

use super::{Role, RoleChanged, Roster, StaffEvent, StaffName, StaffRefusal};
use crate::cloud_event::Command;
use crate::identity::Account;

/// Somebody works as something else from now on, and has to log in again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeRole {
    pub staff: StaffName,
    pub role: Role,
}

impl Command for ChangeRole {
    const NAME: &'static str = "change-role";
    const TYPE: &'static str = "vacancy.staff.change-role.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl ChangeRole {
    /// # Errors
    /// When there is nobody of that name, they have the role already, are the last manager, or a person would become a machine
    /// or the other way round.
    pub fn decide(&self, roster: &Roster) -> Result<Vec<StaffEvent>, StaffRefusal> {
        let member = roster.known(&self.staff)?;
        if member.role == self.role {
            return Err(StaffRefusal::NoChange(self.staff.clone()));
        }
        if member.role.is_of_machines() != self.role.is_of_machines() {
            return Err(StaffRefusal::OtherKind {
                staff: self.staff.clone(),
                was: member.role,
                role: self.role,
            });
        }
        roster.without(&self.staff, member)?;
        Ok(vec![StaffEvent::RoleChanged(RoleChanged {
            staff: self.staff.clone(),
            role: self.role,
        })])
    }
}
