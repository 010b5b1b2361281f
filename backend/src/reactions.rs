//! What follows by itself: which events lead to which commands. A reaction each, with a consumer of its own, so that one
//! that fails holds up no other.
//!
//! | when | then | |
//! |---|---|---|
//! | a guest has checked out | `request-cleanup` | `housekeeping::ask_for_cleaning` |
//! | a cleanup has failed | `request-cleanup` | `housekeeping::ask_again` |
//! | a room is held | `expire-hold`, when the time is over | `bookings::expire_holds` |
//! | a stay is booked | `no-show`, on the morning after its first night | `bookings::note_no_shows` |

use jetstream_es::breaker::BreakerError;
use jetstream_es::processor::ProcessorError;
use jetstream_es::reaction::{self, Forwarder, Reactor};
use jetstream_es::{Breaker, BreakerPolicy, Connection, Failure, deadlines};
use shared::bookings::BookingId;
use shared::cloud_event::Command;
use shared::identity::{Account, Actor};
use shared::rooms::RoomRef;
use shared::subjects::{CommandSubject, Stream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::bookings::{ExpireHolds, NoteNoShows};
use crate::housekeeping::{AskAgain, AskForCleaning};

/// Who asks for what follows by itself.
pub const ACTOR: &str = "hotel/reactions";
/// What the commands say of the program that wrote them.
pub const SOURCE: &str = "/reactions";

/// Why the reactions did not open.
#[derive(Debug, thiserror::Error)]
pub enum ReactionsError {
    #[error(transparent)]
    Processor(#[from] ProcessorError),
    #[error(transparent)]
    Breaker(#[from] BreakerError),
}

/// The durable consumers of all reactions, each by its stream and its name.
pub fn consumers() -> Vec<(&'static str, String)> {
    [
        Reactor::<AskForCleaning>::consumers(),
        Reactor::<AskAgain>::consumers(),
        Reactor::<ExpireHolds>::consumers(),
        Reactor::<NoteNoShows>::consumers(),
        Forwarder::consumers(),
    ]
    .concat()
}

/// All reactions, opened.
#[derive(Debug)]
pub struct Reactions {
    ask_for_cleaning: Reactor<AskForCleaning>,
    ask_again: Reactor<AskAgain>,
    expire_holds: Reactor<ExpireHolds>,
    note_no_shows: Reactor<NoteNoShows>,
    forwarder: Forwarder,
}

impl Reactions {
    /// Opens their consumers.
    ///
    /// # Errors
    /// When one of them does not open.
    pub async fn open(connection: &Connection) -> Result<Self, ReactionsError> {
        // One stream takes the commands of all of them, and all leave it alone together.
        let commands = Stream::Commands.name();
        let commands = Breaker::new(connection, commands, BreakerPolicy::default())?;
        let breaker = || commands.clone();
        Ok(Self {
            ask_for_cleaning: Reactor::open_guarded(connection, AskForCleaning, breaker()).await?,
            ask_again: Reactor::open_guarded(connection, AskAgain, breaker()).await?,
            expire_holds: Reactor::open_guarded(connection, ExpireHolds, breaker()).await?,
            note_no_shows: Reactor::open_guarded(connection, NoteNoShows, breaker()).await?,
            forwarder: Forwarder::open_guarded(connection, breaker()).await?,
        })
    }

    /// For each consumer, whether it flows.
    pub fn flows(&self) -> Vec<watch::Receiver<bool>> {
        [
            self.ask_for_cleaning.flows(),
            self.ask_again.flows(),
            self.expire_holds.flows(),
            self.note_no_shows.flows(),
            self.forwarder.flows(),
        ]
        .concat()
    }

    /// Reacts until `stop`.
    pub fn spawn(self, tasks: &mut JoinSet<()>, stop: &CancellationToken) {
        tasks.spawn(self.ask_for_cleaning.run(stop.clone()));
        tasks.spawn(self.ask_again.run(stop.clone()));
        tasks.spawn(self.expire_holds.run(stop.clone()));
        tasks.spawn(self.note_no_shows.run(stop.clone()));
        tasks.spawn(self.forwarder.run(stop.clone()));
    }
}

/// A command of the hotel that follows from an event.
pub fn command<C: Command>(
    data: &C,
    about: impl Into<String>,
) -> Result<reaction::Command, Failure> {
    let user = "reactions".parse().map_err(Failure::permanent)?;
    let actor = Actor {
        account: Account::Hotel,
        user,
    };
    let subject = CommandSubject::text::<C>(&actor);
    let command = reaction::Command::new(subject, C::TYPE, data).map_err(Failure::permanent)?;
    Ok(command.about(about))
}

/// The key of what is due for a stay.
pub fn deadline(name: &str, room: RoomRef, booking: BookingId) -> Result<deadlines::Key, Failure> {
    deadlines::Key::new(format!("{name}.{}.{booking}", room.id)).map_err(Failure::permanent)
}
