//! The search: what is typed is found at once, and chosen by arrow keys and Enter, or by hand.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::state::State;
use crate::model::search::{self, Hit};
use crate::ui::notices::Place;

const HITS: &str = "search-hits";

#[component]
pub(super) fn Search(
    state: State,
    show: impl Fn(&Place) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let chosen = RwSignal::new(0);
    let hits = Memo::new(move |_| {
        let (text, today) = (text.get(), state.today.get());
        state
            .desk
            .with_all(|hotel| search::hits(hotel, &text, today))
    });
    let go = move |hit: &Hit| {
        text.set(String::new());
        show(&Place {
            view: String::new(),
            key: hit.key.to_string(),
        });
    };
    let pressed = move |event: KeyboardEvent| {
        let last = hits.with(Vec::len).saturating_sub(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|chosen| *chosen = (*chosen + 1).min(last)),
            "ArrowUp" => chosen.update(|chosen| *chosen = chosen.saturating_sub(1)),
            "Enter" => {
                if let Some(hit) = hits.with(|hits| hits.get(chosen.get_untracked()).cloned()) {
                    go(&hit);
                }
            }
            "Escape" => text.set(String::new()),
            _ => return,
        }
        event.prevent_default();
    };
    let is_asked = move || text.with(|text| !text.trim().is_empty());
    let option = move |(index, hit): (usize, Hit)| {
        let is_chosen = move || chosen.get() == index;
        let detail = hit.detail.clone();
        view! {
            <li
                id=format!("search-hit-{index}")
                role="option"
                data-hit=hit.key.to_string()
                aria-selected=move || is_chosen().to_string()
                on:mousedown=move |event| {
                    // The field would lose the focus, and the list be gone before the click.
                    event.prevent_default();
                    go(&hit);
                }
            >
                <strong>{hit.guest.clone()}</strong>
                <small>{detail}</small>
            </li>
        }
    };
    view! {
        <search class="search">
            <input
                type="search"
                name="search"
                role="combobox"
                placeholder="Guest, room, booking"
                aria-label="Search"
                aria-autocomplete="list"
                aria-controls=HITS
                aria-expanded=move || is_asked().to_string()
                aria-activedescendant=move || {
                    hits.with(|hits| !hits.is_empty())
                        .then(|| format!("search-hit-{}", chosen.get()))
                }
                prop:value=move || text.get()
                on:input:target=move |event| {
                    chosen.set(0);
                    text.set(event.target().value());
                }
                on:keydown=pressed
                on:blur=move |_| text.set(String::new())
            />
            <ul id=HITS role="listbox" aria-label="Found" hidden=move || !is_asked()>
                {move || hits.get().into_iter().enumerate().map(option).collect_view()}
                {move || (is_asked() && hits.with(Vec::is_empty)).then(|| view! {
                    <li class="none" role="option" aria-disabled="true">"Nothing is known by that."</li>
                })}
            </ul>
        </search>
    }
}
