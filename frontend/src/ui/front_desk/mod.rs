//! The front desk's page, and the manager's.
//!
//! ```text
//! state         the window, the cursor, what is open: what the parts of the page share
//! toolbar       dates, range, "Book…"
//! board         the scroll area: which lines are drawn
//! dates         its head
//! group_row, room_row    its lines
//! overlay       today, the cursor, what the mouse marks
//! pointer, keyboard      what is done to it
//! presence      who else looks at a stay
//! hand          the stay that is being moved, and the lane
//! day           the lists of today
//! search        stays by name, room, number
//! book_dialog, stay_dialog
//! ```

mod board;
mod book_dialog;
mod dates;
mod day;
mod group_row;
mod hand;
mod keyboard;
mod overlay;
mod pointer;
mod presence;
mod room_row;
mod search;
mod state;
mod stay_dialog;
mod toolbar;

use leptos::either::EitherOf3;
use leptos::prelude::*;
use shared::Date;
use shared::bookings::StayKey;
use shared::rooms::RoomId;

use self::board::Board;
use self::book_dialog::BookDialog;
use self::day::Day;
use self::search::Search;
use self::state::{Opened, State, Stretch};
use self::stay_dialog::StayDialog;
use self::toolbar::Toolbar;
use super::address;
use super::desk::Desk;
use super::focus::focus;
use super::keeping::keep_copies;
use super::notices::{NoticeBoard, Place, Way};
use super::queue::{self, Queue};
use super::staff::Staff;
use super::today::use_today;
use super::top_bar::TopBar;
use crate::hotel::Session;
use crate::model::occupancy;
use crate::model::who::Role;

/// In the query of the address: what is shown.
const PAGE: &str = "page";

/// What is shown below the top bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Board,
    Day,
    Staff,
}

impl Page {
    /// What the role can look at.
    fn of(role: Role) -> &'static [Self] {
        match role {
            Role::Manager => &[Self::Board, Self::Day, Self::Staff],
            _ => &[Self::Board, Self::Day],
        }
    }

    /// Its name there; the board has none.
    fn as_str(self) -> &'static str {
        match self {
            Self::Board => "",
            Self::Day => "day",
            Self::Staff => "staff",
        }
    }

    /// Turns to it, and has a link to the page lead there.
    fn open(self, shown: RwSignal<Self>) {
        address::set_query(PAGE, self.as_str());
        shown.set(self);
    }

    /// The value of `data-action` of what leads there, and what stands on it.
    fn tab(self) -> (&'static str, &'static str) {
        match self {
            Self::Board => ("show-board", "Board"),
            Self::Day => ("show-day", "Today"),
            Self::Staff => ("show-staff", "Staff"),
        }
    }
}

/// The page of the front desk, and of a manager, who sees the staff as well.
#[component]
pub(super) fn FrontDesk(
    session: Session,
    sign_out: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let who = session.who().clone();
    let pages = Page::of(who.role());
    let desk = Desk::open(session);
    keep_copies(desk);
    let asked = address::query(PAGE);
    let mut asked_for = pages
        .iter()
        .filter(|page| asked.as_deref() == Some(page.as_str()));
    let page = asked_for.next().copied().unwrap_or(Page::Board);
    let state = State::new(desk, use_today(), page);
    let shown = state.page;
    let go = move |way: Way| match way {
        Way::Show(place) => state.on_board(move || show(state, &place)),
        Way::Correct(correction) => {
            Page::Board.open(shown);
            state.correct(correction);
        }
    };
    view! {
        <TopBar who freshness=desk.freshness sign_out=move || queue::leave(desk, sign_out)>
            <Pages pages shown />
            <Search state show=move |place: &Place| go(Way::Show(place.clone())) />
            <Figures state />
        </TopBar>
        {move || match shown.get() {
            Page::Board => EitherOf3::A(view! {
                <main
                    class="front-desk"
                    data-page="front-desk"
                    class:stale=move || desk.freshness.is_stale()
                >
                    <Toolbar state />
                    <Board state />
                </main>
            }),
            Page::Day => EitherOf3::B(view! { <Day state /> }),
            Page::Staff => EitherOf3::C(view! { <Staff desk /> }),
        }}
        {move || match state.opened.get() {
            None => ().into_any(),
            Some(Opened::Book(draft)) => view! { <BookDialog state draft /> }.into_any(),
            Some(Opened::Stay(key)) => view! { <StayDialog state key /> }.into_any(),
        }}
        <Queue desk sign_out />
        <NoticeBoard desk go />
    }
}

/// Brings what an outcome speaks of into sight, with the keyboard on it.
fn show(state: State, place: &Place) {
    if let Ok(key) = place.key.parse::<StayKey>() {
        show_stay(state, key);
    } else if let Ok(room) = place.key.parse::<RoomId>() {
        show_night(state, room, state.today.get_untracked());
    }
}

fn show_stay(state: State, key: StayKey) {
    if let Some(stay) = state.desk.with_now(|hotel| hotel.stay(key)) {
        show_night(state, key.room, stay.view.arrival);
    }
}

fn show_night(state: State, room: RoomId, from: Date) {
    let nights = 1;
    state.unfold(room);
    keyboard::go(state, Stretch { room, from, nights });
    if let Some(area) = state.area.get_untracked() {
        focus(&area);
    }
}

/// What there is to look at.
#[component]
fn Pages(pages: &'static [Page], shown: RwSignal<Page>) -> impl IntoView {
    let tab = move |page: Page| {
        let (action, label) = page.tab();
        let is_shown = move || shown.get() == page;
        view! {
            <button
                data-action=action
                aria-current=move || is_shown().then_some("page")
                on:click=move |_| page.open(shown)
            >
                {label}
            </button>
        }
    };
    view! {
        <nav class="joined pages" aria-label="Pages">
            {pages.iter().copied().map(tab).collect_view()}
        </nav>
    }
}

/// The figures of today.
#[component]
fn Figures(state: State) -> impl IntoView {
    let figures = Memo::new(move |_| {
        let today = state.today.get();
        state.desk.with_all(|hotel| occupancy::today(hotel, today))
    });
    let figures = move || {
        let figures = figures.get();
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
