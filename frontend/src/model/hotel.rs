//! Rooms and stays as the views tell them, with one's own undecided wishes laid over them.
//!
//! A wish is shown as if it were done: the same `decide` that the backend runs makes the events, and they are laid
//! over what the views say, each time anew. So a view that has the change already is not changed again, and a wish
//! that came too late simply stops showing.

use std::collections::BTreeSet;

use shared::Date;
use shared::bookings::{BookingEvent, BookingId, ClientId, RoomLedger, StayKey, StayView};
use shared::cloud_event::MessageId;
use shared::housekeeping::CleanupLog;
use shared::outcome::{EventPointer, Refusal};
use shared::rooms::{Room, RoomId, RoomView};

use super::errand::Progress;
use super::replica::{EntryError, Replica};
use super::wish::{RoomState, Wish};

/// What the board knows of the hotel.
#[derive(Debug, Default)]
pub struct Hotel {
    rooms: Replica<RoomId, RoomView>,
    stays: Replica<StayKey, StayView>,
    pending: Vec<Pending>,
}

/// A wish that the views do not show yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub id: MessageId,
    pub wish: Wish,
    pub state: PendingState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingState {
    Undecided(Progress),
    /// Done; the view will show it once it has reached the event.
    Done(EventPointer),
}

/// A stay as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownStay {
    pub view: StayView,
    /// Something of it is one's own wish and not in the view yet.
    pub pending: bool,
}

/// A room as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRoom {
    pub view: RoomView,
    /// Its last cleaning is one's own wish and not in the view yet.
    pub pending: bool,
}

impl Hotel {
    /// Takes over an entry of the bucket `rooms` and returns the room it changed.
    ///
    /// # Errors
    /// When the entry cannot be read.
    pub fn apply_room(
        &mut self,
        key: &str,
        revision: u64,
        value: Option<&[u8]>,
    ) -> Result<Option<RoomId>, EntryError> {
        let changed = self.rooms.apply(key, revision, value)?;
        self.drop_settled();
        Ok(changed)
    }

    /// Takes over an entry of the bucket `stays` and returns the room it changed.
    ///
    /// # Errors
    /// When the entry cannot be read.
    pub fn apply_stay(
        &mut self,
        key: &str,
        revision: u64,
        value: Option<&[u8]>,
    ) -> Result<Option<RoomId>, EntryError> {
        let changed = self.stays.apply(key, revision, value)?;
        self.drop_settled();
        Ok(changed.map(|key| key.room))
    }

    /// Forgets the rooms: a new snapshot begins.
    pub fn clear_rooms(&mut self) {
        self.rooms.clear();
    }

    /// Forgets the stays: a new snapshot begins.
    pub fn clear_stays(&mut self) {
        self.stays.clear();
    }

    /// Takes up a wish, to be shown from now on.
    ///
    /// # Errors
    /// When the rules refuse it already on what is known here: there is nothing to send then.
    pub fn wish(&mut self, id: MessageId, wish: Wish) -> Result<(), Refusal> {
        wish.decide(&self.state(wish.room()))?;
        self.pending.push(Pending {
            id,
            wish,
            state: PendingState::Undecided(Progress::Sending),
        });
        Ok(())
    }

    /// Notes how far the wish is.
    pub fn progress(&mut self, id: &MessageId, progress: Progress) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == *id) {
            pending.state = PendingState::Undecided(progress);
        }
    }

    /// The wish is done: it stays on the board on its own until the view has reached `event`.
    pub fn done(&mut self, id: &MessageId, event: EventPointer) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == *id) {
            pending.state = PendingState::Done(event);
        }
        self.drop_settled();
    }

    /// The wish is not done, and is shown no longer.
    pub fn take_back(&mut self, id: &MessageId) {
        self.pending.retain(|pending| pending.id != *id);
    }

    /// The wishes that are not decided yet.
    pub fn undecided(&self) -> impl Iterator<Item = &Pending> {
        let undecided = |state: &PendingState| matches!(state, PendingState::Undecided(_));
        self.pending
            .iter()
            .filter(move |pending| undecided(&pending.state))
    }

    /// The rooms as the view tells them, without wishes.
    pub fn rooms(&self) -> impl Iterator<Item = &RoomView> {
        self.rooms.iter().map(|(_, room)| room)
    }

    /// Visits all stays that take nights, as they are shown.
    pub fn visit_stays(&self, mut visit: impl FnMut(&StayView)) {
        let wished: BTreeSet<RoomId> = self.pending.iter().map(|one| one.wish.room()).collect();
        for (key, stay) in self.stays.iter() {
            if stay.status.takes_nights() && !wished.contains(&key.room) {
                visit(stay);
            }
        }
        for room in wished {
            for stay in self.stays_of(room) {
                visit(&stay.view);
            }
        }
    }

    /// The room as it is shown.
    pub fn room(&self, room: RoomId) -> Option<ShownRoom> {
        let mut shown = ShownRoom {
            view: self.rooms.get(&room)?.clone(),
            pending: false,
        };
        for pending in self.pending_of(room) {
            if let Wish::Clean(cleanup) = &pending.wish {
                let before = shown.view.cleaned;
                shown.view.clean(cleanup.date);
                shown.pending |= shown.view.cleaned != before;
            }
        }
        Some(shown)
    }

    /// The stays of the room that take nights, as they are shown, in the order of arrival.
    pub fn stays_of(&self, room: RoomId) -> Vec<ShownStay> {
        let mut stays = self.all_stays_of(room);
        stays.retain(|stay| stay.view.status.takes_nights());
        stays.sort_unstable_by_key(|stay| stay.view.arrival);
        stays
    }

    /// The stays of the room with those that were cancelled, have expired or are in another room: the rules know them.
    fn all_stays_of(&self, room: RoomId) -> Vec<ShownStay> {
        let told = of_room(&self.stays, room);
        let mut stays: Vec<ShownStay> = told
            .map(|view| ShownStay {
                view: view.clone(),
                pending: false,
            })
            .collect();
        for pending in self.pending_of(room) {
            let state = self.state_with(room, &stays);
            // Refused by now, because somebody else's change came in between: the backend will say so.
            let events = pending.wish.decide(&state).unwrap_or_default();
            for event in &events {
                lay_over(&mut stays, event);
            }
        }
        stays
    }

    pub fn stay(&self, key: StayKey) -> Option<ShownStay> {
        let mut stays = self.stays_of(key.room).into_iter();
        stays.find(|stay| stay.view.booking() == key.booking)
    }

    /// The room as the rules see it, one's own wishes included.
    pub fn state(&self, room: RoomId) -> RoomState {
        self.state_with(room, &self.all_stays_of(room))
    }

    fn state_with(&self, room: RoomId, stays: &[ShownStay]) -> RoomState {
        let stays = stays.iter().map(|stay| stay.view.stay());
        let Some(ShownRoom { view, .. }) = self.room(room) else {
            return RoomState {
                room: None,
                ledger: RoomLedger::from_parts(stays, [], None),
                cleanups: CleanupLog::default(),
            };
        };
        RoomState {
            cleanups: view.cleanups(),
            ledger: RoomLedger::from_parts(stays, view.blocks, view.retired),
            room: Some(Room {
                name: view.name,
                room_type: view.room_type,
                floor: view.floor,
            }),
        }
    }

    fn pending_of(&self, room: RoomId) -> impl Iterator<Item = &Pending> {
        self.pending
            .iter()
            .filter(move |pending| pending.wish.room() == room)
    }

    fn drop_settled(&mut self) {
        let (rooms, stays) = (&self.rooms, &self.stays);
        self.pending.retain(|pending| {
            let PendingState::Done(event) = &pending.state else {
                return true;
            };
            !is_reached(rooms, stays, &pending.wish, event.sequence)
        });
    }
}

/// The stays of a room as the view tells them.
fn of_room(stays: &Replica<StayKey, StayView>, room: RoomId) -> impl Iterator<Item = &StayView> {
    let lowest = BookingId {
        client: ClientId::MIN,
        arrival: Date::from_days_since_1970(i32::MIN),
    };
    let from = StayKey {
        room,
        booking: lowest,
    };
    stays
        .iter_from(from)
        .take_while(move |(key, _)| key.room == room)
        .map(|(_, stay)| stay)
}

/// Whether the view of what `wish` changes has reached the event, or what it changed has gone since.
fn is_reached(
    rooms: &Replica<RoomId, RoomView>,
    stays: &Replica<StayKey, StayView>,
    wish: &Wish,
    sequence: u64,
) -> bool {
    let stay_reached = |key: StayKey| {
        let told = stays.get(&key);
        stays.is_deleted(&key) || told.is_some_and(|stay| stay.sequence >= sequence)
    };
    let room = wish.room();
    match wish {
        Wish::Book(command) => stay_reached(StayKey {
            room,
            booking: BookingId {
                client: command.client.id,
                arrival: command.date,
            },
        }),
        Wish::CheckIn(command) => of_room(stays, room)
            .any(|stay| stay.client.id == command.client.id && stay.sequence >= sequence),
        Wish::Clean(_) => {
            let told = rooms.get(&room);
            rooms.is_deleted(&room) || told.is_some_and(|room| room.position.cleanup >= sequence)
        }
    }
}

fn lay_over(stays: &mut Vec<ShownStay>, event: &BookingEvent) {
    let Some(booking) = event.booking() else {
        return;
    };
    let place = stays.iter().position(|stay| stay.view.booking() == booking);
    let before = place.map(|place| stays.swap_remove(place).view);
    let sequence = before.as_ref().map_or(0, |view| view.sequence);
    if let Some(view) = StayView::evolve(before, event, sequence) {
        let pending = true;
        stays.push(ShownStay { view, pending });
    }
}
