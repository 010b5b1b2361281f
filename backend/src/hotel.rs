//! What the handlers of all flows decide on.

use jetstream_es::decisions::DecisionError;
use jetstream_es::repository::LoadError;
use jetstream_es::{
    Boundary, Cause, Choices, Connection, ExecuteError, GroupCommit, Keys, Repository,
};
use shared::bookings::{BookingEvent, BookingRefusal, RoomLedger};
use shared::housekeeping::{CleanupEvent, CleanupLog};
use shared::outcome::{Code, Refusal};
use shared::rooms::{Room, RoomId, RoomRef};
use shared::staff::{Roster, StaffEvent};
use shared::subjects::{DECISIONS, GUEST_KEYS};

use crate::bookings::Bookings;
use crate::done::{CleanupProspect, Done, NightsProspect};
use crate::housekeeping::Cleanups;
use crate::rooms::{self, House, Rooms};
use crate::staff::{Staff, TheStaff};

/// What the events say of the program that wrote them: their CloudEvents attribute `source`.
pub const SOURCE: &str = "/vacancy";

/// How many rooms' histories are kept at hand.
const ROOMS_AT_HAND: usize = 10_000;

/// The events of the hotel, by flow.
#[derive(Debug)]
pub struct Hotel {
    pub rooms: Repository<Rooms>,
    pub bookings: Repository<Bookings>,
    pub cleanups: Repository<Cleanups>,
    /// To look up which rooms there are.
    pub house: Repository<House>,
    pub staff: Repository<Staff>,
    /// Where commands go that could go to several rooms.
    pub choices: Choices,
    /// The keys that the names of guests are sealed with.
    pub guest_keys: Keys,
}

impl Hotel {
    pub fn new(connection: &Connection) -> Self {
        let connection = &connection.clone().with_keys(GUEST_KEYS);
        Self {
            rooms: repository(connection),
            bookings: repository(connection),
            cleanups: repository(connection),
            house: Repository::new(connection, 1),
            // A few commands a month need no committing in groups.
            staff: Repository::new(connection, 1).deciding_once(DECISIONS),
            choices: Choices::new(connection, DECISIONS),
            guest_keys: Keys::new(connection, GUEST_KEYS),
        }
    }

    /// Decides on the nights of a room.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn decide_on_nights<R: Into<Refusal>>(
        &self,
        room: RoomRef,
        cause: &Cause,
        mut decide: impl FnMut(Option<&Room>, &RoomLedger) -> Result<Vec<BookingEvent>, R> + Send,
    ) -> Result<Done, NotDone> {
        let known = rooms::find(&self.rooms, room.id).await?;
        let mut prospect = None;
        let decide = |ledger: &_| {
            let events = decide(known.as_ref(), ledger).map_err(Into::<Refusal>::into)?;
            let last = known.as_ref().zip(events.last());
            prospect = last.map(|(room, event)| NightsProspect::of(room, ledger, event));
            Ok(events)
        };
        let decided = self.bookings.execute(&room.id, cause, decide).await;
        let decided = decided.map_err(NotDone::from_execution)?;
        Ok(Done::of_nights(decided, prospect, self, cause).await)
    }

    /// Decides on the cleanliness of a room.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn decide_on_cleanups<R: Into<Refusal>>(
        &self,
        room: RoomRef,
        cause: &Cause,
        mut decide: impl FnMut(Option<&Room>, &CleanupLog) -> Result<Vec<CleanupEvent>, R> + Send,
    ) -> Result<Done, NotDone> {
        let known = rooms::find(&self.rooms, room.id).await?;
        let mut prospect = None;
        let decide = |log: &_| {
            let events = decide(known.as_ref(), log).map_err(Into::<Refusal>::into)?;
            let last = known.as_ref().zip(events.last());
            prospect = last.map(|(room, event)| CleanupProspect::of(room, log, event));
            Ok(events)
        };
        let decided = self.cleanups.execute(&room.id, cause, decide).await;
        let decided = decided.map_err(NotDone::from_execution)?;
        Ok(Done::of_cleanups(decided, prospect, self).await)
    }

    /// Decides on the staff.
    ///
    /// # Errors
    /// See [`NotDone`].
    pub async fn decide_on_staff<R: Into<Refusal>>(
        &self,
        cause: &Cause,
        mut decide: impl FnMut(&Roster) -> Result<Vec<StaffEvent>, R> + Send,
    ) -> Result<Done, NotDone> {
        let mut prospect = None;
        let decide = |roster: &_| {
            let events = decide(roster).map_err(Into::<Refusal>::into)?;
            prospect = events.last().cloned();
            Ok(events)
        };
        let decided = self.staff.execute(&TheStaff, cause, decide).await;
        let decided = decided.map_err(NotDone::from_execution)?;
        Ok(Done::of_staff(decided, prospect))
    }

    /// What became of a command about the room, or `None` if nothing has: it is not decided here.
    ///
    /// # Errors
    /// See [`NotDone`]; a refusal is the one that the command got.
    pub async fn recall(&self, room: RoomId, cause: &Cause) -> Result<Option<Done>, NotDone> {
        if let Some(done) = recall(&self.bookings, &room, cause).await? {
            return Ok(Some(done));
        }
        if let Some(done) = recall(&self.cleanups, &room, cause).await? {
            return Ok(Some(done));
        }
        recall(&self.rooms, &room, cause).await
    }

    /// What became of a command about the staff, or `None` if nothing has: it is not decided here.
    ///
    /// # Errors
    /// See [`NotDone`]; a refusal is the one that the command got.
    pub async fn recall_on_staff(&self, cause: &Cause) -> Result<Option<Done>, NotDone> {
        recall(&self.staff, &TheStaff, cause).await
    }
}

async fn recall<B: Boundary>(
    repository: &Repository<B>,
    id: &B::Id,
    cause: &Cause,
) -> Result<Option<Done>, NotDone> {
    let recalled = repository.recall(id, cause).await;
    let recalled = recalled.map_err(NotDone::from_execution)?;
    Ok(recalled.map(Done::without_prospect::<B>))
}

fn repository<B: Boundary>(connection: &Connection) -> Repository<B> {
    Repository::new(connection, ROOMS_AT_HAND)
        .deciding_once(DECISIONS)
        .committing_in_groups(GroupCommit::default())
}

/// A command that knows how it is done.
pub trait Handle {
    /// Decides on the command and appends its events.
    fn handle(
        &self,
        hotel: &Hotel,
        cause: &Cause,
    ) -> impl Future<Output = Result<Done, NotDone>> + Send;
}

/// Why a command is not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The hotel says no.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// It could not be decided yet: the same command may be done a moment later.
    #[error("{0}")]
    NotYet(String),
    /// It cannot be decided until somebody repairs something.
    #[error("{0}")]
    Broken(String),
}

impl NotDone {
    /// Sorts the failures of an execution.
    pub fn from_execution(error: ExecuteError<Refusal>) -> Self {
        let transient = error.is_transient();
        match error {
            ExecuteError::Refused(refusal) => Self::Refused(refusal),
            ExecuteError::OfAnother => Self::of_another(),
            error if transient => Self::NotYet(error.to_string()),
            error => Self::Broken(error.to_string()),
        }
    }
}

impl NotDone {
    /// Sorts the failures of a choice.
    pub fn from_choice(error: DecisionError) -> Self {
        match error {
            DecisionError::OfAnother => Self::of_another(),
            error if error.is_transient() => Self::NotYet(error.to_string()),
            error => Self::Broken(error.to_string()),
        }
    }

    fn of_another() -> Self {
        Self::Refused(Refusal::new(
            Code::CommandIdTaken,
            "id",
            "Somebody else has sent a command with this id. Send it again with a new one.",
        ))
    }
}

impl From<BookingRefusal> for NotDone {
    fn from(reason: BookingRefusal) -> Self {
        Self::Refused(reason.into())
    }
}

impl From<LoadError> for NotDone {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Read(_) => Self::NotYet(error.to_string()),
            LoadError::Unreadable { .. } => Self::Broken(error.to_string()),
        }
    }
}
