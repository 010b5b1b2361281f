//! Where the keyboard goes when a page or a dialog changes.

use std::borrow::Cow;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

/// Focuses what `selector` finds as soon as it is in the page. Without it, whoever uses the keyboard or a screen reader
/// would start from the top of a page that has changed below them.
pub(super) fn focus_soon(selector: impl Into<Cow<'static, str>>) {
    let selector = selector.into();
    request_animation_frame(move || {
        if let Ok(Some(element)) = document().query_selector(&selector) {
            focus(&element);
        }
    });
}

/// Focuses the element where it is, without scrolling to it.
pub(super) fn focus(element: &Element) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        // What cannot be focused is passed over by the browser; an error is not in the specification.
        let _focused = element.focus_with_options(&options);
    }
}
