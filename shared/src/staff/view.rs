//! The read model `staff`, for the managers: a value for each of the staff there have ever been.

use serde::{Deserialize, Serialize};

use super::{Member, Role, StaffEvent, UserNkey};
use crate::Timestamp;
use crate::text::Name;

/// One of the staff. Key: the log-in name. The name is personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StaffView {
    pub name: Name,
    pub role: Role,
    /// Whether they can log in.
    pub active: bool,
    /// What a machine logs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nkey: Option<UserNkey>,
    /// When they were added.
    pub added: Timestamp,
    /// When what ends all earlier sessions happened last.
    pub since: Timestamp,
    /// The sequence of the last event about them in the stream `staff`.
    pub sequence: u64,
}

impl StaffView {
    /// What `member` looks like after the event at `sequence`.
    pub fn new(member: Member, sequence: u64) -> Self {
        let Member {
            name,
            role,
            active,
            nkey,
            added,
            since,
            // Of sessions the view tells, and of passwords nothing.
            reset: _,
        } = member;
        Self {
            name,
            role,
            active,
            nkey,
            added,
            since,
            sequence,
        }
    }

    /// The value after an event about them that happened at `at`.
    pub fn evolve(
        view: Option<Self>,
        event: &StaffEvent,
        at: Timestamp,
        sequence: u64,
    ) -> Option<Self> {
        let member = Member::evolve(view.map(Self::into_member), event, at)?;
        Some(Self::new(member, sequence))
    }

    fn into_member(self) -> Member {
        Member {
            name: self.name,
            role: self.role,
            active: self.active,
            nkey: self.nkey,
            added: self.added,
            since: self.since,
            reset: None,
        }
    }
}
