//! The lists of today, with one tap for what is due.

use leptos::prelude::*;

use super::state::{Opened, State};
use crate::model::day::{self, Item, List};
use crate::model::errand::Progress;
use crate::model::words;
use crate::ui::focus::focus_soon;

#[component]
pub(super) fn Day(state: State) -> impl IntoView {
    focus_soon("main");
    view! {
        <main
            tabindex="-1"
            class="lists"
            data-page="day"
            class:stale=move || state.desk.freshness.is_stale()
        >
            <h1>{move || words::day_and_year(state.today.get())}</h1>
            <Show
                when=move || state.desk.freshness.has_data()
                fallback=|| view! { <div class="skeleton" aria-hidden="true"></div> }
            >
                {List::ALL.map(|list| view! { <Stays state list /> })}
            </Show>
        </main>
    }
}

#[component]
fn Stays(state: State, list: List) -> impl IntoView {
    let items = Memo::new(move |_| {
        let today = state.today.get();
        state.desk.with_all(|hotel| day::items(hotel, list, today))
    });
    let title = format!("day-{}", list.as_str());
    view! {
        <section aria-labelledby=title data-list=list.as_str()>
            <h2 id=title.clone()>
                {list.title()}
                " "
                <small>{move || items.with(Vec::len)}</small>
            </h2>
            <ul>
                {move || items
                    .get()
                    .into_iter()
                    .map(|item| view! { <Entry state item /> })
                    .collect_view()}
            </ul>
            <p class="none">{move || items.with(Vec::is_empty).then_some("Nobody.")}</p>
        </section>
    }
}

#[component]
fn Entry(state: State, item: Item) -> impl IntoView {
    let key = item.key;
    let deed = item.deed.map(|deed| {
        let decided = state.desk.with_now(|hotel| hotel.decide(&deed.wish));
        let refusal = decided.err().map(|refusal| refusal.message);
        let wish = deed.wish;
        view! {
            <button
                class="primary"
                data-action=deed.action
                disabled=refusal.is_some()
                title=refusal
                aria-label=format!("{}: {}, room {}", deed.text, item.guest, item.room)
                on:click=move |_| state.desk.send_or_tell(wish.clone())
            >
                {deed.text}
            </button>
        }
    });
    view! {
        <li data-stay=key.booking.to_string() data-due=item.due.as_str() data-pending=item.pending.map(Progress::as_str)>
            <strong>{item.room}</strong>
            <button
                class="link"
                data-action="open"
                on:click=move |_| state.opened.set(Some(Opened::Stay(key)))
            >
                {item.guest}
            </button>
            <span class="dates">{item.dates}</span>
            {item.housekeeping.map(|mark| view! {
                <span class="mark" data-housekeeping=mark.as_str()>
                    <span>{words::housekeeping(mark)}</span>
                </span>
            })}
            {deed}
        </li>
    }
}
