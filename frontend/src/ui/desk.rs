//! What the pages of the staff share: rooms and stays, a manager's staff, one's wishes, and who is told of which change.

use std::collections::{BTreeSet, HashMap};

use futures_util::StreamExt;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Timestamp;
use shared::bookings::Undo;
use shared::cloud_event::MessageId;
use shared::outcome::{EventPointer, Next, Refusal};
use shared::rooms::RoomId;

use super::freshness::Freshness;
use super::notices::{Alert, Done, Notices, Place, Undoable};
use super::queue::{Queued, Shown};
use crate::hotel::{Elsewhere, FeedUpdate, Hearsay, Sending, Session, View, new_id};
use crate::model::booking_form::Correction;
use crate::model::carry;
use crate::model::errand::{Errand, NOT_SENT, Origin, Posted, Verdict};
use crate::model::freshness::Feed;
use crate::model::hotel::Hotel;
use crate::model::known::Known;
use crate::model::roster::Roster;
use crate::model::snapshot::Snapshot;
use crate::model::told;
use crate::model::wish::Wish;

/// How long a frame lasts, about. A timer also rings in a tab that is not shown, which has no frames.
const FRAME_MS: u32 = 16;

/// A handle; copies are the same desk. It lives as long as the page that made it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Desk {
    held: StoredValue<Held, LocalStorage>,
    /// Told when anything has changed.
    all: RwSignal<()>,
    /// Told when rooms have come, gone or changed.
    rooms: RwSignal<()>,
    /// Told when somebody of the staff has come or changed. Only a manager is told of them.
    staff: RwSignal<()>,
    pub(super) freshness: Freshness,
    pub(super) notices: Notices,
    /// Whether the list of what waits to be sent is shown.
    pub(super) queue: RwSignal<Option<Shown>>,
}

#[derive(Debug)]
struct Held {
    session: Session,
    known: Known,
    /// The views of which nothing is known but what is remembered.
    remembered: Vec<View>,
    /// A signal per room that somebody looks at, told when the room or its stays have changed.
    rows: HashMap<RoomId, ArcRwSignal<()>>,
    /// The views of which more is there than anybody was told of.
    untold: Vec<View>,
    /// Who is told what other tabs say of a command. Nobody listens for one that is decided, and it stays here, so that
    /// it is not taken for a new one when another tab is slower.
    followed: Vec<Followed>,
}

/// A command that is followed here, or was.
#[derive(Debug)]
struct Followed {
    id: MessageId,
    /// When somebody asked for it.
    since: Timestamp,
    hearsay: Hearsay,
}

impl Desk {
    /// Watches what the role of `session` may see.
    pub(super) fn open(session: Session) -> Self {
        let desk = Self {
            freshness: Freshness::of(&session),
            held: StoredValue::new_local(Held {
                session: session.clone(),
                known: Known::of(session.snapshot()),
                remembered: match session.snapshot() {
                    Some(_) => View::of(session.role()).to_vec(),
                    None => Vec::new(),
                },
                rows: HashMap::new(),
                untold: Vec::new(),
                followed: Vec::new(),
            }),
            all: RwSignal::new(()),
            rooms: RwSignal::new(()),
            staff: RwSignal::new(()),
            notices: Notices::new(),
            queue: RwSignal::new(None),
        };
        desk.follow_other_tabs(&session);
        for sending in session.left_behind() {
            desk.resume(&session, sending);
        }
        for view in View::of(session.role()) {
            let mut updates = session.watch(*view);
            spawn_local(async move {
                while let Some(update) = updates.next().await {
                    desk.take(*view, &update);
                    // What comes before the next frame is taken with the rest of it, and shown as soon.
                    TimeoutFuture::new(FRAME_MS).await;
                }
            });
        }
        desk
    }

    /// Inside an effect: whenever anything has changed.
    pub(super) fn track(self) {
        self.all.track();
        self.staff.track();
    }

    /// What `read` makes of the hotel, now and, inside an effect or a memo, whenever anything has changed.
    pub(super) fn with_all<T>(self, read: impl FnOnce(&Hotel) -> T) -> T {
        self.all.track();
        self.held.with_value(|held| read(&held.known.hotel))
    }

    /// The same, whenever a room has come, gone or changed.
    pub(super) fn with_rooms<T>(self, read: impl FnOnce(&Hotel) -> T) -> T {
        self.rooms.track();
        self.held.with_value(|held| read(&held.known.hotel))
    }

    /// What `read` makes of the staff, now and whenever they have changed.
    pub(super) fn with_staff<T>(self, read: impl FnOnce(&Roster) -> T) -> T {
        self.staff.track();
        self.held.with_value(|held| read(&held.known.roster))
    }

    /// The session that the desk was opened with; `None` when the page has been left.
    pub(super) fn session(self) -> Option<Session> {
        self.held.try_with_value(|held| held.session.clone())
    }

    /// The same, whenever `row`'s room or its stays have changed.
    pub(super) fn with_row<T>(self, row: &ArcRwSignal<()>, read: impl FnOnce(&Hotel) -> T) -> T {
        row.track();
        self.held.with_value(|held| read(&held.known.hotel))
    }

    /// What `read` makes of the hotel at this moment.
    pub(super) fn with_now<T>(self, read: impl FnOnce(&Hotel) -> T) -> T {
        self.held.with_value(|held| read(&held.known.hotel))
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
        let id = new_id().map_err(|error| not_sent(error.to_string()))?;
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

    /// What waits for a connection, now and whenever anything has changed.
    pub(super) fn queued(self) -> Vec<Queued> {
        self.all.track();
        self.held.with_value(|held| {
            let queued = held.known.hotel.queued().into_iter();
            let told = queued.filter_map(|(id, what)| {
                let since = held.followed.iter().find(|one| one.id == id)?.since;
                Some(Queued { id, what, since })
            });
            told.collect()
        })
    }

    /// Withdraws a command, unless it has been sent in this moment.
    pub(super) fn withdraw(self, id: &MessageId) {
        self.held.with_value(|held| {
            if let Some(one) = held.followed.iter().find(|one| one.id == *id) {
                one.hearsay.withdrawn();
            }
        });
    }

    /// What is known, to be remembered, as it was at the moment `at`.
    pub(super) fn snapshot(self, at: Timestamp) -> Option<Snapshot> {
        let snapshot = self.held.try_with_value(|held| {
            // Something of it may be older.
            let is_known = held.remembered.is_empty();
            let until = held.session.ends().filter(|_| is_known)?;
            Some(held.known.snapshot(held.session.who(), at, until))
        });
        snapshot.flatten()
    }

    fn send_as(self, id: MessageId, wish: Wish) -> Result<(), Refusal> {
        if self
            .session()
            .is_some_and(|session| !session.is_confirmed())
        {
            return Err(not_sent(NOT_CONFIRMED));
        }
        let taken_up = self.held.try_update_value(|held| {
            // As long as it is known where it was.
            let way_back = carry::way_back(&held.known.hotel, &wish);
            let decided = held.known.hotel.wish(id.clone(), wish.clone());
            decided.map(|()| (held.session.clone(), way_back))
        });
        // `None` when the page has been left: nobody is there to wish.
        let Some((session, way_back)) = taken_up.transpose()? else {
            return Ok(());
        };
        self.tell(wish.rooms());
        let sending = Sending::new(id, wish, way_back);
        if !session.keep(&sending, Posted::Sent) {
            self.notices.cannot_keep();
        }
        self.follow(session, sending);
        Ok(())
    }

    /// Follows what was sent before this page was loaded, or is sent by another tab.
    fn resume(self, session: &Session, sending: Sending) {
        let (id, wish) = (sending.id.clone(), sending.wish.clone());
        self.held
            .update_value(|held| held.known.hotel.resume(id, wish, sending.progress()));
        self.tell(sending.wish.rooms());
        self.follow(session.clone(), sending);
    }

    /// Takes part in what other tabs of the same log-in send, as long as this page is there.
    fn follow_other_tabs(self, session: &Session) {
        let own = session.clone();
        let listening = session.on_elsewhere(move |noted| {
            let id = match &noted {
                Elsewhere::Kept(sending) => &sending.id,
                Elsewhere::Forgotten(id) => id,
            };
            let is_known = self.held.try_with_value(|held| {
                let mut followed = held.followed.iter();
                let Some(Followed { hearsay, .. }) = followed.find(|one| one.id == *id) else {
                    return false;
                };
                match &noted {
                    Elsewhere::Forgotten(_) => hearsay.forgotten(),
                    Elsewhere::Kept(Sending { origin, .. }) => match origin {
                        Origin::Elsewhere(Posted::Accepted) => hearsay.accepted(),
                        Origin::Elsewhere(Posted::Queued) => hearsay.queued(),
                        _ => {}
                    },
                }
                true
            });
            if let (Some(false), Elsewhere::Kept(sending)) = (is_known, noted) {
                self.resume(&own, sending);
            }
        });
        on_cleanup(move || listening.remove());
    }

    fn follow(self, session: Session, sending: Sending) {
        let hearsay = Hearsay::default();
        let followed = Followed {
            id: sending.id.clone(),
            since: sending.since,
            hearsay: hearsay.clone(),
        };
        self.held.update_value(|held| held.followed.push(followed));
        spawn_local(async move {
            let note = |errand: &Errand| self.note(&sending, errand);
            let verdict = session.carry_out(&sending, hearsay, note).await;
            if let Some(verdict) = verdict {
                self.finish(sending, verdict);
            }
        });
    }

    fn note(self, sending: &Sending, errand: &Errand) {
        let is_new = self.held.try_update_value(|held| {
            let (progress, letter) = (errand.progress(), errand.letter());
            held.known.hotel.progress(&sending.id, progress, letter)
        });
        if is_new == Some(true) {
            self.tell(sending.wish.rooms());
        }
    }

    fn finish(self, sending: Sending, verdict: Verdict) {
        let Sending {
            id,
            wish,
            origin,
            way_back,
            ..
        } = sending;
        let known = self.held.try_with_value(|held| {
            let hotel = &held.known.hotel;
            (hotel.door(wish.room()), hotel.is_waiting(&id))
        });
        // `None` when the page has been left: nobody is there to be told.
        let Some((room, was_late)) = known else {
            return;
        };
        let again = || Some((id.clone(), wish.clone()));
        let is_refused = matches!(verdict, Verdict::Refused { .. });
        let failure = match verdict {
            Verdict::Done { event, view, next } => {
                let told = event.clone();
                self.held
                    .update_value(|held| held.known.hotel.done(&id, told, view));
                let mut notice = done(&wish, &room, &event, next);
                notice.undo = notice.undo.or_else(|| {
                    let wish = Box::new(way_back?);
                    Some(Undoable { wish, event })
                });
                // The tab that was asked offers what is next; the others tell those who had to wait here as well.
                if was_late || !matches!(origin, Origin::Elsewhere { .. }) {
                    self.show(notice, was_late);
                }
                self.tell(wish.rooms());
                return;
            }
            Verdict::Refused { refusal, next } => Some(Alert {
                // It has its answer, so this is another command.
                again: refusal
                    .retry_in
                    .and_then(|_| Some((new_id().ok()?, wish.clone()))),
                correct: next.iter().find_map(|next| match next {
                    Next::Correct { field } => Correction::of(&wish, field, &refusal.message),
                    _ => None,
                }),
                place: next.into_iter().find_map(place),
                ..Alert::new(refusal.code, told::failed(&wish, &room), refusal.message)
            }),
            Verdict::NotDone { code, reason } => Some(Alert {
                again: again(),
                ..Alert::new(code, told::failed(&wish, &room), reason)
            }),
            Verdict::Unknown(reason) => Some(Alert {
                again: again(),
                ..Alert::new(
                    "unknown",
                    told::unknown(&wish, &room),
                    format!("Whether it was done could not be found out. {reason}"),
                )
            }),
            Verdict::GivenUp | Verdict::Withdrawn => None,
        };
        self.held.update_value(|held| {
            held.known.hotel.take_back(&id);
            if !is_refused {
                // It may be sent again under its id, here or by another tab.
                held.followed.retain(|one| one.id != id);
            }
        });
        if let Some(alert) = failure {
            self.notices.alert(alert);
        }
        self.tell(wish.rooms());
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
        let bucket = view.bucket();
        // Says whether what was remembered has given way.
        let taken = self.held.try_update_value(|held| {
            let known = &mut held.known;
            // What is there already when a page is loaded says nothing of the hotel as it is now.
            if update.feed == Feed::Live && !update.reset && !update.entries.is_empty() {
                known.hotel.is_alive();
            }
            if update.reset {
                known.clear(bucket);
            }
            for entry in &update.entries {
                match known.apply(bucket, entry.key(), entry.revision(), entry.value()) {
                    Ok(room) => changed.extend(room),
                    Err(error) => unreadable = Some(error.to_string()),
                }
            }
            let place = held.remembered.iter().position(|of| *of == view);
            let Some(place) = place.filter(|_| update.feed == Feed::Live) else {
                return false;
            };
            held.remembered.swap_remove(place);
            known.all_is_told(bucket);
            true
        });
        let Some(is_all_new) = taken else {
            return;
        };
        let is_all_new = is_all_new || update.reset;
        self.freshness.note(view, update);
        if let Some(error) = unreadable {
            self.freshness.cannot_read(error);
        }
        if view == View::Staff {
            self.staff.notify();
        }
        // Half a view would be drawn many times over before there is the whole of it.
        let is_syncing = update.feed == Feed::Syncing;
        let held_back = self.held.try_update_value(|held| {
            let before = held.untold.contains(&view);
            held.untold.retain(|untold| *untold != view);
            if is_syncing {
                held.untold.push(view);
            }
            before && !is_syncing
        });
        if is_syncing {
            return;
        }
        let is_new = is_all_new || held_back == Some(true);
        if view == View::Rooms && (is_new || !changed.is_empty()) {
            self.rooms.notify();
        }
        if is_new {
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

const NOT_CONFIRMED: &str = "This page was opened without a connection and can be read only. As soon as the hotel’s server can be \
                             asked whose session it is, changes can be made here.";

/// A refusal that is this program's own.
fn not_sent(message: impl Into<String>) -> Refusal {
    Refusal {
        code: NOT_SENT.into(),
        field: None,
        message: message.into(),
        retry_in: None,
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
                let wish = Wish::Undo(Undo { room, command });
                notice.undo = Some(Undoable {
                    wish: Box::new(wish),
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
