//! What stands in the fields of a form, read when it matters.

use wasm_bindgen::JsCast;
use web_sys::{Event, FormData, HtmlFormElement};

/// The text of the field `name` of the form that `event` happened to; empty where there is no such field.
pub(super) fn text(event: &Event, name: &str) -> String {
    let target = event.current_target();
    let form = target.and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let data = form.and_then(|form| FormData::new_with_form(&form).ok());
    let value = data.and_then(|data| data.get(name).as_string());
    value.unwrap_or_default()
}
