//! A one-time link, to be handed on.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::asking::Made;
use crate::hotel::local_day_and_time;
use crate::ui::address;

#[component]
pub(super) fn NewLink(made: Made) -> impl IntoView {
    let url = address::with_link(&made.link);
    let field = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(None::<bool>);
    let text = url.clone();
    let copy = move |_| {
        let written = window().navigator().clipboard().write_text(&text);
        if let Some(field) = field.get_untracked() {
            // Marked, so that it can be copied by hand where the browser does not let a page do it.
            field.select();
        }
        spawn_local(async move {
            copied.try_set(Some(JsFuture::from(written).await.is_ok()));
        });
    };
    view! {
        <p>
            "Hand this link to nobody else: whoever opens it first chooses the password. It is good once, until "
            <strong>{local_day_and_time(made.until)}</strong>
            ", and is shown only now."
        </p>
        <div class="new-link">
            <input
                node_ref=field
                type="text"
                readonly
                aria-label="The link"
                data-new-link
                prop:value=url
            />
            <button class="primary" data-action="copy" on:click=copy>"Copy"</button>
        </div>
        <p class="hint" role="status">
            {move || match copied.get() {
                None => "",
                Some(true) => "Copied.",
                Some(false) => "This browser does not let the page copy it: it is marked, copy it by hand.",
            }}
        </p>
    }
}
