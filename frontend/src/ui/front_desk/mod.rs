//! The front desk's page.
//!
//! ```text
//! state         the window, the cursor, what is open: what the parts of the page share
//! toolbar       dates, range, "Book…"
//! board         the scroll area: which lines are drawn
//! dates         its head
//! group_row, room_row    its lines
//! overlay       today, the cursor, what the mouse marks
//! pointer, keyboard      what is done to it
//! book_dialog, stay_dialog
//! ```

mod board;
mod book_dialog;
mod dates;
mod group_row;
mod keyboard;
mod overlay;
mod pointer;
mod room_row;
mod state;
mod stay_dialog;
mod toolbar;

use leptos::prelude::*;
use shared::bookings::StayKey;
use shared::rooms::RoomId;

use self::board::Board;
use self::book_dialog::BookDialog;
use self::state::{Opened, State, Stretch};
use self::stay_dialog::StayDialog;
use self::toolbar::Toolbar;
use super::desk::Desk;
use super::focus::focus;
use super::notices::{NoticeBoard, Place, Way};
use super::today::use_today;
use super::top_bar::TopBar;
use crate::hotel::{Role, Session};
use crate::model::occupancy;

#[component]
pub(super) fn FrontDesk(session: Session, sign_out: impl Fn() + Copy + 'static) -> impl IntoView {
    let desk = Desk::open(session);
    let state = State::new(desk, use_today());
    view! {
        <TopBar role=Role::FrontDesk freshness=desk.freshness sign_out>
            <Figures state />
        </TopBar>
        <main
            class="front-desk"
            data-page="front-desk"
            class:stale=move || desk.freshness.is_stale()
        >
            <Toolbar state />
            <Board state />
        </main>
        {move || match state.opened.get() {
            None => ().into_any(),
            Some(Opened::Book(draft)) => view! { <BookDialog state draft /> }.into_any(),
            Some(Opened::Stay(key)) => view! { <StayDialog state key /> }.into_any(),
        }}
        <NoticeBoard
            desk
            go=move |way: Way| match way {
                Way::Show(place) => show(state, &place),
                Way::Correct(correction) => state.correct(correction),
            }
        />
    }
}

/// Brings what an outcome speaks of into sight, with the keyboard on it.
fn show(state: State, place: &Place) {
    let today = state.today.get_untracked();
    let at = match place.key.parse::<StayKey>() {
        Ok(key) => {
            let stay = state.desk.with_now(|hotel| hotel.stay(key));
            stay.map(|stay| (key.room, stay.view.arrival))
        }
        Err(_) => place.key.parse::<RoomId>().ok().map(|room| (room, today)),
    };
    let Some((room, from)) = at else {
        return;
    };
    let nights = 1;
    keyboard::go(state, Stretch { room, from, nights });
    if let Some(area) = state.area.get_untracked() {
        focus(&area);
    }
}

/// The figures of today.
#[component]
fn Figures(state: State) -> impl IntoView {
    let figures = move || {
        let today = state.today.get();
        let figures = state.desk.with_all(|hotel| occupancy::today(hotel, today));
        let named = [
            ("Arriving", figures.arrivals),
            ("Leaving", figures.departures),
            ("In house", figures.in_house),
            ("To clean", figures.dirty),
        ];
        named.map(|(name, number)| {
            view! {
                <div class="figure">
                    <dt>{name}</dt>
                    <dd>{number}</dd>
                </div>
            }
        })
    };
    view! {
        <dl class="figures" aria-label="Today">
            {figures}
        </dl>
    }
}
