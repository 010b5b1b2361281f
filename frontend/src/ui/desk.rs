//! What the pages of the staff share: rooms and stays, one's wishes, and who is told of which change.

use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::cloud_event::MessageId;
use shared::outcome::{Decision, Refusal};
use shared::rooms::RoomId;

use super::freshness::Freshness;
use super::notices::Notices;
use crate::hotel::{FeedUpdate, Session, View, new_id};
use crate::model::errand::{Progress, Verdict};
use crate::model::hotel::Hotel;
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
        let room = wish.room();
        let id = new_id().map_err(|error| Refusal {
            code: "not-sent".into(),
            field: None,
            message: error.to_string(),
        })?;
        let taken_up = self.held.try_update_value(|held| {
            let decided = held.hotel.wish(id.clone(), wish.clone());
            decided.map(|()| held.session.clone())
        });
        // `None` when the page has been left: nobody is there to wish.
        let Some(session) = taken_up.transpose()? else {
            return Ok(());
        };
        self.tell([room]);

        spawn_local(async move {
            let note = |progress| self.note(&id, progress);
            let verdict = session.carry_out(&id, &wish, note).await;
            self.finish(&id, &wish, verdict);
        });
        Ok(())
    }

    fn note(self, id: &MessageId, progress: Progress) {
        self.held
            .try_update_value(|held| held.hotel.progress(id, progress));
    }

    fn finish(self, id: &MessageId, wish: &Wish, verdict: Verdict) {
        let room = self.held.try_with_value(|held| {
            let room = held.hotel.room(wish.room());
            room.map(|room| room.view.name.to_string())
        });
        // `None` when the page has been left: nobody is there to be told.
        let Some(room) = room else {
            return;
        };
        let room = room.unwrap_or_else(|| wish.room().to_string());
        let failure = match verdict {
            Verdict::Decided(Decision::Done { event, .. }) => {
                self.held.update_value(|held| held.hotel.done(id, event));
                self.notices.announce(done(wish, &room));
                None
            }
            Verdict::Decided(Decision::Refused { refusal }) => {
                Some((refusal.code.into_owned(), refusal.message))
            }
            Verdict::Decided(Decision::Parked { letter }) => Some((
                "parked".to_owned(),
                format!(
                    "It could not be decided and waits for the operator, as the dead letter {letter}."
                ),
            )),
            Verdict::NotDone(reason) => Some(("not-sent".to_owned(), reason)),
            Verdict::Unknown(reason) => Some((
                "unknown".to_owned(),
                format!(
                    "Whether it was done could not be found out; look before you repeat it. {reason}"
                ),
            )),
        };
        if let Some((code, reason)) = failure {
            self.held.update_value(|held| held.hotel.take_back(id));
            self.notices.alert(code, failed(wish, &room), reason);
        }
        self.tell([wish.room()]);
    }

    fn take(self, view: View, update: &FeedUpdate) {
        let mut changed = BTreeSet::new();
        let mut unreadable = None;
        let taken = self.held.try_update_value(|held| {
            let hotel = &mut held.hotel;
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

fn done(wish: &Wish, room: &str) -> String {
    match wish {
        Wish::Book(_) => format!("Room {room} is booked."),
        Wish::CheckIn(_) => format!("The guest is checked in to room {room}."),
        Wish::Clean(_) => format!("Room {room} is clean."),
    }
}

fn failed(wish: &Wish, room: &str) -> String {
    match wish {
        Wish::Book(_) => format!("Room {room} was not booked"),
        Wish::CheckIn(_) => format!("Nobody was checked in to room {room}"),
        Wish::Clean(_) => format!("Room {room} was not marked clean"),
    }
}
