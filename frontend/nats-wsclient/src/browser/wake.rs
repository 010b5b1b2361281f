//! Hears when the page comes back (shown again, no longer frozen, restored from the back-forward cache, with a network
//! again) and when its network goes.
//!
//! A page in the background has throttled timers, one that sleeps has none, and its socket may be dead without anybody
//! having said so. So these events count, and not the time that has passed.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Document, EventTarget, VisibilityState};

use super::scope::Scope;
use crate::client::Driver;

pub(super) struct WakeListeners {
    targets: Vec<(EventTarget, &'static str)>,
    callback: Closure<dyn FnMut()>,
}

impl WakeListeners {
    pub(super) fn new(scope: &Scope, driver: &Driver) -> Self {
        let document = scope.document();
        let mut targets = vec![
            (scope.events().clone(), "online"),
            // A browser may be wrong about that, so it is a reason to ask the server and not to hang up.
            (scope.events().clone(), "offline"),
            (scope.events().clone(), "pageshow"),
        ];
        if let Some(document) = &document {
            // After a freeze a page may be shown as it was before, and hear of the end of the freeze only.
            let events = ["visibilitychange", "resume"];
            targets.extend(events.map(|event| (document.clone().into(), event)));
        }
        let driver = driver.clone();
        let callback: Closure<dyn FnMut()> = Closure::new(move || {
            let hidden =
                |document: &Document| document.visibility_state() == VisibilityState::Hidden;
            if !document.as_ref().is_some_and(hidden) {
                driver.woke();
            }
        });
        for (target, event) in &targets {
            let added =
                target.add_event_listener_with_callback(event, callback.as_ref().unchecked_ref());
            debug_assert!(added.is_ok(), "listening to {event}");
        }
        Self { targets, callback }
    }
}

impl Drop for WakeListeners {
    fn drop(&mut self) {
        for (target, event) in &self.targets {
            let removed = target
                .remove_event_listener_with_callback(event, self.callback.as_ref().unchecked_ref());
            debug_assert!(removed.is_ok(), "no longer listening to {event}");
        }
    }
}
