//! A stay in detail, and what can be done with it.

use leptos::either::Either;
use leptos::prelude::*;
use shared::Date;
use shared::bookings::StayKey;
use shared::outcome::Refusal;

use super::hand::By;
use super::presence::Watchers;
use super::show_stay;
use super::state::State;
use crate::model::carry::{self, Grip};
use crate::model::deeds::{self, Deed};
use crate::model::hotel::ShownStay;
use crate::model::row;
use crate::model::words;
use crate::ui::dialog::Dialog;

#[component]
pub(super) fn StayDialog(state: State, key: StayKey) -> impl IntoView {
    let close = RwSignal::new(false);
    view! {
        <Dialog
            name="stay"
            labelled_by="stay-title"
            close
            on_closed=move || state.opened.set(None)
        >
            {move || match state.desk.with_all(|hotel| hotel.stay(key)) {
                None => Either::Left(view! {
                    <h2 id="stay-title">"This stay is no longer on the board"</h2>
                }),
                Some(stay) => {
                    let today = state.today.get();
                    Either::Right(view! { <Details state stay today close /> })
                }
            }}
            <Watchers state key />
            <div class="actions">
                <Move state key close />
                <button data-action="close" on:click=move |_| close.set(true)>"Close"</button>
            </div>
        </Dialog>
    }
}

/// Takes the stay up, if it can have another place.
#[component]
fn Move(state: State, key: StayKey, close: RwSignal<bool>) -> impl IntoView {
    let take_up = move |_| {
        close.set(true);
        state.on_board(move || {
            state.take_up(key, Grip::Whole, By::Steps);
            show_stay(state, key);
        });
    };
    let can = move || {
        let stay = state.desk.with_all(|hotel| hotel.stay(key));
        stay.is_some_and(|stay| carry::is_movable(&stay.view))
    };
    move || can().then(|| view! { <button data-action="move" on:click=take_up>"Move…"</button> })
}

#[component]
fn Details(state: State, stay: ShownStay, today: Date, close: RwSignal<bool>) -> impl IntoView {
    let view = &stay.view;
    let room = state.desk.with_now(|hotel| hotel.room(view.room));
    let room = room.map(|room| {
        let room_type = words::room_type(&room.view.room_type);
        format!("{} · {room_type}", room.view.name)
    });
    let facts = [
        ("Room", room.unwrap_or_else(|| view.room.to_string())),
        ("Arrives", words::day_and_year(view.arrival)),
        ("Leaves", words::day_and_year(view.departure())),
        ("Stays", words::nights(view.nights)),
        ("Guest’s number", view.client.id.to_string()),
        ("Booking", view.booking().to_string()),
    ];
    view! {
        <h2 id="stay-title">{row::guest(view)}</h2>
        <p class="stay-status" data-status=view.status.as_str()>
            {words::capital(words::status(view.status))}
            {stay.pending.map(|progress| format!(" · {}", words::progress(progress)))}
        </p>
        <dl class="facts">
            {facts.map(|(term, fact)| view! {
                <div>
                    <dt>{term}</dt>
                    <dd>{fact}</dd>
                </div>
            })}
        </dl>
        <div class="deeds">
            {deeds::deeds(view, today)
                .into_iter()
                .enumerate()
                .map(|(index, deed)| {
                    let arrival = stay.view.arrival;
                    view! { <Action state arrival deed is_first=index == 0 today close /> }
                })
                .collect_view()}
        </div>
    }
}

/// The button, or why it cannot be pressed: what the rules say to it today.
#[component]
fn Action(
    state: State,
    arrival: Date,
    deed: Deed,
    is_first: bool,
    today: Date,
    close: RwSignal<bool>,
) -> impl IntoView {
    let Deed { wish, action, text } = deed;
    let decided = state.desk.with_now(|hotel| hotel.decide(&wish));
    let refusal = decided
        .err()
        .map(|refusal| in_other_words(refusal, today, arrival));
    let is_refused = refusal.is_some();
    let id = format!("{action}-refusal");
    let act = move |_| {
        close.set(true);
        state.desk.send_or_tell(wish.clone());
    };
    view! {
        {refusal.map(|refusal| view! {
            <p class="hint" id=id.clone() data-refusal=refusal.code.into_owned()>
                {refusal.message}
            </p>
        })}
        <button
            class="wide"
            class:primary=is_first
            data-action=action
            disabled=is_refused
            aria-describedby=id
            on:click=act
        >
            {text}
        </button>
    }
}

/// The rules know stays by guest and date; whoever looks at a stay wants to hear of its dates.
fn in_other_words(refusal: Refusal, today: Date, arrival: Date) -> Refusal {
    if refusal.code != "no-such-stay" {
        return refusal;
    }
    let message = if today < arrival {
        format!(
            "Check-in opens on {}, the day of arrival.",
            words::day_and_year(arrival)
        )
    } else {
        "The stay is over, and nobody was checked in.".to_owned()
    };
    Refusal { message, ..refusal }
}
