//! The global object: a page's window, or a worker's scope.

use js_sys::BigUint64Array;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Crypto, Document, EventTarget, Performance, Window, WorkerGlobalScope};

/// A worker's scope is held as if it were a window: it has the same methods for what is needed here, and calls by name reach
/// them. So the page has each of them once. What a worker does not have, a document, is `undefined`.
#[derive(Clone)]
pub(super) struct Scope(Window);

impl Scope {
    pub(super) fn current() -> Option<Self> {
        let global = js_sys::global();
        let known =
            global.is_instance_of::<Window>() || global.is_instance_of::<WorkerGlobalScope>();
        known.then(|| Self(global.unchecked_into()))
    }

    /// A worker is never shown or hidden, and has no document.
    pub(super) fn document(&self) -> Option<Document> {
        self.0.document()
    }

    pub(super) fn events(&self) -> &EventTarget {
        &self.0
    }

    pub(super) fn performance(&self) -> Option<Performance> {
        self.0.performance()
    }

    pub(super) fn crypto(&self) -> Result<Crypto, JsValue> {
        self.0.crypto()
    }

    /// 128 bits that nobody can guess.
    pub(super) fn random(&self) -> [u64; 2] {
        // An array of JavaScript's own: a view of WebAssembly's memory is refused where that is shared.
        let array = BigUint64Array::new_with_length(2);
        self.crypto()
            .and_then(|crypto| crypto.get_random_values_with_array_buffer_view(&array))
            .expect("crypto.getRandomValues, which fills up to 65,536 bytes");
        [array.get_index(0), array.get_index(1)]
    }

    /// Calls back at the end of what runs now.
    pub(super) fn queue_microtask(&self, callback: &Closure<dyn FnMut()>) {
        self.0.queue_microtask(callback.as_ref().unchecked_ref());
    }

    /// Calls back after so many milliseconds. `None` if the browser refuses, which the standard does not provide for.
    pub(super) fn set_timeout(
        &self,
        callback: &Closure<dyn FnMut()>,
        milliseconds: i32,
    ) -> Option<i32> {
        let callback = callback.as_ref().unchecked_ref();
        (self.0)
            .set_timeout_with_callback_and_timeout_and_arguments_0(callback, milliseconds)
            .ok()
    }

    pub(super) fn clear_timeout(&self, handle: i32) {
        self.0.clear_timeout_with_handle(handle);
    }
}
