//! The scroll area of rooms × dates. Only the lines near the visible part are in the page.

use leptos::ev;
use leptos::prelude::*;
use shared::date::Weekday;

use super::dates::Dates;
use super::group_row::GroupRow;
use super::hand::{Carrying, Lane};
use super::keyboard;
use super::overlay::{Cursor, Marked, Today};
use super::pointer;
use super::presence::Watched;
use super::room_row::RoomRow;
use super::state::{HEAD_HEIGHT, HEIGHTS, State};
use crate::model::lines::{Line, PlacedLine};
use crate::ui::focus::focus_soon;

#[component]
pub(super) fn Board(state: State) -> impl IntoView {
    let area = state.area;
    let visible = state.visible;
    let look = move || {
        if let Some(area) = area.get_untracked() {
            let top = u32::try_from(area.scroll_top()).unwrap_or_default();
            let height = u32::try_from(area.client_height()).unwrap_or_default();
            visible.set(top..top + height);
        }
    };
    request_animation_frame(look);
    focus_soon("[data-board]");
    let resized = window_event_listener(ev::resize, move |_| look());
    // Nobody scrolls on paper: it has all lines.
    let printing = window_event_listener_untyped("beforeprint", move |_| visible.set(0..u32::MAX));
    let printed = window_event_listener_untyped("afterprint", move |_| look());
    on_cleanup(move || {
        for listening in [resized, printing, printed] {
            listening.remove();
        }
    });

    let lines = move || state.lines.with(|lines| lines.slice(state.drawn.get()));
    let prospect = state.prospect();

    let line = move |placed: PlacedLine| {
        let PlacedLine { line, top, index } = placed;
        match line {
            Line::Group(room_type) => view! { <GroupRow state room_type top index /> }.into_any(),
            Line::Room(room) => view! { <RoomRow state room top index /> }.into_any(),
        }
    };

    view! {
        <div
            node_ref=area
            class="board"
            role="grid"
            tabindex="0"
            aria-label="Rooms and dates. Arrow keys move, Enter opens, M moves a stay, C marks the room clean."
            aria-rowcount=move || state.lines.with(|lines| lines.len() + 1)
            aria-activedescendant=move || state.cursor.get().map(|_| keyboard::CURSOR_ID)
            data-board
            data-first=move || state.window.get().first.to_string()
            data-days=move || state.window.get().days
            style=("--days", move || state.window.get().days.to_string())
            style=("--lines", move || state.lines.with(|lines| lines.len().to_string()))
            style=("--head", pixels(HEAD_HEIGHT))
            style=("--group", pixels(HEIGHTS.group))
            style=("--row", pixels(HEIGHTS.room))
            style=("--saturday", move || days_to_saturday(state).to_string())
            on:scroll=move |_| look()
            on:keydown=move |event| keyboard::pressed(state, &event)
            on:click=move |event| pointer::clicked(state, &event)
            on:pointerdown=move |event| pointer::pressed(state, &event)
            on:pointermove=move |event| pointer::moved(state, &event)
            on:pointerup=move |_| pointer::released(state)
            on:pointercancel=move |_| pointer::cancelled(state)
            on:touchmove=move |event| pointer::touched(state, &event)
        >
            <Dates state />
            <div
                class="canvas"
                role="rowgroup"
                style=("height", move || pixels(state.lines.with(|lines| lines.height())))
            >
                <Today state />
                <For
                    each=lines
                    key=|placed| (placed.line.clone(), placed.top, placed.index)
                    children=line
                />
                <Cursor state />
                <Marked state />
                <Watched state />
                <Carrying state prospect />
            </div>
            <Empty state />
        </div>
        <Lane state prospect />
    }
}

/// In place of a board that has no rooms: still loading, or none there.
#[component]
fn Empty(state: State) -> impl IntoView {
    move || {
        let is_empty = state.lines.with(|lines| lines.is_empty());
        is_empty.then(|| {
            if state.desk.freshness.has_data() {
                view! { <p class="empty">"This hotel has no rooms yet."</p> }.into_any()
            } else {
                view! { <div class="skeleton" aria-hidden="true"></div> }.into_any()
            }
        })
    }
}

fn days_to_saturday(state: State) -> i32 {
    let first = state.window.get().first;
    let is_saturday = |days: &i32| first.plus_days(*days).weekday() == Weekday::Saturday;
    (0..7).find(is_saturday).unwrap_or_default()
}

pub(super) fn pixels(number: u32) -> String {
    format!("{number}px")
}
