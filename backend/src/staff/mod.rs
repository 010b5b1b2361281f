//! The staff: the commands about who works in the hotel, and the view `staff`.

mod add_staff;
mod change_role;
mod disable_staff;
mod enable_staff;
mod reset_password;
mod view;

use std::fmt;

use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, Recorded, Repository};
use shared::Timestamp;
use shared::staff::{Member, Roster, StaffEvent, StaffName};
use shared::subjects::{StaffSubject, Stream};

use crate::clock;
use crate::hotel::SOURCE;

pub use view::StaffList;

/// What happened to all of the staff, in the stream `staff`. They are one boundary, since no two have the same name and one
/// manager stays; and they are a few dozen.
#[derive(Debug)]
pub struct Staff;

/// There is one staff.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TheStaff;

impl fmt::Display for TheStaff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the staff")
    }
}

impl Boundary for Staff {
    type Id = TheStaff;
    type Event = StaffEvent;
    type State = Roster;

    const STREAM: &'static str = Stream::Staff.name();
    const SOURCE: &'static str = SOURCE;

    fn filter(TheStaff: &TheStaff) -> String {
        Stream::Staff.subjects().to_owned()
    }

    fn subject(event: &StaffEvent) -> String {
        let staff = event.staff().clone();
        StaffSubject { staff }.to_string()
    }

    fn about(event: &StaffEvent) -> String {
        event.staff().to_string()
    }

    fn evolve(roster: Roster, event: &Recorded<StaffEvent>) -> Roster {
        roster.evolve(&event.event, happened(event))
    }
}

/// One of the staff as the leader of the stream knows them now; `None` if there is nobody of that name.
///
/// # Errors
/// When the events cannot be read.
pub async fn find(
    staff: &Repository<Staff>,
    name: &StaffName,
) -> Result<Option<Member>, LoadError> {
    staff
        .newest(&TheStaff, |roster| roster.find(name).cloned())
        .await
}

/// When it happened. This program says so of every event; without that it would end no session.
fn happened(event: &Recorded<StaffEvent>) -> Timestamp {
    let time = event.metadata.time.map(clock::timestamp);
    time.unwrap_or(Timestamp::from_unix_milliseconds(0))
}
