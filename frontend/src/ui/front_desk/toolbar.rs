//! Above the board: which dates it shows, and "Book…".

use leptos::prelude::*;

use super::state::{RANGES, State};
use crate::model::due::Due;
use crate::model::words;

#[component]
pub(super) fn Toolbar(state: State) -> impl IntoView {
    let jump = move |text: String| {
        // An empty or half-written date leaves the board where it is.
        if let Ok(date) = text.parse() {
            state.show_from(date);
        }
    };
    let title = move || {
        let window = state.window.get();
        let last = window.end().plus_days(-1);
        format!(
            "{} – {}",
            words::day(window.first),
            words::day_and_year(last)
        )
    };
    view! {
        <div class="toolbar" role="toolbar" aria-label="Dates">
            <div class="joined">
                <button
                    data-action="previous"
                    aria-label="Earlier"
                    on:click=move |_| state.turn(false)
                >
                    "‹"
                </button>
                <button data-action="today" on:click=move |_| state.show_today()>
                    "Today"
                </button>
                <button data-action="next" aria-label="Later" on:click=move |_| state.turn(true)>
                    "›"
                </button>
            </div>
            <input
                class="jump"
                type="date"
                name="jump"
                aria-label="Show from"
                prop:value=move || state.window.get().first.to_string()
                on:change:target=move |event| jump(event.target().value())
            />
            <h1 class="shown-dates">{title}</h1>
            <Legend />
            <fieldset class="joined ranges">
                <legend class="unseen">"Days"</legend>
                {RANGES.map(|days| view! { <Range state days /> })}
            </fieldset>
            <button class="primary" data-action="book" on:click=move |_| state.open_booking()>
                "Book…"
            </button>
        </div>
    }
}

#[component]
fn Range(state: State, days: u16) -> impl IntoView {
    view! {
        <label>
            <input
                type="radio"
                name="days"
                value=days
                prop:checked=move || state.window.get().days == days
                on:change=move |_| state.show_days(days)
            />
            <span>{days}<span class="range-unit">" days"</span></span>
        </label>
    }
}

/// What the bars say, in the words of a front desk.
const LEGEND: [(&str, &str); 7] = [
    (Due::Arrival.as_str(), "Arriving"),
    (Due::LateArrival.as_str(), "Late"),
    (Due::InHouse.as_str(), "In house"),
    (Due::Departure.as_str(), "Leaving"),
    (Due::Confirmation.as_str(), "Held"),
    ("pending", "Not confirmed yet"),
    ("pinned", "Pinned"),
];

#[component]
fn Legend() -> impl IntoView {
    view! {
        <ul class="legend" aria-label="Legend">
            {LEGEND.map(|(due, text)| view! { <li data-due=due>{text}</li> })}
        </ul>
    }
}
