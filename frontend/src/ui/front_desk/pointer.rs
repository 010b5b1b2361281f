//! What mouse and finger do to the board. One listener for all of it: a row has nothing to attach.
//!
//! A mouse drags a stay, or pulls one of its ends, as soon as it has gone a little; a finger, which otherwise scrolls, when it
//! has rested on the stay for a moment.

use gloo_timers::callback::Timeout;
use leptos::ev::{Event, MouseEvent, PointerEvent};
use leptos::prelude::*;
use shared::Date;
use shared::bookings::StayKey;
use shared::rooms::RoomId;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDivElement};

use super::hand::{By, Hand};
use super::keyboard::clean;
use super::state::{HEAD_HEIGHT, Opened, State, Stretch};
use crate::model::carry::Grip;
use crate::ui::focus::focus;

/// From so many CSS pixels on, a press with the mouse is a drag, and one with a finger is none.
const FAR: i32 = 6;
/// How long a finger rests on a stay to take it up.
const REST_MS: u32 = 450;
/// How near its end a stay is gripped by that end, in CSS pixels; no more than a quarter of the stay.
const END: f64 = 10.0;
/// So near to the edge of the board it scrolls while something is dragged, by so many CSS pixels a frame.
const EDGE: i32 = 36;
const SCROLL: i32 = 12;

/// A stay that is pressed, and may be dragged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Press {
    key: StayKey,
    grip: Grip,
    offset: i32,
    pointer: i32,
    at: (i32, i32),
}

/// A click on a stay opens it, on a housekeeping mark cleans the room, on free dates begins a booking; with a stay in
/// one's hand it says where that shall be.
pub(super) fn clicked(state: State, event: &MouseEvent) {
    let drag = state.drag.get_untracked();
    state.drag.set(None);
    // What was dragged is down already.
    if state.dragged.get_value() {
        return;
    }
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
    let date = date(state, event.client_x());
    if state.hand.get_untracked().is_some() {
        if let Some(date) = date {
            state.carry(|carried| carried.over(room, date, 0));
        }
    } else if let Some(stay) = closest(&target, "[data-stay]") {
        if let Some(key) = key(room, &stay) {
            state.opened.set(Some(Opened::Stay(key)));
        }
    } else if closest(&target, "[data-action='clean']").is_some() {
        clean(state, room);
    } else if let Some(from) = date.filter(|_| closest(&target, "[data-track]").is_some()) {
        let nights = 1;
        let stretch = Stretch { room, from, nights };
        state.cursor.set(Some(stretch));
        state.open(stretch);
    }
}

/// The mouse may go on to drag a stay, or to mark several nights.
pub(super) fn pressed(state: State, event: &PointerEvent) {
    state.dragged.set_value(false);
    state.press.set_value(None);
    state.drag.set(None);
    let Some((target, room)) =
        target(event).and_then(|target| Some((target.clone(), room(&target)?)))
    else {
        return;
    };
    if event.button() != 0 || state.hand.get_untracked().is_some() {
        return;
    }
    let is_mouse = event.pointer_type() == "mouse";
    let from = date(state, event.client_x());
    if let Some(stay) = closest(&target, "[data-stay]") {
        let press = from.and_then(|from| press(state, event, &stay, room, from));
        state.press.set_value(press);
        if !is_mouse {
            Timeout::new(REST_MS, move || {
                if state.press.try_get_value() == Some(press) {
                    take_up(state);
                }
            })
            .forget();
        }
    } else if is_mouse && closest(&target, "[data-track]").is_some() {
        let nights = 0;
        state
            .drag
            .set(from.map(|from| Stretch { room, from, nights }));
    }
}

fn press(
    state: State,
    event: &PointerEvent,
    stay: &Element,
    room: RoomId,
    date: Date,
) -> Option<Press> {
    let key = key(room, stay)?;
    let arrival = state.desk.with_now(|hotel| hotel.stay(key))?.view.arrival;
    let rect = stay.get_bounding_client_rect();
    let x = f64::from(event.client_x());
    let end = END.min(rect.width() / 4.0);
    let goes_on = |side| stay.class_list().contains(side);
    let grip = if x < rect.left() + end && !goes_on("cut-left") {
        Grip::Arrival
    } else if x > rect.right() - end && !goes_on("cut-right") {
        Grip::Departure
    } else {
        Grip::Whole
    };
    Some(Press {
        key,
        grip,
        offset: date.days_since(arrival),
        pointer: event.pointer_id(),
        at: (event.client_x(), event.client_y()),
    })
}

/// The stay that is pressed is in one's hand from now on.
fn take_up(state: State) {
    let Some(press) = state.press.get_value() else {
        return;
    };
    state.press.set_value(None);
    if let Some(area) = state.area.get_untracked() {
        // Refused for a pointer that is up by now: then nothing moves, and nothing is dragged.
        let _captured = area.set_pointer_capture(press.pointer);
    }
    let offset = press.offset;
    state.take_up(press.key, press.grip, By::Pointer { offset });
    state.pointer.set_value(press.at);
}

pub(super) fn moved(state: State, event: &PointerEvent) {
    let at = (event.client_x(), event.client_y());
    if let Some(press) = state.press.get_value() {
        let is_far = (at.0 - press.at.0).abs().max((at.1 - press.at.1).abs()) > FAR;
        if !is_far {
            return;
        }
        if event.pointer_type() == "mouse" && event.buttons() & 1 != 0 {
            take_up(state);
        }
        state.press.set_value(None);
    }
    if offset(state).is_some() {
        let was_at_edge = edge(state).is_some();
        state.pointer.set_value(at);
        drag(state);
        if !was_at_edge {
            scroll_on(state);
        }
        return;
    }
    let Some(drag) = state.drag.get_untracked() else {
        return;
    };
    if event.buttons() & 1 == 0 {
        state.drag.set(None);
        return;
    }
    // Only where the mouse is from left to right counts.
    let nights = date(state, at.0).map_or(drag.nights, |to| to.days_since(drag.from).max(0));
    if nights != drag.nights {
        state.drag.set(Some(Stretch { nights, ..drag }));
    }
}

/// A drag ends with what it was for.
pub(super) fn released(state: State) {
    state.press.set_value(None);
    if offset(state).is_none() {
        return;
    }
    state.dragged.set_value(true);
    if is_over_lane(state) {
        state.park();
    } else {
        state.put_down();
    }
}

/// The browser has taken the pointer for something else, such as scrolling.
pub(super) fn cancelled(state: State) {
    state.press.set_value(None);
    state.drag.set(None);
    if offset(state).is_some() {
        state.let_go();
    }
}

/// A finger that drags a stay does not scroll.
pub(super) fn touched(state: State, event: &Event) {
    if offset(state).is_some() {
        event.prevent_default();
    }
}

/// How many days after the arrival the stay is held that is being dragged.
fn offset(state: State) -> Option<i32> {
    match state.hand.get_untracked()?.by {
        By::Pointer { offset } => Some(offset),
        By::Steps => None,
    }
}

/// The stay goes to where the pointer is.
fn drag(state: State) {
    let Some(Hand {
        carried,
        by: By::Pointer { offset },
    }) = state.hand.get_untracked()
    else {
        return;
    };
    let (x, _) = state.pointer.get_value();
    let room = below(state).and_then(|element| room(&element));
    if let Some(date) = date(state, x) {
        let room = room.unwrap_or(carried.at.room);
        state.carry(|carried| carried.over(room, date, offset));
    }
}

/// What is below the pointer, which the board has captured.
fn below(state: State) -> Option<Element> {
    let (x, y) = state.pointer.get_value();
    document().element_from_point(x as f32, y as f32)
}

fn is_over_lane(state: State) -> bool {
    below(state).is_some_and(|element| closest(&element, "[data-lane]").is_some())
}

/// How far the board scrolls in a frame, as long as something is dragged along its edge.
fn edge(state: State) -> Option<(HtmlDivElement, i32, i32)> {
    offset(state)?;
    let area = state.area.get_untracked()?;
    let rect = area.get_bounding_client_rect();
    let (x, y) = state.pointer.get_value();
    let track = area.query_selector("[data-room] > :first-child").ok()??;
    let left = track.get_bounding_client_rect().right() as i32;
    let by = |at: i32, from: i32, to: i32| match () {
        () if at < from + EDGE => -SCROLL,
        () if at > to - EDGE => SCROLL,
        () => 0,
    };
    let top = rect.top() as i32 + i32::try_from(HEAD_HEIGHT).unwrap_or_default();
    let (across, down) = (
        by(x, left, rect.right() as i32),
        by(y, top, rect.bottom() as i32),
    );
    (across != 0 || down != 0).then_some((area, across, down))
}

fn scroll_on(state: State) {
    if let Some((area, across, down)) = edge(state) {
        area.scroll_by_with_x_and_y(f64::from(across), f64::from(down));
        drag(state);
        request_animation_frame(move || scroll_on(state));
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

fn key(room: RoomId, stay: &Element) -> Option<StayKey> {
    let booking = stay.get_attribute("data-stay")?.parse().ok()?;
    Some(StayKey { room, booking })
}

/// The date of the column. All rooms' are the same.
fn date(state: State, x: i32) -> Option<Date> {
    let area = state.area.get_untracked()?;
    let track = area.query_selector("[data-track]").ok()??;
    let track = track.get_bounding_client_rect();
    let fraction = (f64::from(x) - track.left()) / track.width();
    Some(state.window.get_untracked().date_at(fraction))
}
