//! The staff as the manager sees them.

use shared::Timestamp;
use shared::staff::{AddStaff, Role, StaffName, StaffView};

use super::replica::{EntryError, Replica};
use super::words;

/// The roles of people. Machines are added where their keys are made: by the command line.
pub const ROLES: [Role; 3] = [Role::FrontDesk, Role::Housekeeping, Role::Manager];

/// Everybody whom the hotel knows, or knew.
#[derive(Debug, Default)]
pub struct Roster(Replica<StaffName, StaffView>);

/// A member, as a row of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub staff: StaffName,
    pub name: String,
    pub role: Role,
    pub active: bool,
    /// What a machine logs in with.
    pub nkey: Option<String>,
    pub added: Timestamp,
}

/// What stands in the fields of somebody new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddForm {
    pub name: String,
    pub staff: String,
    pub role: String,
}

/// What is wrong with a field: its name, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub field: &'static str,
    pub message: String,
}

impl Roster {
    /// Takes over an entry of the bucket `staff`.
    ///
    /// # Errors
    /// When the entry cannot be read.
    pub fn apply(
        &mut self,
        key: &str,
        revision: u64,
        value: Option<&[u8]>,
    ) -> Result<(), EntryError> {
        self.0.apply(key, revision, value).map(|_| ())
    }

    /// All of them as they came in, each with the key.
    pub fn texts(&self) -> impl Iterator<Item = (&StaffName, &str)> {
        self.0.texts()
    }

    /// All are there: who is only remembered is no more.
    pub fn all_are_told(&mut self) {
        self.0.forget_remembered();
    }

    /// Forgets them: a new snapshot begins.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All of them, by name; those who work here no longer at the end.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = self.0.iter().map(row).collect();
        rows.sort_by_cached_key(|row| (!row.active, row.name.to_lowercase()));
        rows
    }

    pub fn find(&self, staff: &StaffName) -> Option<Row> {
        self.0.get(staff).map(|view| row((staff, view)))
    }
}

fn row((staff, view): (&StaffName, &StaffView)) -> Row {
    Row {
        staff: staff.clone(),
        name: view.name.to_string(),
        role: view.role,
        active: view.active,
        nkey: view.nkey.as_ref().map(ToString::to_string),
        added: view.added,
    }
}

impl AddForm {
    /// Somebody new, if every field can be read.
    ///
    /// # Errors
    /// What is wrong, field by field, in their order on the page.
    pub fn read(&self) -> Result<AddStaff, Vec<Wrong>> {
        let name = self.name.trim().parse();
        let staff = self.staff.trim().parse();
        let role = self.role.parse();
        match (name, staff, role) {
            (Ok(name), Ok(staff), Ok(role)) => Ok(AddStaff {
                staff,
                name,
                role,
                nkey: None,
            }),
            (name, staff, role) => {
                let wrong = |field, error: Option<String>| {
                    error.map(|message| Wrong {
                        field,
                        message: words::capital(&message),
                    })
                };
                let all = [
                    wrong("name", name.err().map(|error| error.to_string())),
                    wrong("staff", staff.err().map(|error| error.to_string())),
                    wrong("role", role.err().map(|error| error.to_string())),
                ];
                Err(all.into_iter().flatten().collect())
            }
        }
    }
}

/// As what somebody works in the hotel, for people to read.
pub fn role(role: Role) -> &'static str {
    match role {
        Role::Manager => "Manager",
        Role::FrontDesk => "Front desk",
        Role::Housekeeping => "Housekeeping",
        Role::Channel => "Booking channel",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(members: &[(&str, &str, bool)]) -> Roster {
        let mut roster = Roster::default();
        for (revision, (staff, name, active)) in (1..).zip(members) {
            let value = serde_json::json!({
                "name": name, "role": "front-desk", "active": active, "sequence": revision,
                "added": "2026-11-21T08:00:00.000Z", "since": "2026-11-21T08:00:00.000Z",
            });
            let value = value.to_string();
            roster
                .apply(staff, revision, Some(value.as_bytes()))
                .unwrap();
        }
        roster
    }

    #[test]
    fn whoever_works_here_comes_first() {
        let roster = roster(&[
            ("zoe", "Zoe", true),
            ("bob", "Bob", false),
            ("anna", "anna", true),
        ]);
        let names: Vec<String> = roster.rows().into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["anna", "Zoe", "Bob"]);
        let bob = roster.find(&"bob".parse().unwrap()).unwrap();
        assert!(!bob.active && bob.nkey.is_none());
    }

    #[test]
    fn the_fields_of_somebody_new_are_refused_one_by_one() {
        let form = AddForm {
            name: "  ".to_owned(),
            staff: "Anna Berg".to_owned(),
            role: "manager".to_owned(),
        };
        let wrong = form.read().unwrap_err();
        let fields: Vec<&str> = wrong.iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["name", "staff"]);
        assert_eq!(wrong[0].message, "A name must not be empty");
        let form = AddForm {
            name: " Anna Berg ".to_owned(),
            staff: "anna".to_owned(),
            role: "manager".to_owned(),
        };
        let command = form.read().unwrap();
        let read = serde_json::to_value(command).unwrap();
        assert_eq!(
            read,
            serde_json::json!({ "staff": "anna", "name": "Anna Berg", "role": "manager" })
        );
    }
}
