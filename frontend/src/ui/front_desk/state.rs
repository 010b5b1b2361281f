//! What the parts of the front desk's page share.

use leptos::html;
use leptos::prelude::*;
use shared::Date;
use shared::bookings::StayKey;
use shared::rooms::RoomId;

use crate::model::booking_form::{BookingForm, Correction, FieldError};
use crate::model::lines::{Heights, Lines};
use crate::model::row::{self, Spot};
use crate::model::window::Window;
use crate::ui::address;
use crate::ui::desk::Desk;
use crate::ui::focus::focus;

/// In CSS pixels. High enough for a finger.
pub(super) const HEIGHTS: Heights = Heights {
    group: 36,
    room: 44,
};
/// The height of the dates above the lines, in CSS pixels.
pub(super) const HEAD_HEIGHT: u32 = 64;

/// How many days the board can show.
pub(super) const RANGES: [u16; 3] = [14, 30, 60];
/// From this width on, in CSS pixels, a month fits.
const WIDE: f64 = 1000.0;

/// A handle; copies are the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) desk: Desk,
    pub(super) today: RwSignal<Date>,
    pub(super) window: RwSignal<Window>,
    pub(super) lines: Memo<Lines>,
    /// What the keyboard is at: one night.
    pub(super) cursor: RwSignal<Option<Stretch>>,
    /// What is being marked with the mouse. Without nights as long as the mouse is where it was pressed.
    pub(super) drag: RwSignal<Option<Stretch>>,
    pub(super) opened: RwSignal<Option<Opened>>,
    pub(super) area: NodeRef<html::Div>,
}

/// Nights of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) room: RoomId,
    pub(super) from: Date,
    pub(super) nights: i32,
}

/// The dialog that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opened {
    Book(Draft),
    Stay(StayKey),
}

/// What the booking dialog is filled in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) form: BookingForm,
    /// What is wrong with it already.
    pub(super) wrong: Option<FieldError>,
}

impl Draft {
    fn new(room: Option<RoomId>, date: Date, nights: i32) -> Self {
        let form = BookingForm {
            room: room.map(|room| room.to_string()).unwrap_or_default(),
            date: date.to_string(),
            nights: nights.to_string(),
            ..BookingForm::default()
        };
        Self { form, wrong: None }
    }
}

impl State {
    pub(super) fn new(desk: Desk, today: RwSignal<Date>) -> Self {
        let state = Self {
            desk,
            today,
            window: RwSignal::new(first_window(today.get_untracked())),
            lines: Memo::new(move |_| {
                let today = today.get();
                desk.with_rooms(|hotel| {
                    let rooms = hotel.rooms().filter(|room| room.is_there_on(today));
                    Lines::of(rooms, HEIGHTS)
                })
            }),
            cursor: RwSignal::new(None),
            drag: RwSignal::new(None),
            opened: RwSignal::new(None),
            area: NodeRef::new(),
        };
        state.follow_today();
        state
    }

    /// Opens what is there: the stay, or a new booking.
    pub(super) fn open(self, stretch: Stretch) {
        let Stretch { room, from, nights } = stretch;
        let spot = self.desk.with_now(|hotel| row::spot(hotel, room, from));
        self.opened.set(Some(match spot {
            Spot::Taken(booking) => Opened::Stay(StayKey { room, booking }),
            Spot::Free => Opened::Book(Draft::new(Some(room), from, nights)),
        }));
    }

    /// Opens the booking dialog for what the keyboard is at, or else for today.
    pub(super) fn open_booking(self) {
        let cursor = self.cursor.get_untracked();
        let today = self.today.get_untracked();
        let (room, date) = (cursor.map(|at| at.room), cursor.map(|at| at.from));
        let draft = Draft::new(room, date.unwrap_or(today), 1);
        self.opened.set(Some(Opened::Book(draft)));
    }

    /// Opens the booking dialog with what was entered, and what is wrong with it.
    pub(super) fn correct(self, correction: Correction) {
        // The dialog gives the focus back to where it was. The notice is gone by then; the board is not.
        if let Some(area) = self.area.get_untracked() {
            focus(&area);
        }
        let Correction { form, wrong } = correction;
        let wrong = Some(wrong);
        self.opened.set(Some(Opened::Book(Draft { form, wrong })));
    }

    pub(super) fn show_from(self, first: Date) {
        self.window.update(|window| window.first = first);
    }

    pub(super) fn show_days(self, days: u16) {
        self.window.update(|window| window.days = days);
        address::set_query("days", &days.to_string());
    }

    pub(super) fn show_today(self) {
        let today = self.today.get_untracked();
        self.window
            .update(|window| *window = Window::around(today, window.days));
    }

    /// A board that shows today's usual window goes on to do so at midnight.
    fn follow_today(self) {
        let mut before = self.today.get_untracked();
        Effect::new(move || {
            let today = self.today.get();
            let shown = self.window.get_untracked();
            if today != before && Window::around(before, shown.days) == shown {
                self.show_today();
            }
            before = today;
        });
    }
}

/// As many days as the address asks for, or else as fit.
fn first_window(today: Date) -> Window {
    let asked = address::query("days").and_then(|days| days.parse().ok());
    let days = asked.filter(|days| RANGES.contains(days));
    Window::around(today, days.unwrap_or_else(days_that_fit))
}

fn days_that_fit() -> u16 {
    let width = window().inner_width().ok().and_then(|width| width.as_f64());
    if width.is_some_and(|width| width < WIDE) {
        14
    } else {
        30
    }
}
