//! Keeps undecided commands in the browser's storage, where a reload and other tabs find them.
//!
//! And what is held for a guest.
//!
//! A browser may forbid that, or be full. Then a command is sent and followed all the same, and only a reload forgets it.

use leptos::ev;
use leptos::prelude::{WindowListenerHandle, window, window_event_listener};
use shared::cloud_event::MessageId;
use shared::identity::Actor;
use web_sys::Storage;

use super::place;
use crate::model::guest_hold::{self, Held};
use crate::model::in_order;
use crate::model::kept::{self, Kept};

/// Keeps the command; says whether that was possible.
pub(super) fn keep(actor: &Actor, id: &MessageId, command: &Kept) -> bool {
    let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(command)) else {
        return false;
    };
    storage.set_item(&name(actor, id), &text).is_ok()
}

/// Calls `told` whenever another tab keeps a command of the actor (with what it keeps) or forgets one (with `None`).
pub(super) fn follow(
    actor: Actor,
    told: impl Fn(MessageId, Option<Kept>) + 'static,
) -> WindowListenerHandle {
    window_event_listener(ev::storage, move |event| {
        let Some(id) = event.key().and_then(|name| id(&actor, &name)) else {
            return;
        };
        match event.new_value() {
            None => told(id, None),
            Some(text) => {
                // What a tab with another version of this page writes otherwise, that tab sees to.
                if let Ok(kept) = serde_json::from_str(&text) {
                    told(id, Some(kept));
                }
            }
        }
    })
}

/// Forgets a command, which has been decided.
pub(super) fn forget(actor: &Actor, id: &MessageId) {
    remove(&name(actor, id));
}

/// Forgets all commands of the actor: whoever signs out leaves no guest's name behind. They are decided nevertheless.
pub(super) fn forget_all(actor: &Actor) {
    for (_, name) in names(actor) {
        remove(&name);
    }
}

/// The commands of the actor that are not known to be decided.
pub(super) fn all(actor: &Actor) -> Vec<(MessageId, Kept)> {
    let mut all = Vec::new();
    for (id, name) in names(actor) {
        let text = storage().and_then(|storage| storage.get_item(&name).ok().flatten());
        match text.and_then(|text| serde_json::from_str(&text).ok()) {
            Some(kept) => in_order::put(&mut all, (id, kept), |(_, kept): &(_, Kept)| kept.sent),
            // Of a version of this page that wrote it otherwise, or decided in another tab in this moment.
            None => remove(&name),
        }
    }
    all
}

/// Keeps what the hotel holds for the guest of this browser, or forgets it. A browser that keeps nothing forgets it with the
/// page.
pub(crate) fn keep_hold(held: Option<&Held>) {
    let name = guest_hold::entry(&place::hotel());
    match (held.map(serde_json::to_string), storage()) {
        (Some(Ok(text)), Some(storage)) => {
            let _kept = storage.set_item(&name, &text);
        }
        _ => remove(&name),
    }
}

/// What was kept of it.
pub(crate) fn kept_hold() -> Option<Held> {
    let text = storage()?.get_item(&guest_hold::entry(&place::hotel()));
    serde_json::from_str(&text.ok()??).ok()
}

fn names(actor: &Actor) -> Vec<(MessageId, String)> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let names = 0..storage.length().unwrap_or_default();
    let names = names.filter_map(|index| storage.key(index).ok().flatten());
    names
        .filter_map(|name| Some((id(actor, &name)?, name)))
        .collect()
}

/// The name of a command's entry.
fn name(actor: &Actor, id: &MessageId) -> String {
    kept::name(&place::hotel(), actor, id)
}

/// The command of the entry, if it is one of the actor's.
fn id(actor: &Actor, name: &str) -> Option<MessageId> {
    kept::id(&place::hotel(), actor, name)
}

fn remove(name: &str) {
    if let Some(storage) = storage() {
        // What could be written can be removed; there is nothing else to do about it.
        let _removed = storage.remove_item(name);
    }
}

/// `None` where the browser forbids it.
fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}
