//! One timer for everything.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use wasm_bindgen::closure::Closure;

use super::clock::Clock;
use super::scope::Scope;
use crate::client::Driver;

/// If the machine's clock gets so many milliseconds ahead of the page's between two timers, the machine has slept.
const SLEPT: f64 = 5_000.0;

/// Browsers take a delay of more than 2³¹ milliseconds for none. Firing early does no harm.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// Fires at the earliest time that it was set to since it fired last.
///
/// The time moves with every message that arrives (the next ping is due so long after the last one), nearly always to
/// later. So a timer that is due earlier is left alone: it fires, finds nothing to do, and is set again.
pub(super) struct Timer {
    scope: Scope,
    clock: Clock,
    armed: Rc<Cell<Option<Armed>>>,
    callback: Closure<dyn FnMut()>,
}

#[derive(Clone, Copy)]
struct Armed {
    handle: i32,
    at: Duration,
}

impl Timer {
    pub(super) fn new(scope: Scope, clock: Clock, driver: Driver) -> Self {
        let armed = Rc::new(Cell::new(None));
        let callback = Closure::new({
            let (armed, clock) = (Rc::clone(&armed), clock.clone());
            let mut lag = clock.lag();
            move || {
                armed.set(None);
                let slept = clock.lag() - std::mem::replace(&mut lag, clock.lag()) > SLEPT;
                if slept {
                    driver.woke();
                }
                driver.timer();
            }
        });
        Self {
            scope,
            clock,
            armed,
            callback,
        }
    }

    pub(super) fn set(&self, at: Option<Duration>) {
        let Some(at) = at else {
            self.stop();
            return;
        };
        if self.armed.get().is_some_and(|armed| armed.at <= at) {
            return;
        }
        self.stop();
        let delay = at.saturating_sub(self.clock.now()).min(LONGEST);
        // Rounded up, so that it does not fire a fraction of a millisecond too early, again and again.
        let rest = delay.subsec_nanos().div_ceil(1_000_000);
        let milliseconds = delay.as_secs() as i32 * 1_000 + rest as i32;
        let handle = self.scope.set_timeout(&self.callback, milliseconds);
        self.armed.set(handle.map(|handle| Armed { handle, at }));
    }

    fn stop(&self) {
        if let Some(armed) = self.armed.take() {
            self.scope.clear_timeout(armed.handle);
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.stop();
    }
}
