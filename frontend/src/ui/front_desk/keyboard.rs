//! The board by keyboard: one stop for Tab, arrows move a cursor over rooms and dates.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use shared::Date;
use shared::bookings::StayKey;
use shared::housekeeping::Cleanup;
use shared::rooms::RoomId;
use web_sys::{ScrollIntoViewOptions, ScrollLogicalPosition};

use super::hand::By;
use super::state::{HEAD_HEIGHT, HEIGHTS, State, Stretch};
use crate::model::carry::{Carried, Grip, Place};
use crate::model::lines::Lines;
use crate::model::row::{self, Spot};
use crate::model::wish::Wish;

pub(super) const CURSOR_ID: &str = "cursor";

const WEEK: i32 = 7;

/// Where the cursor is or, as long as there is none, would begin: on today, or else on the first date, of the first
/// room in sight.
fn cursor(state: State) -> Option<Stretch> {
    if let Some(at) = state.cursor.get_untracked() {
        return Some(at);
    }
    let area = state.area.get_untracked()?;
    let top = u32::try_from(area.scroll_top()).unwrap_or_default();
    let room = state.lines.with_untracked(|lines| {
        let is_in_sight = |room: &RoomId| {
            let extent = lines.extent(*room);
            extent.is_some_and(|extent| extent.start >= top)
        };
        lines.rooms().find(is_in_sight)
    })?;
    let (window, today) = (state.window.get_untracked(), state.today.get_untracked());
    Some(Stretch {
        room,
        from: window.column(today).map_or(window.first, |_| today),
        nights: 1,
    })
}

pub(super) fn pressed(state: State, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    if let Some(hand) = state.hand.get_untracked() {
        carry(state, hand.carried, event);
        return;
    }
    let Some(at) = cursor(state) else {
        return;
    };
    let window = state.window.get_untracked();
    let days = |days: i32| Some(at.from.plus_days(days));
    let rooms = |steps: isize| {
        let room = |lines: &Lines| lines.room_beside(at.room, steps);
        state.lines.with_untracked(room)
    };
    let page = || isize::try_from(rooms_in_sight(state)).unwrap_or(1);
    let is_on_button = event.target() != event.current_target();
    let (room, date): (Option<RoomId>, Option<Date>) = match event.key().as_str() {
        "ArrowLeft" => (None, days(-1)),
        "ArrowRight" => (None, days(1)),
        "ArrowUp" => (rooms(-1), None),
        "ArrowDown" => (rooms(1), None),
        "PageUp" if event.shift_key() => (None, days(-WEEK)),
        "PageDown" if event.shift_key() => (None, days(WEEK)),
        "PageUp" => (rooms(-page()), None),
        "PageDown" => (rooms(page()), None),
        "Home" => (None, Some(window.first)),
        "End" => (None, days(window.end().days_since(at.from) - 1)),
        // A focused button does by itself what it is there for.
        "Enter" | " " if is_on_button => return,
        "Enter" | " " => {
            event.prevent_default();
            state.open(at);
            return;
        }
        "c" | "C" => {
            clean(state, at.room);
            return;
        }
        "m" | "M" => {
            let spot = state
                .desk
                .with_now(|hotel| row::spot(hotel, at.room, at.from));
            if let Spot::Taken(booking) = spot {
                let room = at.room;
                state.take_up(StayKey { room, booking }, Grip::Whole, By::Steps);
            }
            return;
        }
        _ => return,
    };
    event.prevent_default();
    go(
        state,
        Stretch {
            room: room.unwrap_or(at.room),
            from: date.unwrap_or(at.from),
            nights: 1,
        },
    );
}

/// What keys do as long as a stay is in one's hand. The cursor goes with it.
fn carry(state: State, carried: Carried, event: &KeyboardEvent) {
    let rooms = |steps: isize| {
        let room = |lines: &Lines| lines.room_beside(carried.at.room, steps);
        let room = state.lines.with_untracked(room);
        room.map_or(carried, |room| carried.over_room(room))
    };
    let page = || isize::try_from(rooms_in_sight(state)).unwrap_or(1);
    let is_on_button = event.target() != event.current_target();
    let to = match event.key().as_str() {
        "ArrowLeft" if event.shift_key() => carried.longer(-1),
        "ArrowRight" if event.shift_key() => carried.longer(1),
        "ArrowLeft" => carried.later(-1),
        "ArrowRight" => carried.later(1),
        "ArrowUp" => rooms(-1),
        "ArrowDown" => rooms(1),
        "PageUp" => rooms(-page()),
        "PageDown" => rooms(page()),
        "Enter" | " " if is_on_button => return,
        "Enter" | " " => {
            event.prevent_default();
            state.put_down();
            return;
        }
        "p" | "P" => {
            state.park();
            return;
        }
        "Escape" => {
            state.let_go();
            return;
        }
        _ => return,
    };
    event.prevent_default();
    state.carry(|_| to);
    let Place { room, span } = to.at;
    let (from, nights) = (span.arrival, 1);
    go(state, Stretch { room, from, nights });
}

/// Marks the room as clean today. A room that is clean already stays as it is.
pub(super) fn clean(state: State, room: RoomId) {
    let today = state.today.get_untracked();
    let is_dirty = state.desk.with_now(|hotel| {
        let shown = hotel.room(room);
        shown.is_some_and(|room| room.view.housekeeping(today).needs_cleaning())
    });
    if !is_dirty {
        return;
    }
    let wish = Wish::Clean(Cleanup {
        room: room.into(),
        date: today,
    });
    state.desk.send_or_tell(wish);
}

/// Moves the cursor, and what is in sight with it.
pub(super) fn go(state: State, to: Stretch) {
    let window = state.window.get_untracked();
    if window.column(to.from).is_none() {
        // Over the edge: the window follows by as much as the cursor went.
        let beyond = if to.from < window.first {
            to.from.days_since(window.first)
        } else {
            to.from.days_since(window.end()) + 1
        };
        state.show_from(window.first.plus_days(beyond));
    }
    state.cursor.set(Some(to));
    scroll_to(state, to.room);
}

/// Brings the room's line into sight below the head, and then the cursor's date.
fn scroll_to(state: State, room: RoomId) {
    let extent = state.lines.with_untracked(|lines| lines.extent(room));
    let (Some(area), Some(extent)) = (state.area.get_untracked(), extent) else {
        return;
    };
    let pixels = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let (top, bottom) = (pixels(extent.start), pixels(extent.end));
    let height = area.client_height() - pixels(HEAD_HEIGHT);
    if top < area.scroll_top() {
        area.set_scroll_top(top);
    } else if bottom > area.scroll_top() + height {
        area.set_scroll_top(bottom - height);
    }
    request_animation_frame(|| {
        if let Some(cursor) = document().get_element_by_id(CURSOR_ID) {
            let options = ScrollIntoViewOptions::new();
            options.set_block(ScrollLogicalPosition::Nearest);
            options.set_inline(ScrollLogicalPosition::Nearest);
            cursor.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
}

fn rooms_in_sight(state: State) -> u32 {
    let area = state.area.get_untracked();
    let height = area.map_or(0, |area| area.client_height());
    let height = u32::try_from(height).unwrap_or_default();
    (height.saturating_sub(HEAD_HEIGHT) / HEIGHTS.room).max(1)
}
