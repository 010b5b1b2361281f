//! What the parts of the front desk's page share.

use std::collections::BTreeSet;
use std::ops::Range;

use leptos::html;
use leptos::prelude::*;
use shared::Date;
use shared::bookings::{Span, StayKey};
use shared::rooms::{RoomId, RoomType};

use super::Page;
use super::hand::Hand;
use super::pointer::Press;
use super::presence;
use crate::model::booking_form::{BookingForm, Correction, Field, FieldError};
use crate::model::carry::{self, Place};
use crate::model::hotel::ShownRoom;
use crate::model::lines::{Heights, Lines};
use crate::model::presence::Others;
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
pub(super) const RANGES: [u16; 5] = [7, 14, 30, 60, 90];
/// In the query: how many days, from when, and which types are folded.
const DAYS: &str = "days";
const FIRST: &str = "from";
const FOLD: &str = "fold";
/// No room type has it in its name.
const FOLD_SEPARATOR: &str = ".";

/// From this width on, in CSS pixels, a month fits.
const WIDE: f64 = 1000.0;

/// A handle; copies are the same.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) desk: Desk,
    pub(super) today: RwSignal<Date>,
    pub(super) page: RwSignal<Page>,
    pub(super) window: RwSignal<Window>,
    pub(super) lines: Memo<Lines>,
    /// The room types of which only the head is shown.
    pub(super) folded: RwSignal<BTreeSet<RoomType>>,
    /// What the keyboard is at: one night.
    pub(super) cursor: RwSignal<Option<Stretch>>,
    /// What is being marked with the mouse. Without nights as long as the mouse is where it was pressed.
    pub(super) drag: RwSignal<Option<Stretch>>,
    /// The stay in one's hand, and those that wait in the lane.
    pub(super) hand: RwSignal<Option<Hand>>,
    pub(super) parked: RwSignal<Vec<StayKey>>,
    /// What other users look at.
    pub(super) others: RwSignal<Others>,
    /// The stay that is pressed, where the pointer was last while something was dragged, and whether the next click is the end
    /// of that.
    pub(super) press: StoredValue<Option<Press>>,
    pub(super) pointer: StoredValue<(i32, i32)>,
    pub(super) dragged: StoredValue<bool>,
    pub(super) opened: RwSignal<Option<Opened>>,
    /// What of the lines is visible, in CSS pixels, and which of them are drawn.
    pub(super) visible: RwSignal<Range<u32>>,
    pub(super) drawn: Memo<Range<usize>>,
    pub(super) area: NodeRef<html::Div>,
}

/// Nights of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) room: RoomId,
    pub(super) from: Date,
    pub(super) nights: i32,
}

impl Stretch {
    /// Its nights, if it has any.
    pub(super) fn span(self) -> Option<Span> {
        Span::until(self.from, self.from.plus_days(self.nights))
    }
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
    pub(super) fn new(desk: Desk, today: RwSignal<Date>, page: Page) -> Self {
        let folded = RwSignal::new(folded_in_address());
        let lines = Memo::new(move |_| {
            let today = today.get();
            desk.with_rooms(|hotel| {
                let rooms = hotel.rooms().filter(|room| room.is_there_on(today));
                folded.with(|folded| Lines::of(rooms, HEIGHTS, folded))
            })
        });
        let visible = RwSignal::new(0..window_height());
        let state = Self {
            desk,
            today,
            page: RwSignal::new(page),
            folded,
            window: RwSignal::new(first_window(today.get_untracked())),
            lines,
            visible,
            drawn: Memo::new(move |_| lines.with(|lines| lines.in_view(visible.get()))),
            hand: RwSignal::new(None),
            parked: RwSignal::new(Vec::new()),
            others: RwSignal::new(Others::default()),
            press: StoredValue::new(None),
            pointer: StoredValue::new((0, 0)),
            dragged: StoredValue::new(false),
            cursor: RwSignal::new(None),
            drag: RwSignal::new(None),
            opened: RwSignal::new(None),
            area: NodeRef::new(),
        };
        state.follow_today();
        presence::follow(state);
        state
    }

    /// Turns to the board, and does something there.
    pub(super) fn on_board(self, then: impl FnOnce() + 'static) {
        let is_there = self.page.get_untracked() == Page::Board;
        Page::Board.open(self.page);
        if is_there {
            then();
        } else {
            // As soon as there is a board to do it on.
            request_animation_frame(then);
        }
    }

    /// Opens what is there: the stay, or a new booking.
    pub(super) fn open(self, stretch: Stretch) {
        let Stretch { room, from, nights } = stretch;
        let (spot, wrong) = self.desk.with_now(|hotel| {
            let wrong = stretch
                .span()
                .and_then(|span| carry::taken(hotel, Place { room, span }));
            (row::spot(hotel, room, from), wrong)
        });
        let wrong = wrong.map(|refusal| FieldError {
            field: Field::Nights,
            message: refusal.message,
        });
        self.opened.set(Some(match spot {
            Spot::Taken(booking) => Opened::Stay(StayKey { room, booking }),
            Spot::Free => Opened::Book(Draft {
                wrong,
                ..Draft::new(Some(room), from, nights)
            }),
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

    /// Shows the rooms of the type, or no longer.
    pub(super) fn fold(self, room_type: &RoomType) {
        let is_of_it = |room: RoomId| {
            let room = self.desk.with_now(|hotel| hotel.room(room));
            room.is_some_and(|room| room.view.room_type == *room_type)
        };
        // The keyboard cannot be at a room that is not there.
        if self
            .cursor
            .get_untracked()
            .is_some_and(|at| is_of_it(at.room))
        {
            self.cursor.set(None);
        }
        self.folded.update(|folded| {
            if !folded.remove(room_type) {
                folded.insert(room_type.clone());
            }
        });
        self.note_folded();
    }

    /// Sees to it that the room has a line.
    pub(super) fn unfold(self, room: RoomId) {
        let room = self.desk.with_now(|hotel| hotel.room(room));
        if let Some(ShownRoom { view, .. }) = room
            && self
                .folded
                .with_untracked(|folded| folded.contains(&view.room_type))
        {
            self.fold(&view.room_type);
        }
    }

    fn note_folded(self) {
        let types = self.folded.with_untracked(|folded| {
            let types: Vec<&str> = folded.iter().map(RoomType::as_str).collect();
            types.join(FOLD_SEPARATOR)
        });
        address::set_query(FOLD, &types);
    }

    pub(super) fn show_from(self, first: Date) {
        self.window.update(|window| window.first = first);
        self.note_first();
    }

    /// Turns to the dates before, or after.
    pub(super) fn turn(self, later: bool) {
        self.window.update(|window| *window = window.turned(later));
        self.note_first();
    }

    /// A link to the page shows the same dates. Those around today are the usual ones, and stay that tomorrow.
    fn note_first(self) {
        let window = self.window.get_untracked();
        let usual = Window::around(self.today.get_untracked(), window.days);
        let first = (window != usual).then(|| window.first.to_string());
        address::set_query(FIRST, &first.unwrap_or_default());
    }

    pub(super) fn show_days(self, days: u16) {
        self.window.update(|window| window.days = days);
        address::set_query(DAYS, &days.to_string());
    }

    pub(super) fn show_today(self) {
        let today = self.today.get_untracked();
        self.window
            .update(|window| *window = Window::around(today, window.days));
        self.note_first();
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

/// The dates that the address asks for, or else those around today, as many as fit.
fn first_window(today: Date) -> Window {
    let asked = address::query(DAYS).and_then(|days| days.parse().ok());
    let days = asked.filter(|days| RANGES.contains(days));
    let window = Window::around(today, days.unwrap_or_else(days_that_fit));
    let first = address::query(FIRST).and_then(|first| first.parse().ok());
    first.map_or(window, |first| window.starting(first))
}

fn folded_in_address() -> BTreeSet<RoomType> {
    let types = address::query(FOLD).unwrap_or_default();
    let types = types.split(FOLD_SEPARATOR);
    types
        .filter_map(|room_type| room_type.parse().ok())
        .collect()
}

fn days_that_fit() -> u16 {
    let width = window().inner_width().ok().and_then(|width| width.as_f64());
    if width.is_some_and(|width| width < WIDE) {
        14
    } else {
        30
    }
}

fn window_height() -> u32 {
    let height = window().inner_height().ok();
    height.and_then(|height| height.as_f64()).unwrap_or(1_000.0) as u32
}
