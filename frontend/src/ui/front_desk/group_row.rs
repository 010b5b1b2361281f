//! The line of a room type: how many rooms of it are free on each night.

use leptos::prelude::*;
use shared::rooms::RoomType;

use super::board::pixels;
use super::state::State;
use crate::model::occupancy;
use crate::model::words;

#[component]
pub(super) fn GroupRow(state: State, room_type: RoomType, top: u32, index: usize) -> impl IntoView {
    let title = words::room_type(&room_type);
    let name = room_type.to_string();
    let free = move || {
        let window = state.window.get();
        let free = state
            .desk
            .with_all(|hotel| occupancy::free(hotel, &room_type, window));
        let nights = free.into_iter().map(|free| {
            view! { <span class="night" class:none=free == 0 role="gridcell">{free}</span> }
        });
        nights.collect_view()
    };
    view! {
        <div
            class="group-row"
            role="row"
            aria-rowindex=index + 2
            data-group=name
            style=("top", pixels(top))
        >
            <div class="group-head" role="rowheader">
                <strong>{title}</strong>
                <small>"free"</small>
            </div>
            <div class="nights" role="presentation" title="Free rooms per night">{free}</div>
        </div>
    }
}
