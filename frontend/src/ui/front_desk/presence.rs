//! Who else looks at this stay: told to the others by each page, and shown in the dialog and on the bar.

use futures_util::StreamExt;
use gloo_timers::callback::Interval;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::bookings::StayKey;
use shared::presence::{EVERY_SECONDS, Presence};

use super::overlay::laid_stay;
use super::state::{Opened, State};
use crate::hotel::now;

/// Tells others what this page shows, and hears of them.
pub(super) fn follow(state: State) {
    let Some(session) = state.desk.session() else {
        return;
    };
    let others = state.others;
    let looks_at = Memo::new(move |_| match state.opened.get() {
        Some(Opened::Stay(key)) => Some(key),
        _ => state.hand.get().map(|hand| hand.carried.key),
    });
    let tell = {
        let session = session.clone();
        StoredValue::new_local(move |asks| {
            let stay = looks_at.try_get_untracked().flatten();
            session.tell_presence(Presence { stay, asks });
        })
    };
    Effect::watch(
        move || looks_at.get(),
        move |stay, before, _| {
            // Not as long as nothing has been looked at: nobody thinks otherwise.
            if stay.is_some() || before.is_some_and(Option::is_some) {
                tell.with_value(|tell| tell(stay.is_some()));
            }
        },
        true,
    );
    let mut heard = session.presences();
    spawn_local(async move {
        while let Some((actor, presence)) = heard.next().await {
            let is_there = others.try_update(|others| others.hear(actor, presence, now()));
            if is_there.is_none() {
                return;
            }
            let is_same =
                presence.stay.is_some() && presence.stay == looks_at.try_get_untracked().flatten();
            if presence.asks && is_same {
                tell.try_with_value(|tell| tell(false));
            }
        }
    });
    let again = Interval::new(EVERY_SECONDS * 1_000, move || {
        if looks_at.try_get_untracked().flatten().is_some() {
            tell.try_with_value(|tell| tell(false));
        }
        others.try_maybe_update(|others| (others.forget(now()), ()));
    });
    let again = StoredValue::new_local(again);
    on_cleanup(move || again.dispose());
}

/// In the dialog of a stay.
#[component]
pub(super) fn Watchers(state: State, key: StayKey) -> impl IntoView {
    let text = move || {
        let names = state.others.with(|others| others.at(key));
        (!names.is_empty()).then(|| {
            let text = format!("Also open at: {}", names.join(", "));
            view! { <p class="watchers" data-watchers>{text}</p> }
        })
    };
    view! { <div role="status">{text}</div> }
}

/// Over the bars of the stays that somebody else looks at.
#[component]
pub(super) fn Watched(state: State) -> impl IntoView {
    move || {
        let stays = state
            .others
            .with(|others| others.stays().collect::<Vec<_>>());
        let marks = stays.into_iter().filter_map(|key| {
            let (top, start, width) = laid_stay(state, key)?;
            let names = state.others.with(|others| others.at(key)).join(", ");
            Some(view! {
                <div
                    class="watched"
                    aria-hidden="true"
                    data-watched=key.to_string()
                    style=("top", top)
                    style=("--start", start)
                    style=("--width", width)
                >
                    <span>{names}</span>
                </div>
            })
        });
        marks.collect_view()
    }
}
