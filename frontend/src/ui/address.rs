//! The page's address: the query, which keeps the board's window over a reload, and the one-time link in its fragment.

use leptos::prelude::window;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

/// The value of `name` in the query, if there is one.
pub(super) fn query(name: &str) -> Option<String> {
    parameters()?.get(name)
}

/// Writes `name=value` into the query, without a step in the browser's history.
pub(super) fn set_query(name: &str, value: &str) {
    let Some(parameters) = parameters() else {
        return;
    };
    parameters.set(name, value);
    replace(&format!("?{}", String::from(parameters.to_string())));
}

/// The one-time link that the page was opened with, which is taken out of the address and the browser's history at once:
/// whoever finds it there could use it.
pub(super) fn take_link() -> Option<String> {
    let location = window().location();
    let fragment = location.hash().ok()?;
    let link = fragment.strip_prefix("#link=")?.to_owned();
    let path = location.pathname().unwrap_or_default();
    replace(&format!("{path}{}", location.search().unwrap_or_default()));
    Some(link)
}

/// Where a one-time link leads: this page.
pub(super) fn with_link(link: &str) -> String {
    let location = window().location();
    let origin = location.origin().unwrap_or_default();
    format!(
        "{origin}{}#link={link}",
        location.pathname().unwrap_or_default()
    )
}

fn replace(url: &str) {
    if let Ok(history) = window().history() {
        // A browser that limits how often this may be said keeps the old address: no more than a lost convenience.
        let _kept = history.replace_state_with_url(&JsValue::NULL, "", Some(url));
    }
}

fn parameters() -> Option<UrlSearchParams> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()
}
