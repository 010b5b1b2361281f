//! What is told of a command that is done: where its event is, what the view that it changed shows now, and what can be
//! done next. The view's value is made of the states that were decided on, so nobody waits for a projector.

use jetstream_es::repository::LoadError;
use jetstream_es::{Boundary, Cause, Decided};
use shared::bookings::{BookingEvent, RoomLedger, Stay, StayView};
use shared::housekeeping::{CleanupEvent, CleanupLog, HousekeepingView};
use shared::outcome::{EventPointer, Next, ViewValue};
use shared::rooms::{Room, RoomEvent, RoomId, RoomPosition, RoomView};
use shared::staff::StaffEvent;

use crate::bookings::Bookings;
use crate::hotel::Hotel;
use crate::housekeeping::Cleanups;
use crate::rooms::Rooms;
use crate::staff::Staff;

/// A command that is done.
#[derive(Debug)]
pub struct Done {
    pub event: EventPointer,
    pub view: Option<Box<ViewValue>>,
    pub next: Vec<Next>,
}

/// What a decision about the nights of a room leads to, as soon as its event is stored.
#[derive(Debug)]
pub(crate) struct NightsProspect {
    room: Room,
    event: BookingEvent,
    shows: Shows,
}

#[derive(Debug)]
enum Shows {
    /// The stay as it is then, if there is one.
    Stay(Option<Stay>),
    /// The room as it is then, but for its cleanups.
    Room(RoomView),
}

/// What a decision about the cleanliness of a room leads to, as soon as its event is stored.
#[derive(Debug)]
pub(crate) struct CleanupProspect {
    room: Room,
    event: CleanupEvent,
    log: CleanupLog,
}

impl NightsProspect {
    /// The prospect of an event that was decided on in a room with this ledger.
    pub(crate) fn of(room: &Room, ledger: &RoomLedger, event: &BookingEvent) -> Self {
        let shows = match event.booking() {
            Some(booking) => Shows::Stay(Stay::evolve(ledger.stay(booking).cloned(), event)),
            None => {
                let view = RoomView::of(event.room().id, room, ledger, CleanupLog::default());
                Shows::Room(view.after_booking(event, 0))
            }
        };
        Self {
            room: room.clone(),
            event: event.clone(),
            shows,
        }
    }

    async fn done(self, hotel: &Hotel, sequence: u64, cause: &Cause) -> Done {
        let id = self.event.room().id;
        let stay = match &self.shows {
            Shows::Stay(stay) => stay.as_ref(),
            Shows::Room(_) => None,
        };
        // The id has been read as one, or the command would not have been decided.
        let command = cause.command.parse().ok();
        let next = command.map(|command| self.event.next(&self.room, stay, &command));
        let view = match self.shows {
            Shows::Stay(stay) => stay.map(|stay| StayView::new(id, stay, sequence).into()),
            Shows::Room(view) => known(hotel.show_room(id, view, sequence).await),
        };
        Done {
            event: pointer::<Bookings>(sequence),
            view: view.map(Box::new),
            next: next.unwrap_or_default(),
        }
    }
}

impl CleanupProspect {
    /// The prospect of an event that was decided on in a room with this log.
    pub(crate) fn of(room: &Room, log: &CleanupLog, event: &CleanupEvent) -> Self {
        Self {
            room: room.clone(),
            event: event.clone(),
            log: log.clone().evolve(event),
        }
    }

    async fn done(self, hotel: &Hotel, sequence: u64) -> Done {
        let Self { room, event, log } = self;
        let view = hotel.show_cleanups(event.room(), &room, log, sequence);
        Done {
            event: pointer::<Cleanups>(sequence),
            view: known(view.await).map(Box::new),
            next: event.next(&room),
        }
    }
}

impl Done {
    /// What is told of a decision about the nights of a room.
    pub(crate) async fn of_nights(
        decided: Decided,
        prospect: Option<NightsProspect>,
        hotel: &Hotel,
        cause: &Cause,
    ) -> Self {
        match (decided, prospect) {
            (Decided::Now(sequence), Some(prospect)) => prospect.done(hotel, sequence, cause).await,
            (decided, _) => Self::without_prospect::<Bookings>(decided),
        }
    }

    /// What is told of a decision about the cleanliness of a room.
    pub(crate) async fn of_cleanups(
        decided: Decided,
        prospect: Option<CleanupProspect>,
        hotel: &Hotel,
    ) -> Self {
        match (decided, prospect) {
            (Decided::Now(sequence), Some(prospect)) => prospect.done(hotel, sequence).await,
            (decided, _) => Self::without_prospect::<Cleanups>(decided),
        }
    }

    /// What is told of a decision about the room as such.
    pub(crate) fn of_room(decided: Decided, event: &RoomEvent) -> Self {
        let Decided::Now(sequence) = decided else {
            return Self::without_prospect::<Rooms>(decided);
        };
        let RoomEvent::RoomAdded(added) = event;
        Self {
            event: pointer::<Rooms>(sequence),
            view: Some(Box::new(RoomView::new(added, sequence).into())),
            next: event.next(),
        }
    }

    /// What is told of a decision about the staff. The view is not part of it: it is for managers alone, who watch it.
    pub(crate) fn of_staff(decided: Decided, event: Option<StaffEvent>) -> Self {
        let (Decided::Now(sequence), Some(event)) = (decided, event) else {
            return Self::without_prospect::<Staff>(decided);
        };
        Self {
            event: pointer::<Staff>(sequence),
            view: None,
            next: event.next(),
        }
    }

    /// A command that was done when it came before, or that had nothing to do.
    pub(crate) fn without_prospect<B: Boundary>(decided: Decided) -> Self {
        Self {
            event: pointer::<B>(decided.sequence()),
            view: None,
            next: match decided {
                Decided::Before(_) => Next::after_repetition(),
                Decided::Now(_) | Decided::Nothing(_) => Vec::new(),
            },
        }
    }
}

impl Hotel {
    /// The room after its event at `sequence` of the stream `room-booking`.
    async fn show_room(
        &self,
        id: RoomId,
        mut view: RoomView,
        sequence: u64,
    ) -> Result<ViewValue, LoadError> {
        let room = self.rooms.known(&id, |_, position| position).await?;
        let look = |log: &CleanupLog, position| (log.clone(), position);
        let (log, cleanup) = self.cleanups.known(&id, look).await?;
        view.set_cleanups(log);
        view.position = RoomPosition {
            room,
            booking: sequence,
            cleanup,
        };
        Ok(view.into())
    }

    /// The room on the list of housekeeping after its event at `sequence` of the stream `room-cleanup`.
    async fn show_cleanups(
        &self,
        id: RoomId,
        room: &Room,
        log: CleanupLog,
        sequence: u64,
    ) -> Result<ViewValue, LoadError> {
        let added = self.rooms.known(&id, |_, position| position).await?;
        let look = |ledger: &RoomLedger, booking| HousekeepingView {
            position: RoomPosition {
                room: added,
                booking,
                cleanup: sequence,
            },
            ..HousekeepingView::of(id, room, ledger, log)
        };
        Ok(self.bookings.known(&id, look).await?.into())
    }
}

/// A command is done whether or not the value of its view is known, which will be in the bucket anyway.
fn known(view: Result<ViewValue, LoadError>) -> Option<ViewValue> {
    view.inspect_err(|error| tracing::warn!("an outcome goes without the view's value: {error}"))
        .ok()
}

fn pointer<B: Boundary>(sequence: u64) -> EventPointer {
    EventPointer {
        stream: B::STREAM.into(),
        sequence,
    }
}
