//! The log-in: as which role, with which password. The password is handed to the client and kept nowhere else.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::focus::focus_soon;
use super::form;
use crate::hotel::{LogInError, Role, Session, log_in};

/// What the form shows.
#[derive(Debug, Clone)]
struct Shown {
    role: Role,
    error: Option<LogInError>,
    is_dialling: bool,
}

const PASSWORD: &str = "[name='password']";

#[component]
pub(super) fn LogIn(on_session: impl Fn(Session) + Copy + 'static) -> impl IntoView {
    let shown = RwSignal::new(Shown {
        role: Role::FrontDesk,
        error: None,
        is_dialling: false,
    });
    let dial = move |role: Role, password: String| {
        if shown.with_untracked(|shown| shown.is_dialling) {
            return;
        }
        shown.update(|shown| {
            shown.error = None;
            shown.is_dialling = true;
        });
        spawn_local(async move {
            match log_in(role, &password).await {
                Ok(session) => on_session(session),
                Err(error) => {
                    shown.update(|shown| {
                        shown.error = Some(error);
                        shown.is_dialling = false;
                    });
                    focus_soon(PASSWORD);
                }
            }
        });
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let password = form::text(&event, "password");
        dial(shown.with_untracked(|shown| shown.role), password);
    };
    let is_dialling = move || shown.with(|shown| shown.is_dialling);
    focus_soon(PASSWORD);

    view! {
        <main class="log-in" data-page="log-in">
            <form
                class="card"
                data-login
                aria-busy=move || is_dialling().to_string()
                on:submit=submit
            >
                <h1>
                    <span class="logo" aria-hidden="true"></span>
                    "Vacancy"
                </h1>
                <fieldset class="roles">
                    <legend>"Sign in as"</legend>
                    {Role::STAFF.map(|choice| view! { <RoleChoice choice shown /> })}
                </fieldset>
                // What a password manager files the password under.
                <input
                    class="unseen"
                    type="text"
                    name="username"
                    autocomplete="username"
                    tabindex="-1"
                    aria-hidden="true"
                    readonly
                    prop:value=move || shown.with(|shown| shown.role.user())
                />
                <label class="field">
                    <span>"Password"</span>
                    <input
                        type="password"
                        name="password"
                        autocomplete="current-password"
                        required
                        aria-describedby="log-in-error"
                    />
                </label>
                <div id="log-in-error">
                    {move || {
                        let error = shown.with(|shown| shown.error.clone());
                        error.map(|error| view! { <Failure error /> })
                    }}
                </div>
                <button type="submit" class="primary" disabled=is_dialling>
                    {move || if is_dialling() { "Signing in…" } else { "Sign in" }}
                </button>
                <p class="or">
                    <span>"or"</span>
                </p>
                <button
                    type="button"
                    data-action="guest"
                    disabled=is_dialling
                    on:click=move |_| dial(Role::Guest, String::new())
                >
                    "Continue as a guest"
                </button>
            </form>
        </main>
    }
}

#[component]
fn RoleChoice(choice: Role, shown: RwSignal<Shown>) -> impl IntoView {
    let hint = match choice {
        Role::FrontDesk => "Rooms, stays, arrivals",
        Role::Housekeeping => "Rooms to clean",
        Role::Guest => "Free rooms",
    };
    view! {
        <label class="role">
            <input
                type="radio"
                name="user"
                value=choice.user()
                checked=choice == Role::FrontDesk
                on:change=move |_| shown.update(|shown| shown.role = choice)
            />
            <span>
                <strong>{choice.title()}</strong>
                <small>{hint}</small>
            </span>
        </label>
    }
}

#[component]
fn Failure(error: LogInError) -> impl IntoView {
    view! {
        <div class="failure" role="alert" data-login-error=error.code()>
            <strong>{error.to_string()}</strong>
            <p>{error.remedy()}</p>
        </div>
    }
}
