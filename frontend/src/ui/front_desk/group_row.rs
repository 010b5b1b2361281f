//! The line of a room type: how many rooms of it are free on each night, and how full it is. Its rooms fold.

use leptos::prelude::*;
use shared::rooms::RoomType;

use super::board::pixels;
use super::state::State;
use crate::model::occupancy::{self, Night};
use crate::model::words;

#[component]
pub(super) fn GroupRow(state: State, room_type: RoomType, top: u32, index: usize) -> impl IntoView {
    let title = words::room_type(&room_type);
    let name = room_type.to_string();
    let of_fold = room_type.clone();
    let is_folded = {
        let room_type = room_type.clone();
        move || state.folded.with(|folded| folded.contains(&room_type))
    };
    let nights = Memo::new(move |_| {
        let window = state.window.get();
        state
            .desk
            .with_all(|hotel| occupancy::nights(hotel, &room_type, window))
    });
    let night = |(_, night): (usize, Night)| {
        let occupancy = night.occupancy();
        view! {
            <span
                class="night"
                class:none=night.free == 0
                role="gridcell"
                aria-label=format!("{} free, {occupancy} % taken", night.free)
                style=("--taken", format!("{occupancy}%"))
            >
                {night.free}
            </span>
        }
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
                <button
                    data-action="fold"
                    aria-expanded=move || (!is_folded()).to_string()
                    on:click=move |_| state.fold(&of_fold)
                >
                    <strong>{title}</strong>
                </button>
                <small>"free"</small>
            </div>
            <div class="nights" role="presentation" title="Free rooms per night">
                <For
                    each=move || nights.get().into_iter().enumerate()
                    key=Clone::clone
                    children=night
                />
            </div>
        </div>
    }
}
