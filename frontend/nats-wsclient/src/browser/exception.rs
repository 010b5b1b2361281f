//! What JavaScript throws.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// What an exception says.
pub(super) fn message(exception: &JsValue) -> String {
    // An Error has it, and so has a DOMException, which is none.
    let message = Reflect::get(exception, &"message".into());
    let message = message.ok().and_then(|message| message.as_string());
    message
        .or_else(|| exception.as_string())
        .unwrap_or_default()
}
