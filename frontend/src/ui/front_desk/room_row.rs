//! The line of a room: its head and its stays.
//!
//! It follows one signal. Clicks are dealt with by the board (`pointer`), so nothing here listens.

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use shared::Timestamp;
use shared::rooms::RoomId;

use super::board::pixels;
use super::state::State;
use crate::hotel;
use crate::model::due;
use crate::model::errand::Progress;
use crate::model::row::{self, Bar, Closed, Mark, RowHead};
use crate::model::words;

#[component]
pub(super) fn RoomRow(state: State, room: RoomId, top: u32, index: usize) -> impl IntoView {
    let signal = state.desk.row(room);
    let of_head = signal.clone();
    // What is as it was is not drawn anew: most changes are of one bar.
    let head = Memo::new(move |_| {
        let today = state.today.get();
        state
            .desk
            .with_row(&of_head, |hotel| row::head(hotel, room, today))
    });
    let marks = move || {
        let (window, today) = (state.window.get(), state.today.get());
        state
            .desk
            .with_row(&signal, |hotel| row::marks(hotel, room, window, today))
    };
    view! {
        <div
            class="room-row"
            role="row"
            aria-rowindex=index + 2
            data-room=room.get()
            style=("top", pixels(top))
        >
            {move || head.get().map(|head| view! { <Head head /> })}
            <div class="track" role="gridcell" data-track>
                <For each=marks key=Clone::clone children=draw />
            </div>
        </div>
    }
}

fn draw(mark: Mark) -> impl IntoView {
    match mark {
        Mark::Closed(closed) => view! { <ClosedBar closed /> }.into_any(),
        Mark::Stay(bar) => view! { <StayBar bar /> }.into_any(),
    }
}

#[component]
fn Head(head: RowHead) -> impl IntoView {
    let is_dirty = head.housekeeping.needs_cleaning();
    let text = words::housekeeping(head.housekeeping);
    view! {
        <div class="room-head" role="rowheader">
            <strong title=head.name.clone()>{head.name.clone()}</strong>
            <button
                class="mark"
                data-action="clean"
                data-housekeeping=head.housekeeping.as_str()
                data-pending=head.pending.map(Progress::as_str)
                aria-disabled=(!is_dirty).to_string()
                aria-label=head.label.clone()
                title=head.label
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
            data-due=bar.due.as_str()
            data-pinned=bar.pinned.then_some("")
            data-pending=bar.pending.map(Progress::as_str)
            tabindex="-1"
            aria-label=bar.label
            style=("--start", bar.span.start.to_string())
            style=("--width", bar.span.width.to_string())
        >
            <span title=bar.guest.clone()>{bar.guest.clone()}</span>
            {bar.until.map(|until| view! { <Countdown until /> })}
        </button>
    }
}

/// How much longer a hold lasts.
#[component]
fn Countdown(until: Timestamp) -> impl IntoView {
    let shown = RwSignal::new(due::countdown(until, hotel::now()));
    let tick = Interval::new(1_000, move || {
        shown.try_set(due::countdown(until, hotel::now()));
    });
    let tick = StoredValue::new_local(tick);
    on_cleanup(move || tick.dispose());
    view! {
        <time data-countdown aria-hidden="true">
            {shown}
        </time>
    }
}

#[component]
fn ClosedBar(closed: Closed) -> impl IntoView {
    view! {
        <span
            class="closed"
            class:cut-left=closed.span.cut_left
            class:cut-right=closed.span.cut_right
            data-closed=closed.kind.as_str()
            role="img"
            aria-label=closed.label.clone()
            title=closed.label
            style=("--start", closed.span.start.to_string())
            style=("--width", closed.span.width.to_string())
        ></span>
    }
}
