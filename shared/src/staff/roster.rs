//! The staff as their events tell them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Role, StaffEvent, StaffName, StaffRefusal, UserNkey};
use crate::Timestamp;
use crate::text::Name;

/// One of the staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The name as people write it. Personal data.
    pub name: Name,
    pub role: Role,
    /// Whether they can log in.
    pub active: bool,
    /// What a machine logs in with; `None` for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nkey: Option<UserNkey>,
    /// When they were added.
    pub added: Timestamp,
    /// When what ends all earlier sessions happened last: they were added, disabled or given another role, or their password was
    /// reset. A session that began before is over.
    pub since: Timestamp,
    /// When their password was reset last. One that was chosen before is worth nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Timestamp>,
}

/// All of the staff there have ever been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster(BTreeMap<StaffName, Member>);

impl Member {
    /// The member after an event that happened at `at`; `None` before somebody is added.
    #[must_use]
    pub fn evolve(member: Option<Self>, event: &StaffEvent, at: Timestamp) -> Option<Self> {
        let ended = |member| Self {
            since: at,
            ..member
        };
        match event {
            StaffEvent::StaffAdded(event) => Some(Self {
                name: event.name.clone(),
                role: event.role,
                active: true,
                nkey: event.nkey.clone(),
                added: at,
                since: at,
                reset: None,
            }),
            StaffEvent::RoleChanged(event) => member.map(|member| {
                ended(Self {
                    role: event.role,
                    ..member
                })
            }),
            StaffEvent::StaffDisabled(_) => member.map(|member| {
                ended(Self {
                    active: false,
                    ..member
                })
            }),
            StaffEvent::StaffEnabled(_) => member.map(|member| Self {
                active: true,
                ..member
            }),
            StaffEvent::PasswordReset(_) => member.map(|member| {
                ended(Self {
                    reset: Some(at),
                    ..member
                })
            }),
        }
    }

    fn manages(&self) -> bool {
        self.active && self.role == Role::Manager
    }
}

impl Roster {
    /// The staff after an event that happened at `at`.
    #[must_use]
    pub fn evolve(mut self, event: &StaffEvent, at: Timestamp) -> Self {
        let staff = event.staff();
        let member = Member::evolve(self.0.remove(staff), event, at);
        self.0.extend(member.map(|member| (staff.clone(), member)));
        self
    }

    pub fn find(&self, staff: &StaffName) -> Option<&Member> {
        self.0.get(staff)
    }

    /// The machine that logs in with this key.
    pub fn with_nkey(&self, nkey: &UserNkey) -> Option<(&StaffName, &Member)> {
        self.iter()
            .find(|(_, member)| member.nkey.as_ref() == Some(nkey))
    }

    /// All of them, by their log-in names.
    pub fn iter(&self) -> impl Iterator<Item = (&StaffName, &Member)> {
        self.0.iter()
    }

    /// The member, who has to be there.
    pub(super) fn known(&self, staff: &StaffName) -> Result<&Member, StaffRefusal> {
        let member = self.find(staff);
        member.ok_or_else(|| StaffRefusal::NoSuchStaff(staff.clone()))
    }

    /// Somebody is to be manager no longer, which the last one cannot.
    pub(super) fn without(&self, staff: &StaffName, member: &Member) -> Result<(), StaffRefusal> {
        let others = self
            .iter()
            .any(|(name, other)| name != staff && other.manages());
        match member.manages() && !others {
            true => Err(StaffRefusal::LastManager(staff.clone())),
            false => Ok(()),
        }
    }
}
