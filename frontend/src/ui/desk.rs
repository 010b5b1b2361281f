//! What the pages of the staff share: rooms and stays, one's wishes, and who is told of which change.

use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::bookings::Undo;
use shared::cloud_event::MessageId;
use shared::outcome::{Decision, EventPointer, Next, Outcome, Refusal};
use shared::rooms::RoomId;

use super::freshness::Freshness;
use super::notices::{Alert, Done, Notices, Place, Undoable};
use crate::hotel::{FeedUpdate, Sending, Session, View, new_id};
use crate::model::errand::{Progress, Verdict};
use crate::model::freshness::Feed;
use crate::model::hotel::Hotel;
use crate::model::told;
use crate::model::wish::Wish;

/// A handle; copies are the same desk. It lives as long as the page that made it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk {
    held: StoredValue<Held, LocalStorage>,
    /// Told when anything has changed.
    all: RwSignal<()>,
    /// Told when rooms have come, gone or changed.
    rooms: RwSignal<()>,
    pub(super) freshness: Freshness,
    pub(super) notices: Notices,
}

#[derive(Debug)]
struct Held {
    session: Session,
    hotel: Hotel,
    /// A signal per room that somebody looks at, told when the room or its stays have changed.
    rows: HashMap<RoomId, ArcRwSignal<()>>,
}

impl Desk {
    /// Watches what the role of `session` may see.
    pub(super) fn open(session: Session) -> Self {
        let desk = Self {
            freshness: Freshness::of(&session),
            held: StoredValue::new_local(Held {
                session: session.clone(),
                hotel: Hotel::default(),
                rows: HashMap::new(),
            }),
            all: RwSignal::new(()),
            rooms: RwSignal::new(()),
            notices: Notices::new(),
        };
        desk.resume(&session);
        for view in session.role().views() {
            let mut updates = session.watch(*view);
            spawn_local(async move {
                while let Some(update) = updates.next().await {
                    desk.take(*view, &update);
                }
            });
        }
        desk
    }

    /// What `read` makes of the hotel, now and, inside an effect or a memo, whenever anything has changed.
    pub(super) fn with_all<T>(self, read: impl FnOnce(&Hotel) -> T) -> T {
        self.all.track();
        self.held.with_value(|held| read(&held.hotel))
    }

    /// The same, whenever a room has come, gone or changed.
    pub(super) fn with_rooms<T>(self, read: impl FnOnce(&Hotel) -> T) -> T {
        self.rooms.track();
        self.held.with_value(|held| read(&held.hotel))
    }

    /// The same, whenever `row`'s room or its stays have changed.
    pub(super) fn with_row<T>(self, row: &ArcRwSignal<()>, read: impl FnOnce(&Hotel) -> T) -> T {
        row.track();
        self.held.with_value(|held| read(&held.hotel))
    }

    /// What `read` makes of the hotel at this moment.
    pub(super) fn with_now<T>(self, read: impl FnOnce(&Hotel) -> T) -> T {
        self.held.with_value(|held| read(&held.hotel))
    }

    /// The signal of a room, for the component that shows it and as long as that lives.
    pub(super) fn row(self, room: RoomId) -> ArcRwSignal<()> {
        let signal = ArcRwSignal::new(());
        self.held.update_value(|held| {
            held.rows.insert(room, signal.clone());
        });
        let own = signal.clone();
        on_cleanup(move || {
            // A row that moved has been replaced by a newer one of the same room.
            self.held.try_update_value(|held| {
                if held.rows.get(&room) == Some(&own) {
                    held.rows.remove(&room);
                }
            });
        });
        signal
    }

    /// Shows the wish as done and sends it. Its end is told by a notice.
    ///
    /// # Errors
    /// When the rules refuse it on what is known here; nothing is sent then.
    pub(super) fn send(self, wish: Wish) -> Result<(), Refusal> {
        let id = new_id().map_err(|error| Refusal {
            code: "not-sent".into(),
            field: None,
            message: error.to_string(),
        })?;
        self.send_as(id, wish)
    }

    /// The same, and a refusal by the rules is a notice.
    pub(super) fn send_or_tell(self, wish: Wish) {
        if let Err(refusal) = self.send(wish.clone()) {
            self.refused(&wish, refusal);
        }
    }

    /// Sends once more what did not reach the hotel, or perhaps did: under the same id it is done once.
    pub(super) fn send_again(self, id: MessageId, wish: Wish) {
        if let Err(refusal) = self.send_as(id, wish.clone()) {
            self.refused(&wish, refusal);
        }
    }

    /// Undoes a command.
    pub(super) fn undo(self, undo: &Undoable) {
        let wish = Wish::Undo(Undo {
            room: undo.room.into(),
            command: undo.command.clone(),
        });
        self.send_or_tell(wish);
    }

    fn send_as(self, id: MessageId, wish: Wish) -> Result<(), Refusal> {
        let taken_up = self.held.try_update_value(|held| {
            let decided = held.hotel.wish(id.clone(), wish.clone());
            decided.map(|()| held.session.clone())
        });
        // `None` when the page has been left: nobody is there to wish.
        let Some(session) = taken_up.transpose()? else {
            return Ok(());
        };
        self.tell([wish.room()]);
        self.follow(session, Sending::new(id, wish));
        Ok(())
    }

    /// Follows what was sent before this page was loaded.
    fn resume(self, session: &Session) {
        for sending in session.left_behind() {
            let (id, wish) = (sending.id.clone(), sending.wish.clone());
            self.held
                .update_value(|held| held.hotel.resume(id, wish, sending.progress()));
            self.follow(session.clone(), sending);
        }
    }

    fn follow(self, session: Session, sending: Sending) {
        spawn_local(async move {
            let note = |progress| self.note(&sending.id, &sending.wish, progress);
            let verdict = session.carry_out(&sending, note).await;
            if let Some(verdict) = verdict {
                self.finish(sending.id, &sending.wish, verdict);
            }
        });
    }

    fn note(self, id: &MessageId, wish: &Wish, progress: Progress) {
        let is_new = self
            .held
            .try_update_value(|held| held.hotel.progress(id, progress));
        if is_new == Some(true) {
            self.tell([wish.room()]);
        }
    }

    fn finish(self, id: MessageId, wish: &Wish, verdict: Verdict) {
        let known = self.held.try_with_value(|held| {
            let hotel = &held.hotel;
            (hotel.door(wish.room()), hotel.is_waiting(&id))
        });
        // `None` when the page has been left: nobody is there to be told.
        let Some((room, was_late)) = known else {
            return;
        };
        let failure = match verdict {
            Verdict::Decided(Outcome {
                decision: Decision::Done { event, view },
                next,
                ..
            }) => {
                let told = event.clone();
                self.held
                    .update_value(|held| held.hotel.done(&id, told, view));
                self.show(done(wish, &room, &event, next), was_late);
                None
            }
            Verdict::Decided(Outcome {
                decision: Decision::Refused { refusal },
                next,
                ..
            }) => Some(Alert {
                place: next.into_iter().find_map(place),
                ..Alert::new(refusal.code, told::failed(wish, &room), refusal.message)
            }),
            Verdict::Decided(Outcome {
                decision: Decision::Parked { letter },
                ..
            }) => {
                let reason = format!(
                    "It could not be decided and waits for the operator, as the dead letter {letter}."
                );
                Some(Alert::new("parked", told::failed(wish, &room), reason))
            }
            Verdict::NotDone(reason) => Some(Alert {
                again: Some((id.clone(), wish.clone())),
                ..Alert::new("not-sent", told::failed(wish, &room), reason)
            }),
            Verdict::Unknown(reason) => Some(Alert {
                again: Some((id.clone(), wish.clone())),
                ..Alert::new(
                    "unknown",
                    told::unknown(wish, &room),
                    format!("Whether it was done could not be found out. {reason}"),
                )
            }),
        };
        if let Some(alert) = failure {
            self.held.update_value(|held| held.hotel.take_back(&id));
            self.notices.alert(alert);
        }
        self.tell([wish.room()]);
    }

    /// Says what is done: to be seen where something follows, or where one had to wait for it.
    fn show(self, done: Done, was_late: bool) {
        self.notices.announce(done.text.clone());
        if was_late || done.undo.is_some() || done.place.is_some() {
            self.notices.show(done);
        }
    }

    fn refused(self, wish: &Wish, refusal: Refusal) {
        let room = self.with_now(|hotel| hotel.door(wish.room()));
        let title = told::failed(wish, &room);
        self.notices
            .alert(Alert::new(refusal.code, title, refusal.message));
    }

    fn take(self, view: View, update: &FeedUpdate) {
        let mut changed = BTreeSet::new();
        let mut unreadable = None;
        let taken = self.held.try_update_value(|held| {
            let hotel = &mut held.hotel;
            // What is there already when a page is loaded says nothing of the hotel as it is now.
            if update.feed == Feed::Live && !update.reset && !update.entries.is_empty() {
                hotel.is_alive();
            }
            if update.reset {
                match view {
                    View::Rooms => hotel.clear_rooms(),
                    View::Stays => hotel.clear_stays(),
                    View::Vacancy => {}
                }
            }
            for entry in &update.entries {
                let (key, revision, value) = (entry.key(), entry.revision(), entry.value());
                let room = match view {
                    View::Rooms => hotel.apply_room(key, revision, value),
                    View::Stays => hotel.apply_stay(key, revision, value),
                    View::Vacancy => Ok(None),
                };
                match room {
                    Ok(room) => changed.extend(room),
                    Err(error) => unreadable = Some(error.to_string()),
                }
            }
        });
        if taken.is_none() {
            return;
        }
        self.freshness.note(view, update);
        if let Some(error) = unreadable {
            self.freshness.cannot_read(error);
        }
        if view == View::Rooms && (update.reset || !changed.is_empty()) {
            self.rooms.notify();
        }
        if update.reset {
            self.tell_everybody();
        } else if !changed.is_empty() {
            self.tell(changed);
        }
    }

    fn tell(self, rooms: impl IntoIterator<Item = RoomId>) {
        self.held.try_with_value(|held| {
            for signal in rooms.into_iter().filter_map(|room| held.rows.get(&room)) {
                signal.notify();
            }
        });
        self.all.notify();
    }

    fn tell_everybody(self) {
        self.held
            .try_with_value(|held| held.rows.values().for_each(Notify::notify));
        self.all.notify();
    }
}

/// The notice of what is done, with what the hotel says to do next.
fn done(wish: &Wish, room: &str, event: &EventPointer, next: Vec<Next>) -> Done {
    let mut notice = Done {
        text: told::done(wish, room),
        place: None,
        undo: None,
    };
    for next in next {
        match next {
            Next::Message { text } => notice.text = text,
            Next::Undo { room, command } => {
                notice.undo = Some(Undoable {
                    room: room.id,
                    command,
                    event: event.clone(),
                });
            }
            next => notice.place = notice.place.or_else(|| place(next)),
        }
    }
    notice
}

fn place(next: Next) -> Option<Place> {
    match next {
        Next::Open { view, key } => Some(Place {
            view: view.into_owned(),
            key,
        }),
        _ => None,
    }
}
