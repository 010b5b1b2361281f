//! What the handlers of all flows decide on.

use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, Cause, Connection, Decided, ExecuteError, Repository};
use shared::outcome::{EventPointer, Refusal};

use crate::bookings::Bookings;
use crate::housekeeping::Cleanups;
use crate::rooms::Rooms;

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
}

impl Hotel {
    pub fn new(connection: &Connection) -> Self {
        Self {
            rooms: Repository::new(connection, ROOMS_AT_HAND),
            bookings: Repository::new(connection, ROOMS_AT_HAND),
            cleanups: Repository::new(connection, ROOMS_AT_HAND),
        }
    }
}

/// A command that knows how it is done.
pub trait Handle {
    /// Decides on the command and appends its events, of which the last is returned.
    fn handle(
        &self,
        hotel: &Hotel,
        cause: &Cause,
    ) -> impl Future<Output = Result<EventPointer, NotDone>> + Send;
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
    /// Sorts the failures of an execution whose refusals are of the type `R`.
    pub fn from_execution<R: Into<Refusal> + std::fmt::Debug>(error: ExecuteError<R>) -> Self {
        let transient = error.is_transient();
        match error {
            ExecuteError::Refused(refusal) => Self::Refused(refusal.into()),
            error if transient => Self::NotYet(error.to_string()),
            error => Self::Broken(error.to_string()),
        }
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

/// Where the last event of the command is.
pub fn pointer<B: Boundary>(decided: Decided) -> EventPointer {
    EventPointer {
        stream: B::STREAM.into(),
        sequence: decided.sequence(),
    }
}
