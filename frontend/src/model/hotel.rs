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
use shared::outcome::{EventPointer, Refusal, ViewValue};
use shared::rooms::{Block, Room, RoomId, RoomPosition, RoomView};

use super::errand::Progress;
use super::in_order;
use super::replica::{EntryError, Replica};
use super::tally::Tally;
use super::told::{self, Told};
use super::wish::{RoomState, Wish};

/// What the board knows of the hotel.
#[derive(Debug, Default)]
pub struct Hotel {
    rooms: Replica<RoomId, RoomView>,
    stays: Replica<StayKey, StayView>,
    /// What is counted of them, without wishes.
    tally: Tally,
    pending: Vec<Pending>,
    /// How often the hotel was seen at work.
    signs_of_life: u64,
}

/// A wish that the views do not show yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub id: MessageId,
    pub wish: Wish,
    pub state: PendingState,
    /// The dead letter of a wish that is parked.
    letter: Option<String>,
    /// How often the hotel had been seen at work when it was last heard of.
    heard_of: u64,
}

/// A wish that takes longer than one waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: MessageId,
    /// Why, for people to read.
    pub told: Told,
    pub progress: Progress,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingState {
    Undecided(Progress),
    /// Done; the view will show it once it has reached the event. Until then the outcome's value of the view is shown, or
    /// else what the rules make of the wish.
    Done(EventPointer, Option<Box<ViewValue>>),
}

/// A stay as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownStay {
    pub view: StayView,
    /// How far one's own wish is that is shown here and not decided, or not in the view yet.
    pub pending: Option<Progress>,
}

/// A room as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownRoom {
    pub view: RoomView,
    /// How far one's own wish about its cleaning is, if that is not decided, or not in the view yet.
    pub pending: Option<Progress>,
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
        let Some((room, before)) = self.rooms.apply(key, revision, value)? else {
            return Ok(None);
        };
        let was = before.as_ref().map(|room| &room.room_type);
        let is = self.rooms.get(&room).map(|room| &room.room_type);
        if was != is {
            for stay in of_room(&self.stays, room) {
                self.tally.add(was, stay, -1);
                self.tally.add(is, stay, 1);
            }
        }
        self.drop_settled();
        Ok(Some(room))
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
        let Some((key, before)) = self.stays.apply(key, revision, value)? else {
            return Ok(None);
        };
        let room_type = self.rooms.get(&key.room).map(|room| &room.room_type);
        for (stay, by) in [(before.as_ref(), -1), (self.stays.get(&key), 1)] {
            if let Some(stay) = stay {
                self.tally.add(room_type, stay, by);
            }
        }
        self.drop_settled();
        Ok(Some(key.room))
    }

    /// Forgets the rooms: a new snapshot begins.
    pub fn clear_rooms(&mut self) {
        self.rooms.clear();
        // The types of stays are not known until the rooms are.
        self.count_anew();
    }

    /// Forgets the stays: a new snapshot begins.
    pub fn clear_stays(&mut self) {
        self.stays.clear();
        self.tally = Tally::default();
    }

    /// The rooms as they came in, each with its key.
    pub fn room_texts(&self) -> impl Iterator<Item = (&RoomId, &str)> {
        self.rooms.texts()
    }

    /// The stays as they came in, each with its key.
    pub fn stay_texts(&self) -> impl Iterator<Item = (&StayKey, &str)> {
        self.stays.texts()
    }

    /// All rooms are there: what is only remembered of others is no more.
    pub fn all_rooms_are_told(&mut self) {
        self.rooms.forget_remembered();
        self.count_anew();
    }

    /// All stays are there: what is only remembered of others is no more.
    pub fn all_stays_are_told(&mut self) {
        self.stays.forget_remembered();
        self.count_anew();
    }

    fn count_anew(&mut self) {
        let mut tally = Tally::default();
        for (key, stay) in self.stays.iter() {
            let room = self.rooms.get(&key.room);
            tally.add(room.map(|room| &room.room_type), stay, 1);
        }
        self.tally = tally;
    }

    /// Takes up a wish, to be shown from now on.
    ///
    /// # Errors
    /// When the rules refuse it already on what is known here: there is nothing to send then.
    pub fn wish(&mut self, id: MessageId, wish: Wish) -> Result<(), Refusal> {
        self.decide(&wish)?;
        self.resume(id, wish, Progress::Sending);
        Ok(())
    }

    /// Takes up a wish that was sent before, or by another tab, whatever the rules say to it by now.
    pub fn resume(&mut self, id: MessageId, wish: Wish, progress: Progress) {
        let state = PendingState::Undecided(progress);
        self.pending.push(Pending {
            id,
            wish,
            state,
            letter: None,
            heard_of: self.signs_of_life,
        });
    }

    /// Notes how far the wish is, and the dead letter of one that is parked; says whether that is new.
    pub fn progress(&mut self, id: &MessageId, progress: Progress, letter: Option<&str>) -> bool {
        let state = PendingState::Undecided(progress);
        let mut pending = self.pending.iter_mut();
        match pending.find(|pending| pending.id == *id) {
            Some(pending) if pending.state != state => {
                pending.state = state;
                pending.letter = letter.map(str::to_owned);
                if progress == Progress::Accepted {
                    pending.heard_of = self.signs_of_life;
                }
                true
            }
            _ => false,
        }
    }

    /// The wish is done: it stays on the board on its own until the view has reached `event`, as `view` says.
    pub fn done(&mut self, id: &MessageId, event: EventPointer, view: Option<Box<ViewValue>>) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.id == *id) {
            pending.state = PendingState::Done(event, view);
        }
        self.drop_settled();
    }

    /// The hotel has just changed something, so somebody is at work.
    pub fn is_alive(&mut self) {
        self.signs_of_life += 1;
    }

    /// The wishes that take longer than one waits for an answer.
    pub fn waiting(&self) -> Vec<Waiting> {
        let waiting = self.undecided().filter_map(|pending| {
            let PendingState::Undecided(progress) = pending.state else {
                return None;
            };
            let hotel = if self.signs_of_life > pending.heard_of {
                told::Hotel::Busy
            } else {
                told::Hotel::Silent
            };
            let door = self.door(pending.wish.room());
            let letter = pending.letter.as_deref();
            Some(Waiting {
                id: pending.id.clone(),
                told: told::waiting(&pending.wish, &door, progress, hotel, letter)?,
                progress,
            })
        });
        waiting.collect()
    }

    /// The wishes that wait for a connection, each with what it is about.
    pub fn queued(&self) -> Vec<(MessageId, String)> {
        let queued = self
            .pending
            .iter()
            .filter(|pending| pending.state == PendingState::Undecided(Progress::Queued));
        let told = queued.map(|pending| {
            let door = self.door(pending.wish.room());
            (pending.id.clone(), told::what(&pending.wish, &door))
        });
        told.collect()
    }

    /// Whether the wish takes longer than one waits for an answer.
    pub fn is_waiting(&self, id: &MessageId) -> bool {
        let late =
            [Progress::Late, Progress::Unsure, Progress::Parked].map(PendingState::Undecided);
        let mut pending = self.pending.iter();
        pending.any(|pending| pending.id == *id && late.contains(&pending.state))
    }

    /// What is painted on the room's door or, as long as that is not known, its number in the books.
    pub fn door(&self, room: RoomId) -> String {
        let known = self.rooms.get(&room).map(|room| room.name.to_string());
        known.unwrap_or_else(|| room.to_string())
    }

    /// Whether nothing is known to have happened to the nights of the wish's rooms since the event, and nothing is wished: then
    /// the wish takes back what led to the event.
    pub fn is_last(&self, wish: &Wish, event: &EventPointer) -> bool {
        wish.rooms().all(|room| self.is_last_of(room, event))
    }

    fn is_last_of(&self, room: RoomId, event: &EventPointer) -> bool {
        let told = of_room(&self.stays, room).map(|stay| stay.sequence);
        let of_room = self.rooms.get(&room).map(|room| room.position.booking);
        let newer = |sequence| sequence > event.sequence;
        let is_newer = |pending: &Pending| match &pending.state {
            PendingState::Undecided(_) => !pending.wish.is_of_cleaning(),
            PendingState::Done(other, _) => other.stream == event.stream && newer(other.sequence),
        };
        !told.chain(of_room).any(newer) && !self.pending_of(room).any(is_newer)
    }

    /// What the rules say to the wish on what is known here, one's other wishes included.
    ///
    /// # Errors
    /// The refusal that the backend would give.
    pub fn decide(&self, wish: &Wish) -> Result<Vec<BookingEvent>, Refusal> {
        self.decide_before(self.pending.len(), wish)
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

    /// What is counted of the stays, without wishes.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// What one's wishes change of it.
    pub fn wished_tally(&self) -> Tally {
        let mut wished = Tally::default();
        for room in self.wished_rooms() {
            let room_type = self.rooms.get(&room).map(|room| &room.room_type);
            for stay in of_room(&self.stays, room) {
                wished.add(room_type, stay, -1);
            }
            for stay in self.stays_of(room) {
                wished.add(room_type, &stay.view, 1);
            }
        }
        wished
    }

    /// The rooms of which something is wished.
    pub fn wished_rooms(&self) -> BTreeSet<RoomId> {
        // Collecting would sort them first, by code of its own.
        let mut wished = BTreeSet::new();
        wished.extend(self.pending.iter().flat_map(|one| one.wish.rooms()));
        wished
    }

    /// Visits all stays that take nights, as they are shown.
    pub fn visit_stays(&self, mut visit: impl FnMut(&StayView)) {
        let wished = self.wished_rooms();
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
            pending: None,
        };
        for pending in self.pending_of(room) {
            if let Some(ViewValue::Housekeeping { value, .. }) = pending.told() {
                shown.view.set_cleanups(value.cleanups.clone());
                continue;
            }
            let (before, occupied) = (shown.view.cleanups(), shown.view.occupied);
            let room = as_ruled(&shown.view);
            let events = pending.wish.cleanups(&room, &before, occupied);
            let after = events.iter().fold(before.clone(), CleanupLog::evolve);
            shown.view.set_cleanups(after);
            if shown.view.cleanups() != before {
                shown.pending = Some(pending.doubt());
            }
        }
        Some(shown)
    }

    /// When the room cannot be used as it should.
    pub fn blocks_of(&self, room: RoomId) -> &[Block] {
        self.rooms.get(&room).map_or(&[], |room| &room.blocks)
    }

    /// The stays of the room that take nights, as they are shown, in the order of arrival.
    pub fn stays_of(&self, room: RoomId) -> Vec<ShownStay> {
        let mut stays = Vec::new();
        for stay in self.all_stays_of(room) {
            if stay.view.status.takes_nights() {
                in_order::put(&mut stays, stay, |stay: &ShownStay| stay.view.arrival);
            }
        }
        stays
    }

    /// The stays of the room with those that were cancelled, have expired or are in another room: the rules know them.
    fn all_stays_of(&self, room: RoomId) -> Vec<ShownStay> {
        self.stays_before(self.pending.len(), room)
    }

    /// The same with the first `number` wishes alone.
    fn stays_before(&self, number: usize, room: RoomId) -> Vec<ShownStay> {
        let told = of_room(&self.stays, room);
        let mut stays: Vec<ShownStay> = told
            .map(|view| ShownStay {
                view: view.clone(),
                pending: None,
            })
            .collect();
        for (number, pending) in self.pending.iter().take(number).enumerate() {
            if !pending.is_about(room) {
                continue;
            }
            let told = pending.told_stay();
            let told_here = told.filter(|view| view.room == room);
            if let Some(view) = told_here {
                put(&mut stays, view.clone());
            }
            if told.is_some() && pending.wish.other_room().is_none() {
                continue;
            }
            // Refused by now, because somebody else's change came in between: the backend will say so. Or one of two rooms is
            // seen to have changed already, and the other is about to be.
            let events = self
                .decide_before(number, &pending.wish)
                .unwrap_or_default();
            for event in events.iter().filter(|event| event.room().id == room) {
                if told_here.map(StayView::booking) != event.booking() {
                    lay_over(&mut stays, event, pending.doubt());
                }
            }
        }
        stays
    }

    pub fn stay(&self, key: StayKey) -> Option<ShownStay> {
        let mut stays = self.stays_of(key.room).into_iter();
        stays.find(|stay| stay.view.booking() == key.booking)
    }

    fn decide_before(&self, number: usize, wish: &Wish) -> Result<Vec<BookingEvent>, Refusal> {
        let state = |room: RoomId| self.state_with(room, &self.stays_before(number, room));
        wish.decide(&wish.state(state))
    }

    /// The room as the rules see it, with these stays.
    fn state_with(&self, room: RoomId, stays: &[ShownStay]) -> RoomState {
        let stays = stays.iter().map(|stay| stay.view.stay());
        let Some(ShownRoom { view, .. }) = self.room(room) else {
            return RoomState {
                room: None,
                ledger: RoomLedger::from_parts(stays, [], None),
                cleanups: CleanupLog::default(),
                occupied: None,
                other: None,
            };
        };
        RoomState {
            room: Some(as_ruled(&view)),
            cleanups: view.cleanups(),
            occupied: view.occupied,
            ledger: RoomLedger::from_parts(stays, view.blocks, view.retired),
            other: None,
        }
    }

    fn pending_of(&self, room: RoomId) -> impl Iterator<Item = &Pending> {
        self.pending
            .iter()
            .filter(move |pending| pending.is_about(room))
    }

    fn drop_settled(&mut self) {
        let (rooms, stays) = (&self.rooms, &self.stays);
        self.pending.retain(|pending| {
            let PendingState::Done(event, view) = &pending.state else {
                return true;
            };
            !match view {
                Some(view) => is_shown(rooms, stays, view),
                None => is_reached(rooms, stays, &pending.wish, event.sequence),
            }
        });
    }
}

impl Pending {
    fn is_about(&self, room: RoomId) -> bool {
        self.wish.rooms().any(|of| of == room)
    }

    /// What the outcome says the view will show.
    fn told(&self) -> Option<&ViewValue> {
        match &self.state {
            PendingState::Done(_, view) => view.as_deref(),
            PendingState::Undecided(_) => None,
        }
    }

    fn told_stay(&self) -> Option<&StayView> {
        match self.told() {
            Some(ViewValue::Stays { value, .. }) => Some(value),
            _ => None,
        }
    }

    /// How far it is, as long as only the rules say what will be.
    fn doubt(&self) -> Progress {
        match &self.state {
            PendingState::Undecided(progress) => *progress,
            PendingState::Done(..) => Progress::Accepted,
        }
    }
}

/// The room without what has happened to it.
fn as_ruled(view: &RoomView) -> Room {
    Room {
        name: view.name.clone(),
        room_type: view.room_type.clone(),
        floor: view.floor,
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

/// Whether the view shows the value, or a newer one, or what it is of has gone since.
fn is_shown(
    rooms: &Replica<RoomId, RoomView>,
    stays: &Replica<StayKey, StayView>,
    value: &ViewValue,
) -> bool {
    match value {
        ViewValue::Stays { key, value } => stay_reached(stays, key, value.sequence),
        ViewValue::Rooms { key, value } => room_reached(rooms, key, |there| {
            there.booking >= value.position.booking && there.room >= value.position.room
        }),
        ViewValue::Housekeeping { key, value } => {
            room_reached(rooms, key, |there| there.cleanup >= value.position.cleanup)
        }
    }
}

fn stay_reached(stays: &Replica<StayKey, StayView>, key: &StayKey, sequence: u64) -> bool {
    let told = stays.get(key);
    stays.is_deleted(key) || told.is_some_and(|stay| stay.sequence >= sequence)
}

fn room_reached(
    rooms: &Replica<RoomId, RoomView>,
    key: &RoomId,
    is_there: impl Fn(RoomPosition) -> bool,
) -> bool {
    let told = rooms.get(key);
    rooms.is_deleted(key) || told.is_some_and(|room| is_there(room.position))
}

/// Whether the view of what `wish` changes has reached the event, or what it changed has gone since.
fn is_reached(
    rooms: &Replica<RoomId, RoomView>,
    stays: &Replica<StayKey, StayView>,
    wish: &Wish,
    sequence: u64,
) -> bool {
    if let Some(key) = wish.stay() {
        return stay_reached(stays, &key, sequence);
    }
    let room = wish.room();
    match wish {
        Wish::CheckIn(command) => of_room(stays, room)
            .any(|stay| stay.client.id == command.client.id && stay.sequence >= sequence),
        wish if wish.is_of_cleaning() => {
            room_reached(rooms, &room, |there| there.cleanup >= sequence)
        }
        // Nothing was shown of it that could be taken back.
        _ => true,
    }
}

fn lay_over(stays: &mut Vec<ShownStay>, event: &BookingEvent, doubt: Progress) {
    let Some(booking) = event.booking() else {
        return;
    };
    let place = stays.iter().position(|stay| stay.view.booking() == booking);
    let before = place.map(|place| stays.swap_remove(place).view);
    let sequence = before.as_ref().map_or(0, |view| view.sequence);
    if let Some(view) = StayView::evolve(before, event, sequence) {
        let pending = Some(doubt);
        stays.push(ShownStay { view, pending });
    }
}

/// Puts a stay in the place of what is known of it, unless that is newer.
fn put(stays: &mut Vec<ShownStay>, view: StayView) {
    let pending = None;
    let place = stays
        .iter()
        .position(|stay| stay.view.booking() == view.booking());
    match place {
        Some(place) if stays[place].view.sequence >= view.sequence => {}
        Some(place) => stays[place] = ShownStay { view, pending },
        None => stays.push(ShownStay { view, pending }),
    }
}
