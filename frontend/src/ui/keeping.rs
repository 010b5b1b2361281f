//! Keeps a copy of what a page of the staff knows, for a start without a connection.
//!
//! Not with each change: soon after the page knows everything, every now and then while something changes, and when the page is
//! left or put away, which on a phone may be its end.

use gloo_timers::callback::Timeout;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::desk::Desk;
use crate::hotel;

/// A page that is closed at once need not have written.
const FIRST_MS: u32 = 1_000;
const LATER_MS: u32 = 20_000;

#[derive(Debug, Clone, Copy)]
struct Keeping {
    desk: Desk,
    state: StoredValue<State, LocalStorage>,
}

#[derive(Debug)]
struct State {
    /// Something has changed since it was written.
    is_due: bool,
    next_in: u32,
    is_planned: bool,
}

/// Keeps a copy for as long as the page is there.
pub(super) fn keep_copies(desk: Desk) {
    let state = State {
        is_due: false,
        next_in: FIRST_MS,
        is_planned: false,
    };
    let keeping = Keeping {
        desk,
        state: StoredValue::new_local(state),
    };
    Effect::new(move || {
        desk.track();
        if desk.freshness.connection().is_live() {
            keeping.soon();
        }
    });
    let when_hidden = move || {
        if document().hidden() {
            keeping.write();
        }
    };
    for handle in [
        window_event_listener(ev::visibilitychange, move |_| when_hidden()),
        window_event_listener(ev::pagehide, move |_| keeping.write()),
    ] {
        on_cleanup(move || handle.remove());
    }
}

impl Keeping {
    fn soon(self) {
        self.state.update_value(|state| {
            state.is_due = true;
            if !state.is_planned {
                state.is_planned = true;
                Timeout::new(state.next_in, move || self.when_planned()).forget();
                state.next_in = LATER_MS;
            }
        });
    }

    fn when_planned(self) {
        self.state
            .try_update_value(|state| state.is_planned = false);
        self.write();
    }

    /// What was live until a moment ago is written as of then.
    fn write(self) {
        // `None` when the page has been left.
        let is_due = self
            .state
            .try_update_value(|state| std::mem::take(&mut state.is_due));
        let (Some(is_due), Some(connection)) = (is_due, self.desk.freshness.now()) else {
            return;
        };
        let is_live = connection.is_live();
        let at = connection.since().or(is_live.then(hotel::now));
        let Some(at) = at.filter(|_| is_live || is_due) else {
            return;
        };
        let (Some(session), Some(snapshot)) = (self.desk.session(), self.desk.snapshot(at)) else {
            return;
        };
        spawn_local(async move {
            if !session.remember(&snapshot).await {
                self.desk.notices.cannot_keep_a_copy();
            }
        });
    }
}
