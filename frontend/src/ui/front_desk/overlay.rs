//! What lies over the lines: the column of today, the cursor of the keyboard, the dates the mouse marks.

use leptos::prelude::*;
use shared::Date;
use shared::bookings::{Span, StayKey};

use super::board::pixels;
use super::keyboard::CURSOR_ID;
use super::state::{State, Stretch};
use crate::model::carry::{self, Place};
use crate::model::hotel::Hotel;
use crate::model::row::{self, Spot};
use crate::model::words;

/// The column of today.
#[component]
pub(super) fn Today(state: State) -> impl IntoView {
    let column = move || state.window.get().column(state.today.get());
    move || {
        column().map(|column| {
            view! { <div class="today" style=("--column", column.to_string())></div> }
        })
    }
}

/// Where the keyboard is, with what a screen reader says of it.
#[component]
pub(super) fn Cursor(state: State) -> impl IntoView {
    move || {
        let at = state.cursor.get()?;
        let (top, column) = place(state, at)?;
        let today = state.today.get();
        let label = state.desk.with_all(|hotel| label(hotel, at, today));
        Some(view! {
            <div role="row">
                <div
                    id=CURSOR_ID
                    class="cursor"
                    role="gridcell"
                    aria-label=label
                    style=("top", top)
                    style=("--column", column.to_string())
                ></div>
            </div>
        })
    }
}

/// The dates that are being marked with the mouse.
#[component]
pub(super) fn Marked(state: State) -> impl IntoView {
    move || {
        let drag = state.drag.get().filter(|drag| drag.nights > 0)?;
        let (top, column) = place(state, drag)?;
        let place = Place {
            room: drag.room,
            span: drag.span()?,
        };
        let refusal = state.desk.with_all(|hotel| carry::taken(hotel, place));
        Some(view! {
            <div
                class="marked"
                data-fit=if refusal.is_some() { "no" } else { "free" }
                style=("top", top)
                style=("--start", (2 * column + 1).to_string())
                style=("--width", (2 * drag.nights).to_string())
            >
                {drag.nights}
                {refusal.clone().map(|refusal| view! { <small>{refusal.message}</small> })}
            </div>
        })
    }
}

/// The top of the room's line and the column of its first date, if they are on the board.
fn place(state: State, at: Stretch) -> Option<(String, u16)> {
    let column = state.window.get().column(at.from)?;
    let extent = state.lines.with(|lines| lines.extent(at.room))?;
    Some((pixels(extent.start), column))
}

/// The top of the line, and where the nights begin and how wide they are, as the styles take it, if some of them are on the board.
pub(super) fn laid(state: State, place: Place) -> Option<(String, String, String)> {
    let Place { room, span } = place;
    let across = state.window.get().span(span.arrival, span.nights)?;
    let down = state.lines.with(|lines| lines.extent(room))?;
    let (start, width) = (across.start.to_string(), across.width.to_string());
    Some((pixels(down.start), start, width))
}

/// The same of a stay as it is shown.
pub(super) fn laid_stay(state: State, key: StayKey) -> Option<(String, String, String)> {
    let stay = state.desk.with_all(|hotel| hotel.stay(key))?.view;
    let span = Span::new(stay.arrival, stay.nights);
    let room = key.room;
    laid(state, Place { room, span })
}

fn label(hotel: &Hotel, at: Stretch, today: Date) -> String {
    let name = hotel.room(at.room).map(|room| room.view.name.to_string());
    let name = name.unwrap_or_default();
    let day = words::day(at.from);
    let what = match row::spot(hotel, at.room, at.from) {
        Spot::Free => "free".to_owned(),
        Spot::Taken(booking) => {
            let mut stays = hotel.stays_of(at.room).into_iter();
            let stay = stays.find(|stay| stay.view.booking() == booking);
            stay.map(|stay| row::label(&stay, today))
                .unwrap_or_default()
        }
    };
    format!("Room {name}, {day}, {what}")
}
