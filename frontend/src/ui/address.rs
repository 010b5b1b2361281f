//! The query of the page's address, which keeps the board's window over a reload.

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
    let url = format!("?{}", String::from(parameters.to_string()));
    if let Ok(history) = window().history() {
        // A browser that limits how often this may be said keeps the old address: no more than a lost convenience.
        let _kept = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
}

fn parameters() -> Option<UrlSearchParams> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()
}
