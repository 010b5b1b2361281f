//! The day it is in the hotel, as a signal.

use gloo_timers::callback::Timeout;
use leptos::ev;
use leptos::prelude::*;
use shared::Date;

use crate::hotel;

#[derive(Debug, Clone, Copy)]
struct Today(RwSignal<Date>);

/// Provides the hotel's date, which is looked at again at midnight and whenever the page comes to the front, since
/// a sleeping machine keeps no timer.
pub(super) fn provide_today() {
    let today = Today(RwSignal::new(hotel::today()));
    provide_context(today);
    today.look_again_at_midnight();
    let handle = window_event_listener(ev::visibilitychange, move |_| today.look());
    on_cleanup(move || handle.remove());
}

/// The hotel's date. Without [`provide_today`] it stays as it is now.
pub(super) fn use_today() -> RwSignal<Date> {
    let Some(today) = use_context::<Today>() else {
        return RwSignal::new(hotel::today());
    };
    // Whoever shows a page has asked the server something, which may have said that this device's clock is wrong.
    today.look();
    today.0
}

impl Today {
    fn look(self) {
        let today = hotel::today();
        // `None` means that the application has been taken down.
        if self
            .0
            .try_get_untracked()
            .is_some_and(|shown| shown != today)
        {
            self.0.set(today);
        }
    }

    fn look_again_at_midnight(self) {
        // A little later, so that a timer that rings early does not ring the day before.
        let delay = hotel::milliseconds_to_midnight() + 500;
        Timeout::new(delay, move || {
            self.look();
            self.look_again_at_midnight();
        })
        .forget();
    }
}
