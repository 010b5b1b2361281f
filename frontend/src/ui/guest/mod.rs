//! The page for everybody: what is free, by type and night, and a room that is held until one has made up one's mind.

mod hold;

use futures_util::StreamExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Date;
use shared::rooms::RoomType;

use self::hold::{HoldPanel, Stage};
use super::focus::focus_soon;
use super::freshness::Freshness;
use super::today::use_today;
use super::top_bar::TopBar;
use crate::hotel::{FeedUpdate, Session, View};
use crate::model::guest_hold::Choice;
use crate::model::vacancy::{TypeVacancy, Vacancy};
use crate::model::window::Window;
use crate::model::words;

const NIGHTS: u16 = 14;

/// With so few rooms left, one had better hurry.
const FEW: u32 = 2;

/// The public view and whether it is current.
#[derive(Debug, Clone, Copy)]
struct Shown {
    vacancy: RwSignal<Vacancy>,
    freshness: Freshness,
}

impl Shown {
    fn watch(session: &Session) -> Self {
        let shown = Self {
            vacancy: RwSignal::new(Vacancy::default()),
            freshness: Freshness::of(session),
        };
        for view in View::of(session.role()) {
            let mut updates = session.watch(*view);
            spawn_local(async move {
                while let Some(update) = updates.next().await {
                    shown.take(&update);
                    shown.freshness.note(*view, &update);
                }
            });
        }
        shown
    }

    fn take(self, update: &FeedUpdate) {
        if !update.reset && update.entries.is_empty() {
            return;
        }
        let mut unreadable = None;
        self.vacancy.try_update(|vacancy| {
            if update.reset {
                vacancy.clear();
            }
            for entry in &update.entries {
                let taken = vacancy.apply(entry.key(), entry.revision(), entry.value());
                unreadable = taken.err().or(unreadable.take());
            }
        });
        if let Some(error) = unreadable {
            self.freshness.cannot_read(error.to_string());
        }
    }
}

#[component]
pub(super) fn Guest(session: Session, sign_out: impl Fn() + Copy + 'static) -> impl IntoView {
    let who = session.who().clone();
    let shown = Shown::watch(&session);
    let today = use_today();
    let chosen = RwSignal::new(None::<Date>);
    let window = move || Window {
        first: chosen.get().unwrap_or_else(|| today.get()),
        days: NIGHTS,
    };
    let stage = Stage::new(session);
    let types = move || shown.vacancy.with(|vacancy| vacancy.in_window(window()));
    focus_soon("main");
    view! {
        <TopBar who freshness=shown.freshness sign_out />
        <main
            tabindex="-1"
            class="guest"
            data-page="guest"
            class:stale=move || shown.freshness.is_stale()
        >
            <div class="guest-head">
                <h1>"Free rooms"</h1>
                <label class="field">
                    <span>"From"</span>
                    <input
                        type="date"
                        name="from"
                        prop:value=move || window().first.to_string()
                        on:change:target=move |event| {
                            chosen.set(event.target().value().parse().ok());
                        }
                    />
                </label>
            </div>
            <Show
                when=move || shown.freshness.has_data()
                fallback=|| view! { <div class="skeleton" aria-hidden="true"></div> }
            >
                <div class="types">
                    {move || types()
                        .into_iter()
                        .map(|of_type| view! { <TypeCard of_type stage /> })
                        .collect_view()}
                </div>
                {move || types().is_empty().then(|| view! {
                    <p class="empty">"This hotel has no rooms yet."</p>
                })}
            </Show>
            <HoldPanel stage vacancy=shown.vacancy />
        </main>
    }
}

#[component]
fn TypeCard(of_type: TypeVacancy, stage: Stage) -> impl IntoView {
    let TypeVacancy {
        room_type,
        rooms,
        nights,
    } = of_type;
    let (name, title) = (room_type.to_string(), words::room_type(&room_type));
    view! {
        <section class="card type" data-type=name>
            <h2>
                {title}
                <small>{words::count(rooms, "room", "rooms")}</small>
            </h2>
            <ol class="free-nights">
                {nights
                    .into_iter()
                    .map(|(date, free)| {
                        let room_type = room_type.clone();
                        view! { <Night room_type date free stage /> }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}

#[component]
fn Night(room_type: RoomType, date: Date, free: u32, stage: Stage) -> impl IntoView {
    let text = match free {
        0 => "full".to_owned(),
        free => free.to_string(),
    };
    let of_rooms = match free {
        0 => "",
        1 => " room is free",
        _ => " rooms are free",
    };
    let is_chosen = {
        let room_type = room_type.clone();
        move || stage.has_chosen(&room_type, date)
    };
    view! {
        <li
            data-night=date.to_string()
            data-free=free
            class:full=free == 0
            class:few=(1..=FEW).contains(&free)
            class:weekend=date.weekday().is_weekend()
        >
            <button
                disabled=free == 0
                aria-pressed=move || is_chosen().to_string()
                on:click=move |_| stage.choose(Choice::of_a_night(room_type.clone(), date))
            >
                <small>
                    <span>{words::weekday(date.weekday())}</span>
                    " "
                    <span>{words::day_of_month(date)}</span>
                </small>
                <b>{text}</b>
                <span class="unseen">{of_rooms}</span>
            </button>
        </li>
    }
}
