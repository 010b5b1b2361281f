//! The global object: a page's window, or a worker's scope.

use js_sys::{BigUint64Array, Function};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Crypto, Document, EventTarget, Performance, Window, WorkerGlobalScope};

#[derive(Clone)]
pub(super) enum Scope {
    Page(Window),
    Worker(WorkerGlobalScope),
}

impl Scope {
    pub(super) fn current() -> Option<Self> {
        js_sys::global()
            .dyn_into()
            .map(Self::Page)
            .or_else(|global| global.dyn_into().map(Self::Worker))
            .ok()
    }

    /// A worker is never shown or hidden, and has no document.
    pub(super) fn document(&self) -> Option<Document> {
        match self {
            Self::Page(window) => window.document(),
            Self::Worker(_) => None,
        }
    }

    pub(super) fn events(&self) -> &EventTarget {
        match self {
            Self::Page(window) => window,
            Self::Worker(worker) => worker,
        }
    }

    pub(super) fn performance(&self) -> Option<Performance> {
        match self {
            Self::Page(window) => window.performance(),
            Self::Worker(worker) => worker.performance(),
        }
    }

    pub(super) fn crypto(&self) -> Result<Crypto, JsValue> {
        match self {
            Self::Page(window) => window.crypto(),
            Self::Worker(worker) => worker.crypto(),
        }
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
        let callback: &Function = callback.as_ref().unchecked_ref();
        match self {
            Self::Page(window) => window.queue_microtask(callback),
            Self::Worker(worker) => worker.queue_microtask(callback),
        }
    }

    /// Calls back after so many milliseconds. `None` if the browser refuses, which the standard does not provide for.
    pub(super) fn set_timeout(
        &self,
        callback: &Closure<dyn FnMut()>,
        milliseconds: i32,
    ) -> Option<i32> {
        let callback: &Function = callback.as_ref().unchecked_ref();
        match self {
            Self::Page(window) => {
                window.set_timeout_with_callback_and_timeout_and_arguments_0(callback, milliseconds)
            }
            Self::Worker(worker) => {
                worker.set_timeout_with_callback_and_timeout_and_arguments_0(callback, milliseconds)
            }
        }
        .ok()
    }

    pub(super) fn clear_timeout(&self, handle: i32) {
        match self {
            Self::Page(window) => window.clear_timeout_with_handle(handle),
            Self::Worker(worker) => worker.clear_timeout_with_handle(handle),
        }
    }
}
