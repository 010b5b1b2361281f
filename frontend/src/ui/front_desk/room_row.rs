//! The line of a room: its head, its stays, and the cursor when it is in this room.
//!
//! It follows one signal. Clicks are dealt with by the board (`pointer`), so nothing here listens.

use leptos::prelude::*;
use shared::bookings::BookingId;
use shared::housekeeping::Housekeeping;
use shared::rooms::RoomId;

use super::board::pixels;
use super::keyboard;
use super::state::{Place, State};
use crate::model::row::{self, Bar, RowHead, Spot};
use crate::model::words;

#[component]
pub(super) fn RoomRow(state: State, room: RoomId, top: u32, index: usize) -> impl IntoView {
    let signal = state.desk.row(room);
    let head = {
        let signal = signal.clone();
        Memo::new(move |_| {
            let today = state.today.get();
            state.desk.with_row(&signal, |hotel| row::head(hotel, room, today))
        })
    };
    let bars = Memo::new(move |_| {
        let window = state.window.get();
        state.desk.with_row(&signal, |hotel| row::bars(hotel, room, window))
    });
    let cursor = Memo::new(move |_| state.cursor.get().filter(|place| place.room == room));
    view! {
        <div
            class="room-row"
            role="row"
            aria-rowindex=index + 2
            data-room=room.get()
            style=("top", pixels(top))
        >
            {move || head.get().map(|head| view! {
                <Head head is_at_cursor=cursor.get().is_some() />
            })}
            <div class="track" role="gridcell" data-track>
                <For
                    each=move || bars.get()
                    key=|bar| bar.booking
                    children=move |bar| view! { <StayBar bars booking=bar.booking /> }
                />
                {move || cursor.get().map(|place| view! { <Cursor state place /> })}
            </div>
        </div>
    }
}

#[component]
fn Head(head: RowHead, is_at_cursor: bool) -> impl IntoView {
    let is_dirty = head.housekeeping == Housekeeping::Dirty;
    let (text, label) = if is_dirty {
        ("Dirty", format!("Room {} is dirty: mark it clean", head.name))
    } else {
        ("Clean", format!("Room {} is clean", head.name))
    };
    view! {
        <div class="room-head" role="rowheader">
            <strong title=head.name.clone()>{head.name.clone()}</strong>
            <button
                class="mark"
                data-action="clean"
                data-housekeeping=head.housekeeping.as_str()
                data-pending=head.pending.then_some("")
                aria-disabled=(!is_dirty).to_string()
                aria-label=label
                tabindex=if is_at_cursor { "0" } else { "-1" }
            >
                <span>{text}</span>
            </button>
        </div>
    }
}

#[component]
fn StayBar(bars: Memo<Vec<Bar>>, booking: BookingId) -> impl IntoView {
    let bar = Memo::new(move |_| {
        bars.with(|bars| bars.iter().find(|bar| bar.booking == booking).cloned())
    });
    move || {
        bar.get().map(|bar| {
            view! {
                <button
                    class="stay"
                    class:cut-left=bar.span.cut_left
                    class:cut-right=bar.span.cut_right
                    data-stay=bar.booking.to_string()
                    data-status=bar.status.as_str()
                    data-pending=bar.pending.then_some("")
                    tabindex="-1"
                    aria-label=bar.label
                    style=("--start", bar.span.start.to_string())
                    style=("--width", bar.span.width.to_string())
                >
                    <span title=bar.guest.clone()>{bar.guest.clone()}</span>
                </button>
            }
        })
    }
}

/// Where the keyboard is, with what a screen reader says of it.
#[component]
fn Cursor(state: State, place: Place) -> impl IntoView {
    let column = move || state.window.get().column(place.date);
    let label = move || {
        let day = words::day(place.date);
        state.desk.with_all(|hotel| {
            let bars = || row::bars(hotel, place.room, state.window.get_untracked());
            let name = hotel.room(place.room).map(|room| room.view.name.to_string());
            let name = name.unwrap_or_default();
            match row::spot(hotel, place.room, place.date) {
                Spot::Free => format!("Room {name}, {day}, free"),
                Spot::Taken(booking) => {
                    let bar = bars().into_iter().find(|bar| bar.booking == booking);
                    let label = bar.map(|bar| bar.label).unwrap_or_default();
                    format!("Room {name}, {day}, {label}")
                }
            }
        })
    };
    move || {
        column().map(|column| {
            view! {
                <div
                    id=keyboard::CURSOR_ID
                    class="cursor"
                    role="button"
                    aria-label=label
                    style=("--column", column.to_string())
                ></div>
            }
        })
    }
}
