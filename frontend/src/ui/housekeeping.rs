//! Housekeeping's page, for a phone in one hand: the rooms to clean, and "Done".

use leptos::prelude::*;
use shared::housekeeping::Cleanup;

use super::desk::Desk;
use super::focus::focus_soon;
use super::notices::{NoticeBoard, Way};
use super::today::use_today;
use super::top_bar::TopBar;
use crate::hotel::Session;
use crate::model::chores::{Chore, chores};
use crate::model::errand::Progress;
use crate::model::wish::Wish;
use crate::model::words;

#[component]
pub(super) fn Housekeeping(
    session: Session,
    sign_out: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let who = session.who().clone();
    let desk = Desk::open(session);
    let today = use_today();
    let of = move |to_clean: bool| {
        let today = today.get();
        let mut chores = desk.with_all(|hotel| chores(hotel, today));
        chores.retain(|chore| chore.housekeeping.needs_cleaning() == to_clean);
        chores
    };
    let clean = move |chore: &Chore| {
        let wish = Wish::Clean(Cleanup {
            room: chore.room.into(),
            date: today.get_untracked(),
        });
        desk.send_or_tell(wish);
    };
    let items = move |to_clean: bool| {
        let items = of(to_clean).into_iter();
        items
            .map(|chore| view! { <Item chore clean /> })
            .collect_view()
    };
    let to_clean = move || {
        let number = u32::try_from(of(true).len()).unwrap_or(u32::MAX);
        match number {
            0 => "Every room is clean".to_owned(),
            number => format!("{} to clean", words::count(number, "room", "rooms")),
        }
    };
    focus_soon("main");
    view! {
        <TopBar who freshness=desk.freshness sign_out />
        <main
            tabindex="-1"
            class="housekeeping"
            data-page="housekeeping"
            class:stale=move || desk.freshness.is_stale()
        >
            <Show
                when=move || desk.freshness.has_data()
                fallback=|| view! { <div class="skeleton" aria-hidden="true"></div> }
            >
                <h1>{to_clean}</h1>
                <ul class="chores">
                    {move || items(true)}
                </ul>
                <h2>"Clean"</h2>
                <ul class="chores">
                    {move || items(false)}
                </ul>
            </Show>
        </main>
        <NoticeBoard desk go=|_: Way| {} />
    }
}

#[component]
fn Item(chore: Chore, clean: impl Fn(&Chore) + Copy + 'static) -> impl IntoView {
    let mark = chore.housekeeping;
    let about = format!("{}, floor {}", chore.room_type, chore.floor);
    let done = mark.needs_cleaning().then(|| {
        let label = format!("Room {} is clean now", chore.name);
        let chore = chore.clone();
        view! {
            <button
                class="primary"
                data-action="clean"
                aria-label=label
                on:click=move |_| clean(&chore)
            >
                "Done"
            </button>
        }
    });
    view! {
        <li data-room=chore.room.get()>
            <strong>{chore.name}</strong>
            <p>
                <span>{about}</span>
                <span>{chore.note}</span>
            </p>
            <span
                class="mark"
                data-housekeeping=mark.as_str()
                data-pending=chore.pending.map(Progress::as_str)
            >
                <span>{words::housekeeping(mark)}</span>
            </span>
            {done}
        </li>
    }
}
