//! Log-in, or the page of the role that is logged in.

use leptos::prelude::*;

use super::front_desk::FrontDesk;
use super::guest::Guest;
use super::housekeeping::Housekeeping;
use super::log_in::LogIn;
use super::today::provide_today;
use crate::hotel::{Role, Session};

#[component]
pub(super) fn App() -> impl IntoView {
    provide_today();
    let session = RwSignal::new_local(None::<Session>);
    let log_in = move |new: Session| session.set(Some(new));
    let sign_out = move || {
        if let Some(session) = session.try_update(Option::take).flatten() {
            session.close();
        }
    };
    move || match session.get() {
        None => view! { <LogIn on_session=log_in /> }.into_any(),
        Some(session) => match session.role() {
            Role::FrontDesk => view! { <FrontDesk session sign_out /> }.into_any(),
            Role::Housekeeping => view! { <Housekeeping session sign_out /> }.into_any(),
            Role::Guest => view! { <Guest session sign_out /> }.into_any(),
        },
    }
}
