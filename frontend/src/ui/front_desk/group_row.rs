//! The line of a room type: how many rooms of it are free on each night.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shared::rooms::RoomType;

use super::board::pixels;
use super::state::State;
use crate::model::occupancy::TypeOccupancy;
use crate::model::words;

#[component]
pub(super) fn GroupRow(
    state: State,
    room_type: RoomType,
    top: u32,
    index: usize,
    occupancy: Memo<BTreeMap<RoomType, TypeOccupancy>>,
) -> impl IntoView {
    let title = words::room_type(&room_type);
    let name = room_type.to_string();
    let of_type = Memo::new(move |_| {
        occupancy.with(|types| types.get(&room_type).cloned().unwrap_or_default())
    });
    let nights = move || {
        let days = usize::from(state.window.get().days);
        of_type.with(|of_type| {
            let free = (0..days).map(|column| of_type.free(column));
            free.map(|free| {
                view! {
                    <span class="night" class:none=free == 0 role="gridcell">{free}</span>
                }
            })
            .collect_view()
        })
    };
    let rooms = move || of_type.with(|of_type| words::count(of_type.rooms, "room", "rooms"));
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
                <small>{rooms}</small>
            </div>
            <div class="nights" role="presentation" title="Free rooms per night">{nights}</div>
        </div>
    }
}
