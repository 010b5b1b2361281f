//! The front desk's page.
//!
//! ```text
//! state         the window, the cursor, what is open: what the parts of the page share
//! toolbar       dates, range, "Book…"
//! board         the scroll area: which lines are drawn
//! dates         its head
//! group_row, room_row    its lines
//! pointer, keyboard      what is done to it
//! book_dialog, stay_dialog
//! ```

mod board;
mod book_dialog;
mod dates;
mod group_row;
mod keyboard;
mod pointer;
mod room_row;
mod state;
mod stay_dialog;
mod toolbar;

use leptos::prelude::*;

use self::board::Board;
use self::book_dialog::BookDialog;
use self::state::{Opened, State};
use self::stay_dialog::StayDialog;
use self::toolbar::Toolbar;
use super::desk::Desk;
use super::notices::NoticeBoard;
use super::today::use_today;
use super::top_bar::TopBar;
use crate::hotel::{Role, Session};
use crate::model::occupancy::{self, Today};

#[component]
pub(super) fn FrontDesk(
    session: Session,
    sign_out: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let desk = Desk::open(session);
    let state = State::new(desk, use_today());
    view! {
        <TopBar role=Role::FrontDesk freshness=desk.freshness sign_out>
            <Figures state />
        </TopBar>
        <main
            class="front-desk"
            data-page="front-desk"
            class:stale=move || desk.freshness.has_data() && !desk.freshness.is_live()
        >
            <Toolbar state />
            <Board state />
        </main>
        {move || match state.opened.get() {
            None => ().into_any(),
            Some(Opened::Book(draft)) => view! { <BookDialog state draft /> }.into_any(),
            Some(Opened::Stay(key)) => view! { <StayDialog state key /> }.into_any(),
        }}
        <NoticeBoard notices=desk.notices />
    }
}

/// The figures of today.
#[component]
fn Figures(state: State) -> impl IntoView {
    let figures = Memo::new(move |_| {
        let today = state.today.get();
        state.desk.with_all(|hotel| occupancy::today(hotel, today))
    });
    let figure = move |label: &'static str, of: fn(&Today) -> u32| {
        view! {
            <div class="figure">
                <dt>{label}</dt>
                <dd>{move || figures.with(of)}</dd>
            </div>
        }
    };
    view! {
        <dl class="figures" aria-label="Today">
            {figure("Arriving", |today| today.arrivals)}
            {figure("Leaving", |today| today.departures)}
            {figure("In house", |today| today.in_house)}
            {figure("To clean", |today| today.dirty)}
        </dl>
    }
}
