//! The head of the board: months and days.

use leptos::prelude::*;
use shared::Date;

use super::state::State;
use crate::model::words;

#[component]
pub(super) fn Dates(state: State) -> impl IntoView {
    let months = move || {
        let window = state.window.get();
        let months = words::months(window.dates());
        months
            .into_iter()
            .map(|(title, days)| {
                view! {
                    <div class="month" style=("--span", days.to_string())>
                        <span>{title}</span>
                    </div>
                }
            })
            .collect_view()
    };
    let days = move || {
        let today = state.today.get();
        let dates = state.window.get().dates();
        dates
            .map(|date| view! { <Day date today /> })
            .collect_view()
    };
    view! {
        <div class="dates" role="row" aria-rowindex="1">
            <div class="corner" role="columnheader">"Room"</div>
            <div class="months" aria-hidden="true">{months}</div>
            <div class="days" role="presentation">{days}</div>
        </div>
    }
}

#[component]
fn Day(date: Date, today: Date) -> impl IntoView {
    let weekday = date.weekday();
    view! {
        <div
            class="day"
            class:weekend=weekday.is_weekend()
            class:now=date == today
            role="columnheader"
            aria-current=(date == today).then_some("date")
            aria-label=words::day(date)
        >
            <span>{words::weekday(weekday)}</span>
            <b>{date.civil().2}</b>
        </div>
    }
}
