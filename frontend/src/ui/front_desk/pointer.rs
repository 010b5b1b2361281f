//! What mouse and finger do to the board. One listener for all of it: a row has nothing to attach.

use leptos::ev::{MouseEvent, PointerEvent};
use leptos::prelude::*;
use shared::Date;
use shared::bookings::StayKey;
use shared::rooms::RoomId;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::keyboard::clean;
use super::state::{Opened, State, Stretch};
use crate::ui::focus::focus;

/// A click on a stay opens it, on a housekeeping mark cleans the room, on free dates begins a booking.
pub(super) fn clicked(state: State, event: &MouseEvent) {
    let drag = state.drag.get_untracked();
    state.drag.set(None);
    let Some(target) = target(event) else {
        return;
    };
    // Dialogs give the focus back to where it was. A bar may be gone by then; the board is not.
    if let Some(area) = state.area.get_untracked() {
        focus(&area);
    }
    if let Some(drag) = drag.filter(|drag| drag.nights > 0) {
        state.cursor.set(Some(Stretch { nights: 1, ..drag }));
        state.open(drag);
        return;
    }
    let Some(room) = room(&target) else {
        return;
    };
    if let Some(stay) = closest(&target, "[data-stay]") {
        let booking = stay.get_attribute("data-stay");
        if let Some(booking) = booking.and_then(|booking| booking.parse().ok()) {
            state
                .opened
                .set(Some(Opened::Stay(StayKey { room, booking })));
        }
    } else if closest(&target, "[data-action='clean']").is_some() {
        clean(state, room);
    } else if let Some(from) = date(state, &target, event) {
        let nights = 1;
        let stretch = Stretch { room, from, nights };
        state.cursor.set(Some(stretch));
        state.open(stretch);
    }
}

/// The mouse may go on to mark several nights. A finger scrolls instead.
pub(super) fn pressed(state: State, event: &PointerEvent) {
    let is_mouse = event.pointer_type() == "mouse" && event.button() == 0;
    state
        .drag
        .set(target(event).filter(|_| is_mouse).and_then(|target| {
            let is_free = closest(&target, "[data-stay]").is_none();
            let room = room(&target).filter(|_| is_free)?;
            let from = date(state, &target, event)?;
            let nights = 0;
            Some(Stretch { room, from, nights })
        }));
}

pub(super) fn moved(state: State, event: &PointerEvent) {
    let Some(drag) = state.drag.get_untracked() else {
        return;
    };
    if event.buttons() & 1 == 0 {
        state.drag.set(None);
        return;
    }
    // Any row tells the date: only where the mouse is from left to right counts.
    let to = target(event).and_then(|target| date(state, &target, event));
    let nights = to.map_or(drag.nights, |to| to.days_since(drag.from).max(0));
    if nights != drag.nights {
        state.drag.set(Some(Stretch { nights, ..drag }));
    }
}

fn target(event: &MouseEvent) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

fn room(element: &Element) -> Option<RoomId> {
    let row = closest(element, "[data-room]")?;
    row.get_attribute("data-room")?.parse().ok()
}

fn date(state: State, element: &Element, event: &MouseEvent) -> Option<Date> {
    let track = closest(element, "[data-track]")?.get_bounding_client_rect();
    let fraction = (f64::from(event.client_x()) - track.left()) / track.width();
    Some(state.window.get_untracked().date_at(fraction))
}
