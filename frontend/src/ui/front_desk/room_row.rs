//! The line of a room: its head and its stays.
//!
//! It follows one signal. Clicks are dealt with by the board (`pointer`), so nothing here listens.

use leptos::prelude::*;
use shared::rooms::RoomId;

use super::board::pixels;
use super::state::State;
use crate::model::errand::Progress;
use crate::model::row::{self, Bar, RowHead};
use crate::model::words;

#[component]
pub(super) fn RoomRow(state: State, room: RoomId, top: u32, index: usize) -> impl IntoView {
    let signal = state.desk.row(room);
    let of_head = signal.clone();
    let head = move || {
        let today = state.today.get();
        let head = state
            .desk
            .with_row(&of_head, |hotel| row::head(hotel, room, today));
        head.map(|head| view! { <Head head /> })
    };
    let bars = move || {
        let window = state.window.get();
        let bars = state
            .desk
            .with_row(&signal, |hotel| row::bars(hotel, room, window));
        let bars = bars.into_iter().map(|bar| view! { <StayBar bar /> });
        bars.collect_view()
    };
    view! {
        <div
            class="room-row"
            role="row"
            aria-rowindex=index + 2
            data-room=room.get()
            style=("top", pixels(top))
        >
            {head}
            <div class="track" role="gridcell" data-track>
                {bars}
            </div>
        </div>
    }
}

#[component]
fn Head(head: RowHead) -> impl IntoView {
    let is_dirty = head.housekeeping.needs_cleaning();
    let text = words::housekeeping(head.housekeeping);
    let label = if is_dirty {
        format!("Room {} is dirty: mark it clean", head.name)
    } else {
        format!("Room {} is clean", head.name)
    };
    view! {
        <div class="room-head" role="rowheader">
            <strong title=head.name.clone()>{head.name.clone()}</strong>
            <button
                class="mark"
                data-action="clean"
                data-housekeeping=head.housekeeping.as_str()
                data-pending=head.pending.map(Progress::as_str)
                aria-disabled=(!is_dirty).to_string()
                aria-label=label
                tabindex="-1"
            >
                <span>{text}</span>
            </button>
        </div>
    }
}

#[component]
fn StayBar(bar: Bar) -> impl IntoView {
    view! {
        <button
            class="stay"
            class:cut-left=bar.span.cut_left
            class:cut-right=bar.span.cut_right
            data-stay=bar.booking.to_string()
            data-status=bar.status.as_str()
            data-pending=bar.pending.map(Progress::as_str)
            tabindex="-1"
            aria-label=bar.label
            style=("--start", bar.span.start.to_string())
            style=("--width", bar.span.width.to_string())
        >
            <span title=bar.guest.clone()>{bar.guest.clone()}</span>
        </button>
    }
}
