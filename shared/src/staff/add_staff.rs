//! The command `add-staff`: somebody works in the hotel from now on.

use serde::{Deserialize, Serialize};

use super::{Role, Roster, StaffAdded, StaffEvent, StaffName, StaffRefusal, UserNkey};
use crate::cloud_event::Command;
use crate::identity::Account;
use crate::text::Name;

/// Somebody works in the hotel from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AddStaff {
    /// The name to log in with.
    pub staff: StaffName,
    /// The name as people write it.
    pub name: Name,
    pub role: Role,
    /// What a machine logs in with; a person has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nkey: Option<UserNkey>,
}

impl Command for AddStaff {
    const NAME: &'static str = "add-staff";
    const TYPE: &'static str = "vacancy.staff.add-staff.v1";
    const SENDERS: &'static [Account] = &[Account::Manager];
}

impl AddStaff {
    /// # Errors
    /// When there is or was somebody of that name or with that key, a machine has no key, or a person has one.
    pub fn decide(&self, roster: &Roster) -> Result<Vec<StaffEvent>, StaffRefusal> {
        if roster.find(&self.staff).is_some() {
            return Err(StaffRefusal::StaffExists(self.staff.clone()));
        }
        match &self.nkey {
            None if self.role.is_of_machines() => return Err(StaffRefusal::NkeyMissing(self.role)),
            Some(_) if !self.role.is_of_machines() => {
                return Err(StaffRefusal::NkeyOfPerson(self.role));
            }
            nkey => {
                let other = nkey.as_ref().and_then(|nkey| roster.with_nkey(nkey));
                if let Some((other, _)) = other {
                    return Err(StaffRefusal::NkeyTaken(other.clone()));
                }
            }
        }
        Ok(vec![StaffEvent::StaffAdded(StaffAdded {
            staff: self.staff.clone(),
            name: self.name.clone(),
            role: self.role,
            nkey: self.nkey.clone(),
        })])
    }
}
