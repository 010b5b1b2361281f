//! The head of every page: what it is, whether it is current, and the way out.

use gloo_timers::callback::Interval;
use leptos::prelude::*;
use shared::Timestamp;

use super::freshness::Freshness;
use crate::hotel::{self, local_day_and_time, local_time};
use crate::model::freshness::Connection;
use crate::model::who::{Role, Who};
use crate::model::words;

#[component]
pub(super) fn TopBar(
    who: Who,
    freshness: Freshness,
    sign_out: impl Fn() + Copy + 'static,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let (role, name) = (who.role(), who.name);
    view! {
        <header class="top-bar">
            <p class="brand">
                <span class="logo" aria-hidden="true"></span>
                <span class="brand-name">"Vacancy"</span>
                <span class="role-name">{role.title()}</span>
            </p>
            {children.map(|children| children())}
            <Badge freshness />
            {name.map(|name| view! { <span class="user-name" data-user>{name}</span> })}
            <button class="plain" data-action="sign-out" on:click=move |_| sign_out()>
                {if role == Role::Guest { "Leave" } else { "Sign out" }}
            </button>
        </header>
        {move || freshness.fault().map(|(code, fault)| view! {
            <p class="fault" role="alert" data-fault=code>{fault}</p>
        })}
        <AsOf freshness role />
    }
}

/// How often the age of what is shown is looked at.
const LOOK_MS: u32 = 10_000;
/// The badge alone tells of what is younger: most of it is over before one has read more.
const YOUNG_MS: i64 = 60_000;

/// How old what is shown is, where that is more than the badge can say.
#[component]
fn AsOf(freshness: Freshness, role: Role) -> impl IntoView {
    let now = RwSignal::new(hotel::now());
    let tick = Interval::new(LOOK_MS, move || {
        now.try_set(hotel::now());
    });
    let tick = StoredValue::new_local(tick);
    on_cleanup(move || tick.dispose());
    let text = move || {
        let since = freshness.connection().since()?;
        let age = now.get().unix_milliseconds() - since.unix_milliseconds();
        let is_confirmed = freshness.is_confirmed();
        if is_confirmed && age < YOUNG_MS {
            return None;
        }
        let (at, ago) = (local_day_and_time(since), words::ago(age));
        let what_one_can_do = match role {
            Role::Guest => "",
            _ if is_confirmed => "What is done here is sent as soon as there is a connection.",
            _ => "Until there is a connection it can only be read.",
        };
        Some(format!("As of {at}, {ago}. {what_one_can_do}"))
    };
    view! {
        {move || text().map(|text| view! {
            <p class="as-of" role="status" data-as-of>{text}</p>
        })}
    }
}

/// Whether what is shown is current.
#[component]
fn Badge(freshness: Freshness) -> impl IntoView {
    let connection = move || freshness.connection();
    view! {
        <p
            class="badge"
            role="status"
            data-connection=move || connection().as_str()
            data-since=move || connection().since().map(|since| since.to_string())
            title=move || explanation(connection())
        >
            <span class="badge-mark" aria-hidden="true"></span>
            {move || text(connection())}
        </p>
    }
}

fn text(connection: Connection) -> String {
    let with_time = |text: &str, since: Timestamp| format!("{text} since {}", local_time(since));
    match connection {
        Connection::Connecting => "Connecting…".to_owned(),
        Connection::Syncing => "Loading…".to_owned(),
        Connection::Live | Connection::Renewing { .. } => "Live".to_owned(),
        Connection::Stale { since } => with_time("Not current", since),
        Connection::Offline { since: Some(since) } => with_time("Offline", since),
        Connection::Offline { since: None } => "Offline".to_owned(),
    }
}

fn explanation(connection: Connection) -> &'static str {
    match connection {
        Connection::Connecting => "The page is dialling the hotel's server.",
        Connection::Syncing => "The page is reading what is there.",
        Connection::Live | Connection::Renewing { .. } => "Every change shows as it happens.",
        Connection::Stale { .. } => {
            "The page may have missed changes. It catches up by itself as soon as the server answers."
        }
        Connection::Offline { .. } => {
            "This device has no network. The page goes on by itself as soon as it has."
        }
    }
}
