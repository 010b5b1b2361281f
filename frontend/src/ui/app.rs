//! Log-in, a one-time link, or the page of the role that is logged in.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::address;
use super::front_desk::FrontDesk;
use super::guest::Guest;
use super::housekeeping::Housekeeping;
use super::invitation::Invitation;
use super::log_in::{Greeting, LogIn};
use super::session_over::SessionOver;
use super::today::provide_today;
use crate::hotel::{Over, Session};
use crate::model::who::Role;

#[component]
pub(super) fn App() -> impl IntoView {
    provide_today();
    let session = RwSignal::new_local(None::<Session>);
    let greeting = RwSignal::new(Greeting::Resume);
    let link = RwSignal::new(address::take_link());
    // A link that is opened in a tab that shows the board already does not load the page.
    let listening = window_event_listener(ev::hashchange, move |_| {
        if let Some(new) = address::take_link() {
            link.set(Some(new));
        }
    });
    on_cleanup(move || listening.remove());

    let leave = move |then: Greeting| {
        greeting.set(then);
        session.try_update(Option::take).flatten()
    };
    let enter = move |new: Session| {
        if let Some(old) = leave(Greeting::Plain) {
            old.leave();
        }
        link.set(None);
        session.set(Some(new));
    };
    let sign_out = move || {
        // What there is to say turns out later, and the data of the hotel is gone from the screen at once.
        if let Some(old) = leave(Greeting::SigningOut) {
            spawn_local(async move {
                greeting.set(match old.sign_out().await {
                    Ok(()) => Greeting::Plain,
                    Err(error) => Greeting::NotSignedOut(error),
                });
            });
        }
    };
    let end = move |over: Over| {
        let old = leave(match over {
            Over::Expired | Over::Meanwhile | Over::Ended => Greeting::Over(over),
            Over::SomebodyElse => Greeting::Resume,
        });
        if let Some(old) = old {
            old.leave();
        }
    };
    let dismiss = move || link.set(None);
    move || {
        if let Some(link) = link.get() {
            return view! { <Invitation link enter leave=dismiss /> }.into_any();
        }
        match session.get() {
            None => view! { <LogIn greeting enter /> }.into_any(),
            Some(session) => view! { <Page session enter sign_out end /> }.into_any(),
        }
    }
}

/// The page of the session's role, as long as the session lasts.
#[component]
fn Page(
    session: Session,
    enter: impl Fn(Session) + Copy + Send + Sync + 'static,
    sign_out: impl Fn() + Copy + Send + Sync + 'static,
    end: impl Fn(Over) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let over = session.over();
    let watched = over.clone();
    Effect::new(move || match watched.get() {
        None | Some(Over::Expired) => {}
        Some(over) => end(over),
    });
    let page = match session.role() {
        Role::Manager | Role::FrontDesk => {
            view! { <FrontDesk session=session.clone() sign_out /> }.into_any()
        }
        Role::Housekeeping => {
            view! { <Housekeeping session=session.clone() sign_out /> }.into_any()
        }
        Role::Guest => view! { <Guest session=session.clone() sign_out /> }.into_any(),
    };
    let session = StoredValue::new_local(session);
    view! {
        {page}
        {move || (over.get() == Some(Over::Expired)).then(|| view! {
            <SessionOver session=session.get_value() enter leave=move || end(Over::Expired) />
        })}
    }
}
